"""Values that undo each other, or change nothing, are settled and said."""

from __future__ import annotations

from typing import Any

import pytest

from pincel.recipes import RECIPES
from pincel.run.consistency import idle_values, settle_start

RECIPE = RECIPES["pincel"]


def test_going_on_from_a_picture_begins_at_full_size() -> None:
    recipe, notes = settle_start(RECIPE.recipe.override(init="one.png"), {"init"})
    assert recipe.scales == {}
    assert notes == ("Goes on from the start at full size, without the coarser scales of the recipe.",)


def test_scales_that_were_asked_for_stay_and_what_they_do_is_said() -> None:
    recipe, notes = settle_start(RECIPE.recipe.override(init="one.png", scales="1/2=1"), {"init", "scales"})
    assert recipe.scales == {"1/2": 1.0}
    assert "--scales none goes on from it" in notes[0]


@pytest.mark.parametrize("init", ["content", "noise", "style", "blend=0.5", "feedforward"])
def test_other_starts_keep_the_scales(init: str) -> None:
    assert settle_start(RECIPE.recipe.override(init=init), {"init"}) == (RECIPE.recipe.override(init=init), ())


@pytest.mark.parametrize(
    ("values", "idle"),
    [
        ({"noise_level": 3.0}, "--noise-level changes nothing: --init content has no noise."),
        ({"noise_level": 3.0, "init": "noise"}, ""),
        ({"detail_transfer": 1.0, "scales": "none"}, "--detail-transfer changes nothing: there are no coarser scales."),
        ({"detail_transfer": 1.0}, ""),
        ({"color_match": "monge"}, "--color-match changes nothing: no colors are matched."),
        ({"color_match": "monge", "color": "content"}, ""),
        ({"propagation": "all"}, "--propagation changes nothing: there are no masks."),
        ({"calibration": "photos"}, "--calibration changes nothing: --activations is raw."),
        ({"tv": "squared", "tv_weight": 0.0}, "--tv changes nothing: --tv-weight is 0."),
        ({"content_weight": 0.0, "content_layers": "relu1_1"}, "--content-layers changes nothing: --content-weight is 0."),
    ],
)
def test_values_that_change_nothing(values: dict[str, Any], idle: str) -> None:
    assert idle_values(RECIPE.recipe.override(**values), values) == ((idle,) if idle else ())
