"""The measure of flicker."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from pincel.films.flicker import Flicker, measure_flicker, together
from pincel.films.flow import none
from pincel.films.synthetic import Pan, rendered


@pytest.fixture(scope="module")
def pan() -> Pan:
    return rendered("sample:pan")[0]


def test_what_moves_with_the_film_does_not_flicker_and_what_changes_by_itself_does(pan: Pan) -> None:
    frames = [pan.frame(index) for index in range(4)]
    # As painted: the negative of what is filmed, which moves along; the same with noise of its own in each frame.
    steady = measure_flicker([(frame, 255 - frame) for frame in frames])
    noise = [np.random.default_rng(index).normal(0, 10, frame.shape) for index, frame in enumerate(frames)]
    restless = measure_flicker(
        [(frame, np.clip(255.0 - frame + grain, 0, 255).astype(np.uint8)) for frame, grain in zip(frames, noise, strict=True)]
    )
    assert steady.error == pytest.approx(steady.filmed, rel=0.1)
    # Twice the variance, less what warping smooths.
    assert 100 < restless.error - steady.error < 220
    assert steady.pairs == 3
    assert 0.9 < steady.followed < 1


def test_by_hand() -> None:
    """Nothing moves; 2 and 4 gray levels apart."""
    gray = np.full((40, 50, 3), 100, np.uint8)
    found = measure_flicker([(gray, gray), (gray, gray + 2), (gray, gray + 6)], none)
    assert astuple(found) == pytest.approx(((4 + 16) / 2, 0.0, 2, 1.0))


def test_scenes_are_put_together_by_what_could_be_followed() -> None:
    parts = [Flicker(10.0, 1.0, 3, 1.0), Flicker(40.0, 4.0, 2, 0.5), Flicker(0.0, 0.0, 0, 0.0)]
    whole = together(parts)
    assert astuple(whole) == pytest.approx(((30 + 40) / 4, (3 + 4) / 4, 5, 4 / 5))
    assert together([Flicker(0.0, 0.0, 0, 0.0)]).error == 0
