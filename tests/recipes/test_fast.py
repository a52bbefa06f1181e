"""Every recipe has a fast twin: another way to the same objective."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from pincel.engine.evaluator import evaluate_picture
from pincel.errors import OptionError, RecipeError
from pincel.images.picture import LoadedImage
from pincel.recipes import PRESETS, RECIPES
from pincel.recipes.cited import Cited
from pincel.recipes.parse import parse_scales, scale_fraction
from pincel.recipes.schema import NAMES, Recipe
from pincel.recipes.toml import write_recipe
from pincel.run.sizes import MIN_SCALE_SIDE, content_size, min_side, scales_of, style_size
from tests.runs import make_run

BASES = [name for name in RECIPES if name not in PRESETS and not name.endswith("-fast")]
FAST = RECIPES["gram-fast"].recipe
WHY = RECIPES["gram-fast"].sources["steps"]

# What is asked of the picture at full size. Every field of a recipe is in one of the two.
OBJECTIVE = {
    "size",
    "size_of",
    "rounding",
    "resample",
    "style_size",
    "strokes",
    "background",
    "keep_metadata",
    "seed",
    "backbone",
    "pooling",
    "pool_rounding",
    "padding",
    "activations",
    "calibration",
    "white",
    "content_terms",
    "style_terms",
    "style_rotations",
    "match_content",
    "strength",
    "smooth",
    "degrain",
    "content_mask",
    "style_mask",
    "propagation",
    "color",
    "color_match",
    "color_when",
    "convention",
    "content_weight",
    "style_weight",
    "tv_weight",
    "tv",
    "content_layers",
    "style_layers",
    "init",
    "noise",
    "noise_level",
}
WAY = {
    "steps",
    "scales",
    "coarse_terms",
    "coarse_content_factor",
    "detail_transfer",
    "tolerance",
    "gradients",
    "canvas",
    "optimizer",
    "learning_rate",
    "optimizer_options",
    "bounds",
}


def test_every_recipe_has_a_twin() -> None:
    assert len(BASES) > 5
    assert {name for name in RECIPES if name.endswith("-fast")} == {f"{name}-fast" for name in BASES}


def test_every_value_is_of_the_objective_or_of_the_way() -> None:
    assert not OBJECTIVE & WAY
    assert set(Recipe.model_fields) - set(NAMES) == OBJECTIVE | WAY


@pytest.mark.parametrize("name", BASES)
def test_a_twin_asks_for_the_same(name: str) -> None:
    base, twin = RECIPES[name].recipe, RECIPES[f"{name}-fast"].recipe
    assert twin.model_dump(include=OBJECTIVE) == base.model_dump(include=OBJECTIVE)
    assert twin.name == f"{name}-fast"
    assert name in twin.summary


@pytest.mark.parametrize("name", BASES)
def test_a_twin_cites_the_sources_of_its_base_and_says_what_is_ours(name: str) -> None:
    base, twin = RECIPES[name], RECIPES[f"{name}-fast"]
    assert {key: twin.sources[key] for key in OBJECTIVE} == {key: base.sources[key] for key in OBJECTIVE}
    assert set(twin.sources) == OBJECTIVE | WAY
    assert all(twin.sources.values())
    changed = ("steps", "scales", "coarse_content_factor", "detail_transfer", "tolerance")
    assert not any(twin.sources[key] == base.sources[key] for key in changed)


def test_what_is_measured_names_a_page_that_exists() -> None:
    (page,) = (word for word in WHY.split() if word.startswith("docs/"))
    assert (Path(__file__).parents[2] / page).is_file()


@pytest.mark.parametrize("name", BASES)
def test_what_repeats_a_source_has_no_ladder_and_a_twin_has_one(name: str) -> None:
    # One is ours; crowsonkb and nnst have scales of their own.
    assert (RECIPES[name].recipe.scale_fractions == []) == (name not in ("gram", "crowsonkb", "nnst"))
    twin = RECIPES[f"{name}-fast"].recipe
    assert len(twin.scale_fractions) > 0
    assert all(0 < share < 1 and multiple > 0 for share, multiple in twin.scale_fractions)


def test_the_twin_of_a_recipe_that_is_changed_follows() -> None:
    changed = RECIPES["slides"].recipe.override(content_weight=3.0, style_layers="relu1_1")
    twin = RECIPES.vary(Cited(changed, RECIPES["slides"].sources), "fast").recipe
    assert (twin.content_weight, twin.style_layers, twin.steps) == (3.0, changed.style_layers, FAST.steps)


@pytest.mark.parametrize("name", BASES)
def test_a_twin_survives_being_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / "copy.toml"
    path.write_text(write_recipe(RECIPES[f"{name}-fast"]), encoding="utf-8")
    assert RECIPES.read(path).recipe == RECIPES[f"{name}-fast"].recipe


@pytest.mark.usefixtures("torchvision")
@pytest.mark.parametrize("name", BASES)
def test_the_objective_at_full_size_is_that_of_the_base(
    name: str, photographs: list[Path], calibration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pincel.backbones.calibrate.SIDE", 160)
    given: dict[str, Any] = {"size": 132, "size_of": "long", "calibration": str(calibration), "precision": "fp32"}
    base, twin = (make_run(photographs[0], photographs[1], recipe=recipe, **given) for recipe in (name, f"{name}-fast"))
    assert len(twin.plan.scales) > 1
    assert twin.size == base.size
    drawn = torch.rand(1, 3, *base.size, generator=torch.Generator().manual_seed(1)) * base.recipe.white
    assert evaluate_picture(twin.objectives.full, drawn) == evaluate_picture(base.objectives.full, drawn)


# --- ladders ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "share"),
    [("1/2", 0.5), ("1/4", 0.25), ("0.25", 0.25), (" 1/3 ", 1 / 3), ("2/3", 2 / 3), ("1", 1.0), (".5", 0.5), ("25e-2", 0.25)],
)
def test_a_share_is_read(text: str, share: float) -> None:
    assert scale_fraction(text) == share


@pytest.mark.parametrize("text", ["0", "2", "3/2", "0/4", "-1/2", "-0.5", "x", "", "1/0", "1/", "/2", "nan", "inf", "1/2/3"])
def test_what_is_no_share(text: str) -> None:
    message = rf"a coarse scale must be a share of the size between 0 and 1, such as 1/4, not '{text}'$"
    with pytest.raises(ValueError, match=message):
        scale_fraction(text)


@pytest.mark.parametrize(
    ("text", "scales"),
    [
        ("1/4=4,1/2=2", {"1/4": 4.0, "1/2": 2.0}),
        (" 1/4 = 4 , 0.5=.5 ", {"1/4": 4.0, "0.5": 0.5}),
        ("1/2=1,", {"1/2": 1.0}),
        ("none", {}),
        (" none ", {}),
        ("", {}),
    ],
)
def test_a_ladder_is_read(text: str, scales: dict[str, float]) -> None:
    assert parse_scales(text) == scales
    assert RECIPES["pincel"].recipe.override(scales=text).scales == scales


EACH = "Each coarse scale is a share of the size and a multiple of --steps, as 1/4=4, not "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1/2", f"{EACH}'1/2'."),
        ("1/4=4,1/2", f"{EACH}'1/4=4,1/2'."),
        ("1/2=", f"{EACH}'1/2='."),
        ("1/2=many", f"{EACH}'1/2=many'."),
        ("1/2=1=2", f"{EACH}'1/2=1=2'."),
        ("1/2=1,1/2=2", "A coarse scale of '1/2=1,1/2=2' is given twice."),
        ("1/2=1, 1/2 =2", "A coarse scale of '1/2=1, 1/2 =2' is given twice."),
        ("1/2=-1", "scales: 1/2 cannot be that · given -1"),
        ("1/2=0", "scales: 1/2 cannot be that · given 0"),
        ("1/2=nan", "scales: 1/2 cannot be that · given nan"),
        ("1/2=inf", "scales: 1/2 cannot be that · given inf"),
    ],
)
def test_ladders_that_cannot_be(text: str, message: str) -> None:
    with pytest.raises(OptionError) as refusal:
        FAST.override(scales=text)
    assert message in str(refusal.value)


@pytest.mark.parametrize("share", ["0", "2", "x", "1/0", ""])
@pytest.mark.parametrize("as_text", [True, False])
def test_a_ladder_of_scales_that_are_no_shares(share: str, as_text: bool) -> None:
    with pytest.raises(OptionError, match=rf"^scales: cannot be .* a share of the size between 0 and 1, such as 1/4, not '{share}'\.$"):
        FAST.override(scales=f"{share}=1" if as_text else {share: 1.0})


def test_the_refusal_of_a_share_is_a_sentence() -> None:
    with pytest.raises(OptionError) as refusal:
        FAST.override(scales="2=1")
    assert "it a scale" not in str(refusal.value)


def test_a_scale_given_twice_in_two_ways_of_writing() -> None:
    with pytest.raises(OptionError, match="twice"):
        FAST.override(scales="1/2=1,0.5=2")


@pytest.mark.parametrize("scales", ["1e400=1", "1/2=1e308"])
def test_numbers_too_large_are_refused(scales: str) -> None:
    with pytest.raises(OptionError):
        scales_of(FAST.override(scales=scales), (512, 512), [])


def test_a_recipe_can_do_without_its_ladder() -> None:
    assert FAST.override(scales="none").scale_fractions == []
    assert FAST.override(scales={}).scale_fractions == []
    assert FAST.override(scales=None).scale_fractions == FAST.scale_fractions


def test_rungs_are_shares_and_multiples() -> None:
    assert FAST.override(scales={"1/8": 3, "0.5": 0.5}).scale_fractions == [(0.125, 3.0), (0.5, 0.5)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("coarse_content_factor", -1.0),
        ("coarse_content_factor", float("inf")),
        ("detail_transfer", -0.1),
        ("tolerance", -0.1),
        ("tolerance", 1.0),
    ],
)
def test_values_of_the_way_that_cannot_be(key: str, value: float) -> None:
    with pytest.raises(OptionError, match=f"^{key}: cannot be that"):
        FAST.override(**{key: value})


@pytest.mark.parametrize(
    ("text", "scales"),
    [
        ('scales = "1/3=2, 0.75=1"', {"1/3": 2.0, "0.75": 1.0}),
        ('[scales]\n"1/3" = 2\n"0.75" = 1.0', {"1/3": 2.0, "0.75": 1.0}),
        ('scales = "none"', {}),
        ("[scales]", {}),
        ("steps = 3", FAST.scales),
    ],
    ids=["text", "table", "none", "empty table", "inherited"],
)
def test_a_ladder_in_a_file(text: str, scales: dict[str, float], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'base = "gram-fast"\n{text}\n')
    cited = RECIPES.find(str(path))
    assert cited.recipe.scales == scales
    assert cited.sources["scales"] == (WHY if text == "steps = 3" else str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('scales = "1/2"', EACH),
        ('scales = "1/2=1,1/2=1"', "is given twice"),
        ('[scales]\n"3/2" = 1', "between 0 and 1, such as 1/4, not '3/2'"),
        ('[scales]\n"1/2" = -1', "scales: 1/2 cannot be that · given -1"),
        ('[scales]\n"1/2" = "many"', "scales: 1/2 cannot be that · given 'many'"),
        ("scales = 3", "scales: cannot be that · given 3"),
        ('scales = ["1/2"]', "scales: cannot be that"),
    ],
)
def test_a_ladder_in_a_file_that_cannot_be(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f'base = "gram-fast"\n{text}\n')
    with pytest.raises(RecipeError, match=message) as refusal:
        RECIPES.find(str(path))
    assert str(refusal.value).startswith(f"{path}: ")


# --- which rungs a picture gets ---------------------------------------------------------------------------------------------------------


def sized(height: int, width: int) -> LoadedImage:
    return cast("LoadedImage", SimpleNamespace(height=height, width=width, name="picture.png"))


@pytest.mark.parametrize(
    ("size", "style", "shorter_sides"),
    [
        ((512, 512), (500, 500), [128, 256, 512]),
        ((256, 300), (500, 500), [64, 128, 256]),
        ((255, 300), (500, 500), [64, 128, 255]),
        ((250, 300), (500, 500), [125, 250]),
        ((128, 128), (500, 500), [64, 128]),
        ((126, 126), (500, 500), [126]),
        # A style so long that at a quarter of the size there would be nothing of it left for the deepest layer.
        ((512, 512), (100, 10_000), [256, 512]),
    ],
)
def test_scales_too_small_to_see_anything_in_are_left_out(size: tuple[int, int], style: tuple[int, int], shorter_sides: list[int]) -> None:
    assert [min(rung.size) for rung in scales_of(FAST, size, [sized(*style)])] == shorter_sides
    # The smallest of several styles counts.
    assert [min(rung.size) for rung in scales_of(FAST, size, [sized(600, 600), sized(*style)])] == shorter_sides


@pytest.mark.parametrize("name", [f"{name}-fast" for name in BASES])
@pytest.mark.parametrize("style", [(100, 100), (64, 500), (3000, 200), (90, 2000)])
def test_whatever_is_laid_out_can_be_painted(name: str, style: tuple[int, int]) -> None:
    for size in range(400, 1200, 97):
        recipe = RECIPES[name].recipe.override(size=size, scales={str(share / 20): 1.0 for share in range(1, 20)})
        full = content_size(recipe, sized(300, 410))
        for scale in scales_of(recipe, full, [sized(*style)]):
            assert min(scale.size) >= min(*full, max(MIN_SCALE_SIDE, min_side(recipe)))
            # Raises if the deepest layer would see nothing.
            style_size(recipe, sized(*style), scale.size, scale.fraction)
