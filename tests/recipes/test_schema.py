"""Recipes as data: cited, checked, overridden."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pincel.errors import OptionError, RecipeError, UnknownNameError
from pincel.recipes import PRESETS, PUBLISHED, RECIPES
from pincel.recipes.parse import parse_layers, usual_weights
from pincel.recipes.schema import NAMES, Recipe
from pincel.run.check import check_recipe
from pincel.run.sizes import active_layers

PINCEL = RECIPES["pincel"].recipe


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_value_of_a_recipe_is_cited(name: str) -> None:
    cited = RECIPES[name]
    assert cited.recipe.name == name
    assert set(cited.sources) == set(Recipe.model_fields) - set(NAMES)
    assert all(cited.sources.values())


def test_every_file_is_a_recipe() -> None:
    files = [path.stem for path in RECIPES.folder.glob("*.toml")]
    # All twins but this one are made of one variant.
    assert sorted(files) == sorted([*PRESETS, *PUBLISHED, "nnst-fast"])


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_name_in_a_recipe_exists(name: str) -> None:
    recipe = RECIPES[name].recipe
    assert check_recipe(recipe).name == recipe.backbone


def test_a_recipe_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(PINCEL, "size", 3)  # noqa: B010


def test_override_leaves_the_original_alone() -> None:
    changed = PINCEL.override(steps=7, content_weight=None)
    assert changed.steps == 7
    assert changed.content_weight == PINCEL.content_weight
    assert PINCEL.steps != 7


def test_a_new_size_measures_the_long_side_unless_told_otherwise() -> None:
    gatys = RECIPES["gatys2016"].recipe
    assert gatys.size_of == "short"
    assert gatys.override(size=300).size_of == "long"
    assert gatys.override(size=300, size_of="area").size_of == "area"
    assert gatys.override(steps=3).size_of == "short"


def test_a_new_optimizer_brings_its_own_settings() -> None:
    adam = PINCEL.override(optimizer="adam")
    assert adam.learning_rate is None
    assert adam.optimizer_options == {}
    assert PINCEL.override(optimizer="adam", learning_rate=2.0).learning_rate == 2.0
    assert PINCEL.override(optimizer="lbfgs").optimizer_options == PINCEL.optimizer_options


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("relu4_2", {"relu4_2": 1.0}),
        ("relu1_1, relu2_1", {"relu1_1": 0.5, "relu2_1": 0.5}),
        ("relu1_1=0.2,relu2_1=0.8", {"relu1_1": 0.2, "relu2_1": 0.8}),
        (["pool1", "pool2", "pool3", "pool4"], {"pool1": 0.25, "pool2": 0.25, "pool3": 0.25, "pool4": 0.25}),
        ({"conv3_1": 3}, {"conv3_1": 3.0}),
    ],
)
def test_layers_are_read(given: Any, expected: dict[str, float]) -> None:
    assert parse_layers(given, "style_layers") == pytest.approx(expected)


@pytest.mark.parametrize("name", list(RECIPES))
def test_layers_without_weights_weigh_as_in_the_recipe(name: str) -> None:
    recipe = RECIPES[name].recipe
    assert recipe.override(content_layers="conv3_1").content_layers == {"conv3_1": pytest.approx(sum(recipe.content_layers.values()))}
    # All of a recipe's layers are its layers; fewer of them weigh more each.
    assert recipe.override(style_layers=list(recipe.style_layers)).style_layers == pytest.approx(recipe.style_layers)
    first, count = next(iter(recipe.style_layers)), len(recipe.style_layers)
    assert recipe.override(style_layers=first).style_layers == {first: pytest.approx(count * recipe.style_layers[first])}


def test_a_layer_that_a_recipe_has_not_weighs_as_another_of_its_block_or_as_the_mean() -> None:
    usual = {"relu1_1": 8.0, "relu3_1": 4.0, "relu4_1": 0.0}
    assert usual_weights(["relu3_4", "pool1"], usual) == {"relu3_4": 4.0, "pool1": 8.0}
    assert usual_weights(["relu4_1"], usual) == {"relu4_1": 12.0}
    assert (
        usual_weights(["relu1_1", "relu2_1"], {})
        == usual_weights(["relu1_1", "relu2_1"], {"relu5_1": 0})
        == {"relu1_1": 0.5, "relu2_1": 0.5}
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("relu1_1=lots", r"weight of style layer 'relu1_1' must be a number of 0 or more, not 'lots' \(write relu1_1=0.2\)"),
        ("relu1_1=-1", "0 or more, not '-1'"),
        ("relu1_1=nan", "0 or more, not 'nan'"),
        ("relu1_1=inf", "0 or more, not 'inf'"),
        ("relu1_1=0.2,relu2_1", "'relu2_1' must be a number of 0 or more, not 'nothing'"),
        ("relu1_1=", "not 'nothing'"),
        ("", "No style layer given"),
        ("relu1_1,relu1_1", "Style layer 'relu1_1' is given twice"),
    ],
)
def test_layers_that_cannot_be(given: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        parse_layers(given, "style_layers")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stepz": 3}, "Unknown recipe value 'stepz'. Did you mean 'steps'"),
        ({"steps": -1}, "steps: cannot be that · given -1"),
        ({"steps": 2.5}, "steps: cannot be that · given 2.5"),
        ({"content_weight": -1.0}, "content_weight: cannot be that · given -1"),
        ({"style_weight": float("nan")}, "style_weight: cannot be that · given nan"),
        ({"pooling": "median"}, "pooling: cannot be that · given 'median'"),
        ({"learning_rate": 0.0}, "learning_rate: cannot be that · given 0"),
        ({"style_layers": {"relu1_1": -3}}, "relu1_1"),
    ],
)
def test_values_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        PINCEL.override(**changes)


def test_a_recipe_that_is_not_whole() -> None:
    with pytest.raises(RecipeError, match="has no 'size'"):
        Recipe.make({"name": "half"}, error=RecipeError)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "vgg18"}, "Unknown backbone 'vgg18'.*Did you mean 'vgg19'"),
        ({"content_layers": "relu4-2"}, "Unknown content layer of backbone vgg19 'relu4-2'.*Did you mean 'relu4_2'"),
        ({"style_layers": "relu6_1"}, "Unknown style layer of backbone vgg19 'relu6_1'.*Did you mean 'relu5_1'"),
        ({"optimizer": "lbfg"}, "Unknown optimizer 'lbfg'.*Did you mean 'lbfgs'"),
        ({"optimizer_options": {"histroy": 3}}, r"Unknown LBFGS option 'histroy' \(known: history, max_step\). Did you mean 'history'"),
        ({"optimizer": "adam", "optimizer_options": {"beta": 3}}, r"known: beta1, beta2, eps"),
        ({"init": "contents"}, "Unknown init 'contents'.*Did you mean 'content'"),
    ],
)
def test_names_that_do_not_exist(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UnknownNameError if "init" not in changes else OptionError, match=message):
        check_recipe(PINCEL.override(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"content_weight": 0.0, "style_weight": 0.0, "tv_weight": 0.0},
        {"content_layers": {"relu4_2": 0.0}, "style_layers": {"relu1_1": 0.0}, "tv_weight": 0.0},
    ],
)
def test_all_weights_zero(changes: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="All weights are zero"):
        check_recipe(PINCEL.override(**changes))


def test_strength_weighs_style_and_smoothness_against_content() -> None:
    recipe = RECIPES["pincel"].recipe
    alpha, beta, gamma = recipe.weights
    assert (alpha, beta, gamma) == (recipe.content_weight, recipe.style_weight, recipe.tv_weight)
    assert recipe.override(strength=2).weights == (alpha, 8 * beta, 8 * gamma)
    assert recipe.override(strength=0).weights == (alpha, 0, 0)
    assert not active_layers(recipe.override(strength=0))[1]
    for wrong in (-0.1, 11):
        with pytest.raises(OptionError, match="strength"):
            recipe.override(strength=wrong)
