"""The set of shapes: the same for everybody, its classes told by outlines alone."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from pincel.classify import shapes
from pincel.classify.data import find_data


def test_pictures_are_the_same_everywhere() -> None:
    pixels, label = shapes.render(14)
    assert (pixels.shape, str(pixels.dtype), shapes.CLASSES[label]) == ((32, 32, 3), "uint8", "star")
    again, _ = shapes.render(14)
    assert hashlib.sha256(pixels.tobytes()).digest() == hashlib.sha256(again.tobytes()).digest()
    assert not np.array_equal(pixels, shapes.render(24)[0])


def test_a_fifth_of_each_class_is_held_out() -> None:
    data = find_data("sample:shapes", 0.1, 0)
    assert data.classes == shapes.CLASSES
    assert {part: set(Counter(index.labels).values()) for part, index in data.parts.items()} == {"train": {240}, "val": {60}}
    image = data.parts["val"].pixels(0)
    assert image.shape == (1, 3, 32, 32)
    assert 0 <= float(image.min()) < float(image.max()) <= 1


def test_color_tells_nothing_of_the_class() -> None:
    # Means over 40 pictures of a class are as near to each other as chance has them: a color's deviation is about 60.
    means = np.array([np.mean([shapes.render(10 * n + label)[0].mean((0, 1)) for n in range(40)], axis=0) for label in range(10)])
    assert np.abs(means - means.mean(0)).max() < 4 * 60 / np.sqrt(40)
