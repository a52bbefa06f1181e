"""Recipes of inversion: tables by representation, schedules, neurons; each mistake with its message."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pincel.errors import OptionError, PincelError, RecipeError, UnknownNameError
from pincel.functional.natural import SIGMA
from pincel.inversion.code_mask import CodeMask, parse_code_mask
from pincel.inversion.representation import check_representation
from pincel.recipes import INVERSIONS
from pincel.recipes.inversion import Inversion, Phase, looked_up, parse_schedule, parse_table, spread
from pincel.recipes.toml import write_recipe
from tests.tensors import normal


@pytest.mark.parametrize("name", list(INVERSIONS))
def test_every_value_has_a_source(name: str) -> None:
    cited = INVERSIONS[name]
    assert set(cited.sources) == set(Inversion.model_fields) - {"name", "summary"}
    assert all(cited.sources.values())
    assert cited.recipe.name == name


@pytest.mark.parametrize("name", list(INVERSIONS))
def test_a_recipe_comes_back_from_its_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(write_recipe(INVERSIONS[name]), encoding="utf-8")
    assert INVERSIONS.find(str(path)) == INVERSIONS[name]


def test_every_file_is_a_recipe() -> None:
    assert sorted(path.stem for path in INVERSIONS.folder.glob("*.toml")) == sorted(INVERSIONS)


def test_numbers_written_out_are_those_of_the_sources() -> None:
    first, second = INVERSIONS["mahendran2015"].recipe, INVERSIONS["mahendran2016"].recipe
    assert (first.noise_level, first.learning_rate) == (SIGMA, 0.004 * SIGMA**2)
    usual = second.bound / 2
    assert (second.norm_weight, second.tv_weight) == (usual**-6, {"*": (6.5 / usual) ** 2})
    assert (second.noise_level, second.learning_rate) == (usual / 3**0.5 / 0.95, 0.05 * usual**2 / 6 / 3)


def test_a_file_may_say_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "mahendran2015"\nbeta = 1.0\n')
    found = INVERSIONS.find(str(path))
    base = INVERSIONS["mahendran2015"].recipe
    assert found.recipe == base.model_copy(update={"beta": 1.0, "name": "mine", "summary": "from mine.toml"})
    assert found.sources == {**INVERSIONS["mahendran2015"].sources, "beta": str(path)}


def test_a_new_optimizer_has_its_own_settings_in_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "mahendran2015"\noptimizer = "adam"\n')
    found = INVERSIONS.find(str(path)).recipe
    assert (found.learning_rate, found.optimizer_options) == (None, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('base = "mahendran2015"\nbetta = 1.0', "Did you mean 'beta'"),
        ('base = "mahendran2015"\nbeta = -1.0', "beta: cannot be that · given -1"),
        ("beta = ", "is not TOML"),
    ],
)
def test_a_file_that_is_no_recipe_of_inversion(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=message):
        INVERSIONS.find(str(path))


# The table of the paper's code for its own network, layers 1 to 20, and ours for VGG and the rest.
@pytest.mark.parametrize(
    ("representation", "expected"),
    [
        *((f"caffenet:{layer}", 0.5) for layer in ("conv1", "relu1", "pool1", "norm1", "conv2", "relu2")),
        *((f"caffenet:{layer}", 5) for layer in ("pool2", "norm2", "conv3", "relu3", "conv4", "relu4")),
        *((f"caffenet:{layer}", 50) for layer in ("conv5", "relu5", "pool5", "fc6", "relu6", "fc7", "relu7", "fc8")),
        *((f"vgg19:{layer}", 0.5) for layer in ("conv1_1", "relu2_2", "pool1", "pool2")),
        *((f"vgg19:{layer}", 5) for layer in ("conv3_1", "relu4_4", "pool3", "pool4")),
        *((f"vgg19:{layer}", 50) for layer in ("conv5_1", "relu5_4", "pool5", "fc6", "relu7")),
        ("hog", 0.5),
        ("hogb", 0.5),
        ("dsift", 0.5),
        ("mine", 5),
    ],
)
def test_smoothness_by_depth(representation: str, expected: float) -> None:
    assert looked_up(INVERSIONS["mahendran2015"].recipe.tv_weight, representation, "λ") == expected


@pytest.mark.parametrize(
    ("layer", "expected"), [("conv1", 300), ("norm2", 300), ("relu3", 300), ("conv4", 100), ("relu5", 20), ("pool5", 1), ("fc8", 1)]
)
def test_weight_of_the_code_by_depth(layer: str, expected: float) -> None:
    assert looked_up(INVERSIONS["mahendran2016"].recipe.code_weight, f"alexnet:{layer}", "C") == expected


def test_numbers_of_2016() -> None:
    recipe = INVERSIONS["mahendran2016"].recipe
    assert recipe.norm_weight == pytest.approx(1 / 80**6)
    assert recipe.tv_weight["*"] == pytest.approx((6.5 / 80) ** 2)
    # H·W·0.05·B²/α for each of three channels.
    assert 3 * (recipe.learning_rate or 0) == pytest.approx(0.05 * 6400 / 6)


@pytest.mark.parametrize(
    ("given", "table"), [("5", {"*": 5}), (2.5, {"*": 2.5}), ("vgg*:pool5=1, *=300", {"vgg*:pool5": 1, "*": 300}), ({"a": 1.0}, {"a": 1})]
)
def test_tables(given: str | float | dict[str, float], table: dict[str, float]) -> None:
    assert parse_table(given, "tv_weight") == table


def test_a_pattern_without_a_network_is_of_the_layer() -> None:
    assert looked_up({"relu[12]_*": 1, "*": 2}, "vgg19:relu2_1", "λ") == 1
    assert looked_up({"relu[12]_*": 1, "*": 2}, "vgg19:relu3_1", "λ") == 2
    with pytest.raises(OptionError, match=r"No λ for hog: the table has relu\*. Add '\*=NUMBER'"):
        looked_up({"relu*": 1}, "hog", "λ")


@given(counts=st.lists(st.integers(1, 300), min_size=1, max_size=4), steps=st.integers(1, 1000))
def test_steps_are_spread_over_the_phases(counts: list[int], steps: int) -> None:
    schedule = [Phase(steps=count, rate=1.0) for count in counts]
    found = spread(schedule, steps)
    assert sum(phase.steps for phase in found) == steps
    assert spread(schedule, sum(counts)) == schedule


def test_schedules() -> None:
    assert parse_schedule("300x1~1,50x0.1") == [{"steps": 300, "rate": 1, "jitter": 1}, {"steps": 50, "rate": 0.1, "jitter": 0}]
    assert parse_schedule("40") == [{"steps": 40, "rate": 1, "jitter": 0}]
    made = INVERSIONS["mahendran2016"].recipe.override(schedule="10x1,10x0.5", steps=4)
    assert [phase.steps for phase in made.schedule] == [2, 2]


def test_a_new_optimizer_brings_its_own_settings() -> None:
    made = INVERSIONS["mahendran2016"].recipe.override(optimizer="lbfgs")
    assert (made.learning_rate, made.optimizer_options) == (None, {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"norm_weight": -1}, "norm_weight: cannot be that · given -1"),
        ({"norm_weight": math.inf}, "norm_weight: cannot be that · given inf"),
        ({"tv_weight": "-5"}, "--tv-weight must be a number of 0 or more, not -5"),
        ({"tv_weight": "many"}, "--tv-weight takes a number, or one for each representation"),
        ({"code_weight": "relu*=nan"}, "--code-weight must be a number of 0 or more, not nan"),
        ({"schedule": "ten"}, "--schedule takes steps x factor of the rate"),
        ({"schedule": "10x-1"}, "schedule: rate cannot be that · given -1"),
        ({"steps": 0}, "steps: cannot be that · given 0 · accepted: a whole number, 1 to 1000000"),
        ({"sizes": 3}, "Unknown recipe value 'sizes'. Did you mean 'size'"),
        ({"alpha": 0.5}, "alpha: cannot be that · given 0.5"),
        ({"fit": "squash"}, "fit: cannot be that · given 'squash'"),
    ],
)
def test_values_that_are_not_accepted(changes: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        INVERSIONS["mahendran2016"].recipe.override(**changes)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("vgg19", OptionError, "names no layer: write vgg19:pool5"),
        ("vgg19:relu3-1", UnknownNameError, "Did you mean 'relu3_1'"),
        ("vgg91:relu3_1", OptionError, "Did you mean 'vgg19'"),
        ("hogg", OptionError, "Unknown representation 'hogg' .known: hog, hogb, dsift, or NETWORK:LAYER"),
        ("hog:cells", OptionError, "Unknown representation 'hog:cells'"),
        ("", OptionError, "Unknown representation ''"),
    ],
)
def test_representations_there_are_not(name: str, kind: type[PincelError], message: str) -> None:
    with pytest.raises(kind, match=message):
        check_representation(name)


@pytest.mark.parametrize("name", ["hog", "hogb", "dsift", "vgg19:conv3_1", "random-cnn:relu1_1"])
def test_representations_there_are(name: str) -> None:
    check_representation(name)


def test_neurons() -> None:
    assert parse_code_mask("") == CodeMask()
    assert parse_code_mask("5x4") == CodeMask(window=(5, 4))
    assert parse_code_mask("5x4@2,3; channels=0-47,60") == CodeMask((5, 4), (2, 3), ((0, 47), (60, 60)))
    assert parse_code_mask("channels=last-half") == CodeMask(channels="last-half")


@pytest.mark.parametrize("height", [5, 6, 13, 14])
def test_the_window_in_the_middle_is_the_papers(height: int) -> None:
    """From the ceil((H - 5 + 1) / 2)-th position on, counted from 1."""
    mask = parse_code_mask("5x5").mask(torch.ones(1, 2, height, height), "x")
    rows = mask[0, 0].any(1).nonzero().flatten().tolist()
    first = math.ceil((height - 5 + 1) / 2) - 1
    assert rows == list(range(first, first + 5))


def test_masks() -> None:
    target = normal(1, 6, 4, 5)
    mask = parse_code_mask("2x3@1,2;channels=0-1,4").mask(target, "x")
    expected = torch.zeros_like(target)
    expected[:, [0, 1, 4], 1:3, 2:5] = 1
    assert torch.equal(mask, expected)
    assert parse_code_mask("channels=first-half").mask(target, "x")[0, :, 0, 0].tolist() == [1, 1, 1, 0, 0, 0]
    assert parse_code_mask("channels=last-half").mask(normal(1, 3), "x").tolist() == [[0, 1, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("6x2", r"--neurons 6x2 is out of bounds: the code of net:layer has 4x5 positions"),
        ("2x2@3,0", r"--neurons 2x2@3,0 is out of bounds"),
        ("0x2", "out of bounds"),
        ("channels=6", r"--neurons channels=6-6 is out of bounds: the code of net:layer has channels 0 to 5"),
        ("channels=3-1", "channels=3-1 is out of bounds"),
        ("channels=middle", "--neurons takes a window of positions as 5x5"),
        ("5", "--neurons takes a window"),
        ("2x2;2x2", "--neurons takes a window"),
        ("layers=3", "--neurons takes a window"),
    ],
)
def test_neurons_there_are_not(text: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        parse_code_mask(text).mask(normal(1, 6, 4, 5), "net:layer")


def test_a_code_without_positions_has_no_window() -> None:
    with pytest.raises(OptionError, match="has no positions; choose channels alone"):
        parse_code_mask("2x2").mask(normal(1, 6), "f")
