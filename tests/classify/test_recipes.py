"""Recipes of training: names, sources, what is taken from them, and the networks they ask for."""

from __future__ import annotations

import pytest

from pincel.backbones.alexnet_specs import NORM_FIRST, krizhevsky_layers
from pincel.classify.plan import hidden, plan_layers, plan_spec
from pincel.classify.recipes import ABLATIONS, BASES, find_training, training_names
from pincel.classify.schema import TrainingRecipe
from pincel.errors import OptionError, UnknownNameError
from pincel.recipes.schema import NAMES
from tests.classify.tiny import tiny


def layers(name: str, classes: int = 1000) -> dict[str, tuple[str, int, int, int]]:
    """Return layer → (kind, channels, kernel, groups)."""
    planned = plan_layers(find_training(name).recipe, classes)
    return {each.name: (each.kind, each.channels, each.kernel, each.groups) for each in planned}


@pytest.mark.parametrize("name", training_names())
def test_every_value_has_a_source(name: str) -> None:
    cited = find_training(name)
    assert set(cited.sources) == set(TrainingRecipe.model_fields) - set(NAMES)
    assert all(cited.sources.values())
    assert cited.recipe.name == name
    assert cited.recipe.summary


def test_the_recipe_of_the_paper_is_that_of_the_paper() -> None:
    paper = find_training("alexnet2012").recipe
    assert (paper.batch, paper.momentum, paper.decay, paper.learning_rate, paper.dropout, paper.epochs) == (128, 0.9, 5e-4, 0.01, 0.5, 90)
    assert (paper.init, paper.init_std, paper.ones) == ("normal", 0.01, ("conv2", "conv4", "conv5", "fc6", "fc7"))
    assert (paper.drops, paper.drop_factor, paper.side, paper.crop, paper.color_noise) == (3, 10, 256, 227, 0.1)


def test_its_network_is_that_of_the_paper() -> None:
    recipe = find_training("alexnet2012").recipe
    spec = plan_spec(recipe, [str(each) for each in range(1000)], (120, 110, 100), "trained", "us")
    assert spec.layers == krizhevsky_layers(NORM_FIRST)
    assert spec.parameters == 60_965_224
    assert spec.response is not None
    assert (spec.response.k, spec.response.alpha, spec.response.beta, spec.response.size) == (2.0, 1e-4, 0.75, 5)
    assert (spec.crop, spec.std, spec.network, spec.format) == (227, (1, 1, 1), "alexnet", "safetensors")
    assert hidden(spec) == ("relu6", "relu7")


@pytest.mark.parametrize("base", list(BASES))
def test_what_is_taken_from_a_recipe_is_not_in_its_network(base: str) -> None:
    whole = layers(base)
    assert [name for name in whole if whole[name][0] == "tanh"] == []
    tanh = layers(f"{base}-tanh")
    assert [kind for kind, *_ in tanh.values()] == ["tanh" if kind == "relu" else kind for kind, *_ in whole.values()]
    assert "tanh6" in tanh
    assert "relu6" not in tanh
    assert set(whole) - set(layers(f"{base}-no-lrn")) == {"norm1", "norm2"}
    assert set(whole) - set(layers(f"{base}-no-conv3")) == {"conv3", "relu3"}
    assert set(whole) - set(layers(f"{base}-no-conv4")) == {"conv4", "relu4"}
    assert {each[2] for name, each in layers(f"{base}-no-overlap").items() if name.startswith("pool")} == {2}
    assert {each[3] for each in layers(f"{base}-one-gpu").values()} == {1}
    assert {name for name, each in whole.items() if each[3] == 2} == {"conv2", "conv4", "conv5"}


def test_what_is_taken_from_training_is_not_in_it() -> None:
    assert find_training("alexnet-small-no-dropout").recipe.dropout == 0
    still = find_training("alexnet-small-no-augmentation").recipe
    assert (still.views, still.color_noise) == ("center", 0)
    assert find_training("alexnet2012-tanh").recipe.ones == ()
    spec = plan_spec(find_training("alexnet2012-no-lrn").recipe, ("a", "b"), (0, 0, 0), "", "")
    assert spec.response is None


def test_several_parts_can_be_taken() -> None:
    both = find_training("alexnet-small-no-conv3-tanh-no-conv4").recipe
    assert both.without == ("conv3", "conv4")
    assert both.activation == "tanh"
    assert "conv3" not in layers("alexnet-small-no-conv3-no-conv4")


@pytest.mark.parametrize(
    "name", ["alexnet-smal", "alexnet-small-", "alexnet-small-no", "alexnet-small-tanh-tanh", "alexnet2012-no-lrnx", ""]
)
def test_other_names_are_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError, match="Unknown recipe of training") as trouble:
        find_training(name)
    if name:
        assert "Did you mean 'alexnet" in str(trouble.value)


def test_names_are_all_with_and_without() -> None:
    assert len(training_names()) == len(list(BASES)) * (1 + len(ABLATIONS))


def test_every_file_is_a_recipe_or_an_ablation() -> None:
    assert sorted(path.stem for path in BASES.folder.glob("*.toml")) == sorted(BASES)
    assert sorted(path.stem for path in (BASES.folder / "variants").glob("*.toml")) == sorted(ABLATIONS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop": 80}, "crop: 80 is more than --side 26"),
        ({"channels": "5,6,6,6,4"}, "channels: 5 cannot be divided into two groups: give even numbers, or --groups 1"),
        ({"channels": "4,6"}, "channels: cannot be that · given 4,6 · accepted: 5 with commas between, each a whole number, 2 to 4096"),
        ({"batch": 0}, "batch: cannot be that · given 0"),
        ({"dropout": 1.0}, "dropout: cannot be that · given 1"),
        ({"bacth": 3}, "Unknown recipe value 'bacth'. Did you mean 'batch'?"),
        ({"without": "conv1"}, "without: cannot be that · given 'conv1'"),
        ({"learning_rate": float("nan")}, "learning_rate: cannot be that · given nan"),
    ],
)
def test_values_that_are_not_accepted(changes: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError) as trouble:
        tiny().override(**changes)
    assert message in str(trouble.value)
    assert "\n" not in str(trouble.value)


def test_lists_may_be_text() -> None:
    recipe = tiny().override(pooling="2, 2", without="conv3,conv4", ones="none", groups="1", channels="3,3,3,3,3")
    assert (recipe.pooling, recipe.without, recipe.ones, recipe.groups) == ((2, 2), ("conv3", "conv4"), (), 1)


def test_a_crop_that_nothing_is_left_of() -> None:
    with pytest.raises(OptionError, match="nothing is left of a crop in pool5") as trouble:
        plan_layers(tiny(crop=12), 3)
    assert "--crop 12" in str(trouble.value)
