"""How large pictures, styles and scales of a run are, from shapes alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pincel.errors import OptionError, PictureSizeError
from pincel.images.picture import LoadedImage
from pincel.recipes import RECIPES
from pincel.recipes.schema import Recipe
from pincel.run.sizes import (
    active_layers,
    broadcast_strokes,
    content_size,
    min_side,
    needed_layers,
    recipe_for_size,
    scales_of,
    style_size,
    style_sizes,
)


def shape(height: int, width: int) -> LoadedImage:
    """Return an image without pixels."""
    return LoadedImage(torch.empty(1, 3, height, width, device="meta"), None, "it.png", "")


def recipe(**values: Any) -> Recipe:
    return RECIPES["pincel"].recipe.override(**{"size": 512, "scales": "none", **values})


def test_a_layer_of_weight_zero_is_not_needed() -> None:
    layers = recipe(content_layers="relu4_2=1,relu5_1=0", style_layers="relu1_1=1,relu2_1=0")
    assert active_layers(layers) == ({"relu4_2": 1.0}, {"relu1_1": 1.0})
    assert needed_layers(layers) == {"relu1_1", "relu4_2"}
    assert needed_layers(layers.override(content_weight=0.0)) == {"relu1_1"}
    assert needed_layers(layers.override(strength=0.0)) == {"relu4_2"}
    assert needed_layers(layers.override(style_terms={"gram": 0.0})) == {"relu4_2"}


@pytest.mark.parametrize(
    ("values", "size"),
    [({"size": 512}, (384, 512)), ({"size": 300, "size_of": "short"}, (300, 400)), ({"size": 0}, (600, 800))],
)
def test_the_content_gives_the_shape(values: dict[str, Any], size: tuple[int, int]) -> None:
    assert content_size(recipe(**values), shape(600, 800)) == size


@pytest.mark.parametrize(
    ("rule", "size"),
    [
        ("same-rule", (512, 256)),  # its own long side is --size
        ("content-area", (627, 314)),  # 384 · 512 pixels
        ("content-short", (768, 384)),  # its short side, 1000, is that of the content
    ],
)
def test_a_style_is_resized_by_its_rule(rule: str, size: tuple[int, int]) -> None:
    assert style_size(recipe(style_size=rule), shape(2000, 1000), (384, 512)) == size
    assert style_size(recipe(style_size=rule), shape(2000, 1000), (384, 512), scale=0.5) == pytest.approx(
        [side / 2 for side in size], abs=1
    )


def test_a_style_that_is_not_larger_than_the_result_keeps_its_size() -> None:
    own = recipe(style_size="content-short")
    assert style_size(own, shape(420, 400), (384, 512)) == (420, 400)
    assert style_size(own, shape(500, 430), (384, 512)) == (447, 384)


def test_strokes_are_for_all_or_for_each() -> None:
    styles = [shape(500, 500), shape(500, 500)]
    assert style_sizes(recipe(strokes=[0.5]), styles, (512, 512)) == [(256, 256)] * 2
    assert style_sizes(recipe(strokes=[0.5, 1.0]), styles, (512, 512)) == [(256, 256), (512, 512)]
    with pytest.raises(OptionError, match="--strokes has 3 numbers for 2 style pictures; give one for all of them, or one for each"):
        style_sizes(recipe(strokes=[1.0, 1.0, 1.0]), styles, (512, 512))


def test_the_scale_of_a_folder_is_that_of_its_pictures() -> None:
    assert broadcast_strokes(recipe(strokes=[0.5, 2.0]), [3, 1]).strokes == [0.5, 0.5, 0.5, 2.0]
    assert broadcast_strokes(recipe(strokes=[0.5]), [3, 1]).strokes == [0.5]
    assert broadcast_strokes(recipe(strokes=[0.5, 1.0]), [3]).strokes == [0.5, 1.0]


def test_a_picture_in_which_the_deepest_layer_has_no_position() -> None:
    deep = recipe(content_layers="relu5_1")
    assert min_side(deep) == 16
    with pytest.raises(PictureSizeError, match=r"The content picture it\.png is too small: 15×40 pixels, and the deepest layer"):
        content_size(deep, shape(40, 15))
    with pytest.raises(PictureSizeError, match=r"it\.png, 4000×20 pixels, would be 512×3 in the run, .* Try a larger --size"):
        content_size(deep, shape(20, 4000))


def test_scales_are_coarse_to_fine_and_none_too_small() -> None:
    scales = scales_of(recipe(scales="1/2=2,1/4=4,1/16=9", steps=10, tolerance=0.1), (384, 512), [shape(400, 400)])
    assert [(scale.size, scale.steps, scale.tolerance) for scale in scales] == [
        ((96, 128), 40, 0.1),
        ((192, 256), 20, 0.1),
        ((384, 512), 10, 0),
    ]


@given(height=st.integers(40, 3000), width=st.integers(40, 3000), side=st.integers(64, 2000), of=st.sampled_from(["long", "short"]))
def test_the_size_of_a_finished_picture_is_found_again(height: int, width: int, side: int, of: str) -> None:
    content = shape(height, width)
    try:
        size = content_size(recipe(size=side, size_of=of), content)
    except PictureSizeError:
        return
    assert content_size(recipe_for_size(recipe(size=77, size_of=of), content, size), content) == size


def test_a_size_that_no_option_makes() -> None:
    with pytest.raises(PictureSizeError, match=r"The picture is 64×40, and no --size makes that of the content it\.png"):
        recipe_for_size(recipe(), shape(100, 100), (40, 64))
