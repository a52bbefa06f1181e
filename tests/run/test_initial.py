"""The image a run begins from, as its recipe says."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pincel.images.picture import LoadedImage
from pincel.recipes import RECIPES
from pincel.run.images import Images
from pincel.run.initial import cut_notes, initial_image
from tests.tensors import assert_close

MEAN = (103.9, 116.8, 123.7)
GENERATOR = torch.Generator().manual_seed(0)
CONTENT, STYLE, OWN = (
    LoadedImage(torch.rand(1, 3, *size, generator=GENERATOR), None, "it.png", "") for size in ((24, 32), (64, 64), (48, 64))
)
IMAGES = Images(CONTENT, [(STYLE, 1.0)])


def begun(given: LoadedImage | None = None, **values: Any) -> torch.Tensor:
    return initial_image(RECIPES["pincel"].recipe.override(**values), IMAGES, given, MEAN)


def test_content_is_the_photograph_in_gray_levels() -> None:
    assert torch.equal(begun(init="content"), 255 * CONTENT.pixels)


def test_a_picture_of_its_own_comes_before_what_the_recipe_says() -> None:
    drawn = begun(OWN, init="noise")
    assert drawn.shape == (1, 3, 24, 32)
    assert_close(drawn.mean((0, 2, 3)), 255 * OWN.pixels.mean((0, 2, 3)), atol=2)


def test_style_fills_the_shape_of_the_result() -> None:
    assert begun(init="style").shape == (1, 3, 24, 32)


@pytest.mark.parametrize(("kind", "deviation"), [("normal", 20.0), ("uniform", 20.0 / 3**0.5)])
def test_noise_lies_around_the_mean_pixel_and_follows_the_seed(kind: str, deviation: float) -> None:
    first, again, other = (begun(init="noise", noise=kind, noise_level=20.0, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert_close(first.mean((0, 2, 3)), torch.tensor(MEAN), atol=3)
    assert float(first.std((0, 2, 3)).mean()) == pytest.approx(deviation, rel=0.1)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_blend_is_between_photograph_and_noise(share: float) -> None:
    noise = begun(init="noise", seed=3)
    assert_close(begun(init=f"blend={share}", seed=3), share * noise + (1 - share) * 255 * CONTENT.pixels, atol=1e-3)


def test_a_picture_of_another_shape_is_cut_and_that_is_said() -> None:
    assert cut_notes(None, (24, 32)) == []
    assert cut_notes(OWN, (24, 32)) == []
    assert cut_notes(STYLE, (24, 32)) == ["it.png: 64×64, cut to the shape of the result, 32×24."]
