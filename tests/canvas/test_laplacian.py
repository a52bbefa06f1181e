"""A canvas of a Laplacian pyramid: the pyramid of Kolkin et al. 2022, and a picture that comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pincel.canvas.laplacian import make_laplacian
from pincel.functional.pyramid import decompose, pyramid_sizes, synthesize
from pincel.optim.adam import Adam
from tests.tensors import assert_close, normal


def resized(values: Any, size: int) -> Any:
    """Interpolate the last axis, pixels being areas: the middle of pixel i is at i + ½."""
    length = values.shape[-1]
    places = (np.arange(size) + 0.5) * length / size - 0.5
    return np.apply_along_axis(lambda line: np.interp(places, np.arange(length), line), -1, values)


def bilinear(picture: Any, size: tuple[int, int]) -> Any:
    return resized(resized(picture, size[1]).swapaxes(-1, -2), size[0]).swapaxes(-1, -2)


def test_the_pyramid_is_as_published() -> None:
    picture = normal(1, 2, 21, 14)
    found = decompose(picture, 3)
    assert [tuple(level.shape[-2:]) for level in found] == [(21, 14), (10, 7), (5, 3), (2, 1)] == pyramid_sizes((21, 14), 8)
    rest = picture.numpy()
    for level in found[:-1]:
        smaller = bilinear(rest, (rest.shape[-2] // 2, rest.shape[-1] // 2))
        np.testing.assert_allclose(level, rest - bilinear(smaller, rest.shape[-2:]), atol=1e-12)
        rest = smaller
    np.testing.assert_allclose(found[-1], rest, atol=1e-12)
    assert_close(synthesize(found), picture)


@pytest.mark.parametrize("size", [(40, 60), (1, 1), (7, 300)])
def test_a_picture_comes_back(size: tuple[int, int]) -> None:
    canvas, picture = make_laplacian(255.0, size), 400 * normal(1, 3, *size)
    values = canvas.encode(picture)
    assert values.shape[:2] == (1, 3)
    assert canvas.size_of(values) == size
    assert_close(canvas.pixels(values), picture)
    assert_close(canvas.pixels(canvas.clipped(values)), picture.clamp(0, 255))
    assert_close(canvas.image(values), (picture / 255).clamp(0, 1))


def test_there_are_no_more_levels_than_published() -> None:
    assert len(pyramid_sizes((1024, 2000), 8)) == 9
    assert pyramid_sizes((512, 384), 8)[-1] == (2, 1)


def test_a_step_of_adam_is_one_of_every_level() -> None:
    canvas = make_laplacian(255.0, (16, 16))
    x = canvas.encode(torch.zeros(1, 3, 16, 16)).requires_grad_()
    (grad,) = torch.autograd.grad((canvas.pixels(x) - 200).square().sum(), x)
    adam = Adam(learning_rate=0.51)
    moved, _ = adam.step(x.detach(), grad, adam.init(x.detach()))
    # Five levels, and each adds the whole length of a step where the gradient has one sign.
    assert_close(canvas.pixels(moved), torch.full((1, 3, 16, 16), 5 * 0.51))
