"""What is asked for is checked at once, with the words of the command line, and it is said which setting is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from pincel.cli.options import pop_recipe
from pincel.losses import STYLE_TERMS
from pincel.recipes import RECIPES
from pincel.recipes.schema import GROUPS, NAMES, Recipe
from pincel.studio.access import AccessPolicy
from pincel.studio.app import make_app
from pincel.studio.checks import check_settings
from pincel.studio.commands import format_value
from pincel.studio.data_dir import DataDir
from pincel.studio.errors import ApiError
from pincel.studio.forms import form, values_of
from pincel.studio.limits import Limits
from pincel.studio.models import Form
from tests.studio.api.conftest import STUB, Visitor


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """Return who visits one studio for all these tests: nothing comes of what is refused."""
    home = tmp_path_factory.mktemp("home")
    with TestClient(make_app(DataDir(home), Limits(), AccessPolicy(), STUB), base_url="http://localhost:8765") as client:
        yield Visitor(client, home)


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({"size": -1}, "size", "size: cannot be that · given -1"),
        ({"color": "blue"}, "color", "color: cannot be that · given 'blue'"),
        ({"style_wait": 1}, "style_wait", "Unknown recipe value 'style_wait'. Did you mean 'style_weight'?"),
        ({"name": "x"}, "name", "Unknown recipe value 'name'."),
        ({"size": 64, "style_layers": "relu4-2"}, "style_layers", "Unknown style layer of backbone vgg19 'relu4-2'"),
        ({"style_layers": 5}, "style_layers", "'style_layers' cannot be 5: it should be a number, a text, or names with numbers."),
        ({"style_layers": [1, 2]}, "style_layers", "'style_layers' cannot be [1, 2]: it should be a list of names."),
        ({"style_terms": "grams"}, "style_terms", "Unknown style term 'grams'"),
        ({"optimizer": "adams"}, "optimizer", "Unknown optimizer 'adams'"),
        ({"optimizer_options": "history"}, "optimizer_options", "optimizer_options take KEY=VALUE, such as history=20, not 'history'."),
        ({"scales": "1/4"}, "scales", "Each coarse scale is a share of the size and a multiple of --steps"),
        ({"size": True}, "size", "'size' cannot be True: it should be a number, a text."),
        ({"size": 10**9}, "size", "it should be less than or equal to 65536 here."),
        ({"steps": float("nan")}, "steps", "'steps' cannot be nan"),
        ({"learning_rate": 0}, "learning_rate", "accepted: a number above 0"),
        ({"init": "/etc/passwd"}, "init", "Unknown init '/etc/passwd' (known here: content, noise, style, blend[=0.6])."),
        ({"init": "blend=2"}, "init", "must be a number from 0 to 1"),
        ({"calibration": "/home"}, "calibration", "'calibration' can only be 'samples' here"),
        ({"backbone": "../mine.safetensors"}, "backbone", "Unknown backbone '../mine.safetensors'"),
        ({"keep_metadata": "yes"}, "keep_metadata", "'keep_metadata' cannot be 'yes': it should be true or false."),
        ({"keep_metadata": 1}, "keep_metadata", "it should be true or false."),
        ({"background": "http://there"}, "background", "no file is named here"),
        ({"background": "whitish"}, "background", "'whitish' is no opaque color"),
        ({"content_mask": "mask.png"}, "content_mask", "upload the mask as a picture and give its id as content_mask."),
        ({"style_weight": 0, "content_weight": 0, "tv_weight": 0}, None, "All weights are zero"),
    ],
)
def test_a_value_that_is_not_accepted(settings: dict[str, Any], field: str | None, message: str, visitor: Visitor) -> None:
    with pytest.raises(ApiError) as caught:
        check_settings("pincel", settings)
    assert message in caught.value.message
    assert caught.value.field == field
    if "nan" not in map(str, settings.values()):  # JSON knows none
        answer = visitor.paint(settings=settings)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
        assert list((visitor.home / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "field", "message"),
    [
        ({"content": "sample:harbor"}, "content", "Did you mean 'harbour'?"),
        ({"content": "0" * 16}, "content", "There is no picture '0000000000000000'"),
        ({"content": "/etc/passwd"}, "content", "should match pattern"),
        ({"content": None}, "content", "should be a valid string"),
        ({"styles": []}, "styles", "should have at least 1 item"),
        ({"styles": [{"picture": "sample:glass", "weight": -1}]}, "styles.0.weight", "greater than or equal to 0"),
        ({"styles": [{"picture": "sample:glass", "weight": 0}]}, "styles", "All styles have the weight 0"),
        ({"styles": [{"picture": "sample:glas"}]}, "styles", "Did you mean 'glass'?"),
        ({"recipe": "pinsel"}, "recipe", "Did you mean 'pincel'?"),
        ({"recipe": "../mine.toml"}, "recipe", "Unknown recipe '../mine.toml'"),
        ({"content_mask": "0" * 16}, "content_mask", "There is no picture"),
        ({"style_masks": ["0" * 16] * 2}, "style_masks", "There are 2 style masks for 1 style pictures"),
        ({"paint": 1}, "paint", "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_asked_for(asked: dict[str, Any], field: str, message: str, visitor: Visitor) -> None:
    answer = visitor.paint(**asked)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["field"], message in error["message"]) == (field, True), error
    assert list((visitor.home / "runs").iterdir()) == []


def test_a_network_brings_its_own_layers() -> None:
    recipe, _ = check_settings("slides", {"backbone": "alexnet", "content_layers": "relu3", "style_layers": "relu1,relu2"})
    assert recipe.backbone == "alexnet"
    with pytest.raises(ApiError, match="Unknown content layer of backbone alexnet"):
        check_settings("slides", {"backbone": "alexnet"})


def test_values_that_are_left_empty_are_the_recipe_s() -> None:
    recipe, settings = check_settings("slides", {"size": None, "scales": "", "steps": 7})
    assert settings == {"steps": 7}
    assert recipe == RECIPES["slides"].recipe.override(steps=7)


def parsed(settings: dict[str, Any]) -> Recipe:
    """Read settings as the command line would, and put the recipe together."""
    options: dict[str, Any] = dict.fromkeys(Recipe.model_fields)
    pairs = settings.get("optimizer_options", {})
    given = {key: format_value(value) for key, value in settings.items() if key != "optimizer_options"}
    numeric = {key: float(text) for key, text in given.items() if isinstance(settings[key], int | float) and key != "strokes"}
    return RECIPES["pincel"].recipe.override(
        **pop_recipe({**options, **given, **numeric, "optimizer_option": tuple(f"{k}={format_value(v)}" for k, v in pairs.items())})
    )


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "size": st.integers(0, 5000),
            "style_weight": st.floats(0, 1e9),
            "strokes": st.floats(0.01, 10) | st.lists(st.floats(0.01, 10), min_size=1, max_size=3),
            "scales": st.sampled_from(["none", "1/2=2", "1/4=4,0.5=1.5"]) | st.just({"1/4": 2.5}),
            "style_layers": st.sampled_from(["relu1_1", "relu1_1=0.25,relu2_1=1"])
            | st.dictionaries(st.sampled_from(["relu1_1", "relu3_1", "relu5_1"]), st.floats(0.001, 1e3), min_size=1),
            "style_terms": st.just({"gram": 1.0, "mean-std": 10}) | st.just("gram,mean-std=3"),
            "color": st.sampled_from(["style", "luminance"]),
            "optimizer_options": st.just("history=20") | st.just({"history": 7}),
        },
    )
)
def test_the_command_line_makes_the_same_recipe_of_it(settings: dict[str, Any]) -> None:
    recipe, kept = check_settings("pincel", settings)
    # What an optimizer is told is read later, and may be text until then.
    told = {name: str(value) for name, value in recipe.optimizer_options.items()}
    assert parsed(kept).model_copy(update={"optimizer_options": told}) == recipe.model_copy(update={"optimizer_options": told})
    assert {name: str(value) for name, value in parsed(kept).optimizer_options.items()} == told


def test_the_page_has_every_value_of_a_recipe_in_the_groups_of_the_command_line() -> None:
    described = form("en")
    assert [group.title for group in described.groups] == list(GROUPS)
    shown = {setting.name: setting for group in described.groups for setting in group.settings}
    # A folder of this machine is none of the page's business.
    assert set(shown) == set(Recipe.model_fields) - set(NAMES) - {"calibration"}
    for name, setting in shown.items():
        assert setting.help == Recipe.model_fields[name].description
    assert shown["style_weight"].model_dump(exclude={"help"}) == {
        "name": "style_weight",
        "kind": "number",
        "default": RECIPES["pincel"].recipe.style_weight,
        "choices": None,
        "suggestions": None,
        "minimum": 0.0,
        "above": False,
        "maximum": None,
    }
    assert (shown["size"].kind, shown["learning_rate"].kind, shown["color"].kind) == ("integer", "number", "choice")
    assert (shown["learning_rate"].minimum, shown["learning_rate"].above) == (0, True)
    assert (shown["degrain"].minimum, shown["degrain"].maximum) == (0, 1)
    assert shown["color"].choices == ["style", "content", "luminance", "match", "hues"]
    assert {name for name, setting in shown.items() if setting.kind == "layers"} == {
        "content_layers",
        "style_layers",
        "content_terms",
        "style_terms",
        "coarse_terms",
    }
    assert {name for name, setting in shown.items() if setting.kind == "file"} == {"content_mask", "style_mask"}


def test_the_page_has_every_recipe_and_its_values_can_be_given_back() -> None:
    described = form("en")
    assert [recipe.name for recipe in described.recipes] == list(RECIPES)
    for formula in described.recipes:
        mine = {key: value for key, value in formula.values.items() if key not in ("calibration", "content_mask", "style_mask")}
        recipe, _ = check_settings(formula.name, {**mine, "size_of": formula.values["size_of"]})
        assert values_of(recipe) == formula.values


def texts(described: Form) -> list[str]:
    """Return what the page shows of titles, settings and recipes, but for the setting whose help is a list of names."""
    helps = [setting.help for group in described.groups for setting in group.settings if setting.name != "optimizer"]
    recipes = [text for recipe in described.recipes for text in (recipe.summary, recipe.good_for)]
    return [*(group.title for group in described.groups), *helps, *recipes]


def test_the_page_is_in_the_language_of_its_reader(visitor: Visitor) -> None:
    english, spanish = (Form.model_validate(visitor.client.get("/api/settings", params={"lang": each}).json()) for each in ("en", "es"))
    assert english == form("en")
    assert [text for text, same in zip(texts(english), texts(spanish), strict=True) if text == same or not same] == []
    (terms,) = (each.help for group in spanish.groups for each in group.settings if each.name == "style_terms")
    assert ", ".join(STYLE_TERMS) in terms
    assert visitor.client.get("/api/settings", params={"lang": "xx"}).status_code == 422


def test_a_recipe_of_few_words_has_no_others_in_spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    cited = RECIPES["pincel"]
    silent = replace(cited, recipe=cited.recipe.model_copy(update={"summary": "from mine.toml", "good_for": ""}))
    monkeypatch.setitem(RECIPES._loaded, "pincel", silent)
    shown = next(recipe for recipe in form("es").recipes if recipe.name == "pincel")
    assert (shown.summary, shown.good_for) == ("from mine.toml", "")


@pytest.mark.parametrize(("value", "given"), [(True, True), ("true", True), (False, False), ("false", False)])
def test_a_switch_is_on_or_off(value: Any, given: bool) -> None:
    recipe, settings = check_settings("pincel", {"keep_metadata": value})
    assert (recipe.keep_metadata, settings) == (given, {"keep_metadata": given})


def test_a_switch_is_an_option_without_a_value(visitor: Visitor) -> None:
    for value, option in ((True, " --keep-metadata"), (False, "")):
        key = visitor.begin(settings={"steps": 1, "keep_metadata": value})
        cli = visitor.client.get(f"/api/runs/{key}/command").json()["cli"]
        assert cli.endswith(f"--steps 1{option}")
        visitor.ended(key)
