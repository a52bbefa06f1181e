"""StyleTraining: it learns, goes on to the same bytes, and says what is wrong."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pincel.errors import CheckpointError, DivergedError, OptionError, OutputError
from pincel.feedforward.file import load_stylizer
from pincel.feedforward.network import Network, init_weights
from pincel.files import sha256_of
from pincel.run.check import check_recipe
from pincel.training.build import clamp_means, make_objective
from pincel.training.events import StepEnd, TrainEnd, TrainStart
from pincel.training.inputs import objective_recipe
from pincel.training.recipes import RECIPES
from pincel.training.state import rate
from pincel.training.style_training import StyleTraining, StyleTrainingConfig
from pincel.training.trainer import Trainer, TrainerConfig
from tests.training.small import CPU, any_style, events, one


@pytest.fixture
def folder(photographs: list[Path]) -> str:
    return str(photographs[0].parent)


def begin(
    photographs: list[Path], output: Path, config: StyleTrainingConfig = CPU, limits: TrainerConfig | None = None, **options: Any
) -> Trainer[StyleTraining]:
    """Return a trainer that has not begun."""
    options.setdefault("recipe", one())
    return Trainer(StyleTraining(photographs[1], str(photographs[0].parent), output, config=config, **options), limits)


def test_it_learns(photographs: list[Path], tmp_path: Path) -> None:
    run = begin(photographs, tmp_path / "n.safetensors", recipe=one(steps=40, batch=1, recolor=0.0, learning_rate=1e-2))
    told = events(run)
    assert isinstance(told[-1], TrainEnd)
    assert told[-1].reason == "steps"
    began = next(event for event in told if isinstance(event, TrainStart))
    assert (dict(began.data), began.step, began.steps) == ({"pictures": 3, "styles": 1}, 0, 40)
    totals = [event.metrics["J"] for event in told if isinstance(event, StepEnd)]
    assert sum(totals[-10:]) < 0.5 * sum(totals[:10])
    network = load_stylizer(tmp_path / "n.safetensors")
    assert network.spec.name == "n"
    assert network.spec.trained["steps"] == 40
    assert network.parameters == began.parameters
    record = json.loads((tmp_path / "n.json").read_text())
    assert record["recipe"] == run.subject.recipe.model_dump(mode="json")
    assert record["styles"][0]["name"] == photographs[1].name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["n.json", "n.safetensors"]


def test_any_style_learns_too(photographs: list[Path], folder: str, tmp_path: Path) -> None:
    recipe = any_style(Path(folder), steps=30, batch=1, learning_rate=2e-3)
    run = StyleTraining(folder, folder, tmp_path / "n.safetensors", recipe=recipe, kind="any-style", config=CPU)
    assert len(events(Trainer(run), StepEnd)) == 30
    network, objective = load_stylizer(tmp_path / "n.safetensors"), make_objective(recipe, run.data, run.device, [])
    # Of crops it has not seen.
    untrained, trained = (
        Network(network.spec, weights, objective.encoder) for weights in (init_weights(network.spec, 128, recipe.seed), network.own)
    )
    first, last = (
        sum(math.log(float(objective.evaluate(each, 1000 + number).total)) for number in range(6)) for each in (untrained, trained)
    )
    assert last < first + 6 * math.log(0.8)
    assert network.encoder is not None
    assert (network.spec.encoder, network.spec.layer) == ("vgg19", "relu2_1")


def test_what_was_interrupted_goes_on_to_the_same_bytes(photographs: list[Path], tmp_path: Path) -> None:
    whole = begin(photographs, tmp_path / "whole.safetensors")
    events(whole)
    part = begin(photographs, tmp_path / "part.safetensors")
    for event in part:
        if isinstance(event, StepEnd) and event.step == 2:
            part.stop("interrupted")
    assert part.subject.record["stopped"] == "interrupted"
    assert load_stylizer(tmp_path / "part.safetensors").spec.trained["steps"] == 2
    rest = begin(photographs, tmp_path / "part.safetensors", resume=True, recipe=None)
    assert [event.step for event in events(rest, StepEnd)] == [3, 4]
    one_, other = (load_stylizer(tmp_path / f"{name}.safetensors").own for name in ("whole", "part"))
    assert all(torch.equal(each, other[name]) for name, each in one_.items())
    assert [row[:2] for row in whole.subject.record["history"]] == [row[:2] for row in rest.subject.record["history"]]
    assert not rest.subject.files.checkpoint.exists()


def test_a_checkpoint_in_mid_run_is_whole(photographs: list[Path], tmp_path: Path) -> None:
    run = begin(photographs, tmp_path / "n.safetensors", limits=TrainerConfig(every=1e-6))
    for event in run:
        if isinstance(event, StepEnd) and event.step == 3:
            break
    # As after a kill: the network is not there, the checkpoint is.
    assert not run.subject.files.network.exists()
    steps = [event.step for event in events(begin(photographs, run.subject.files.network, resume=True, recipe=None), StepEnd)]
    # It may be of a step before: writing takes a tenth of the time at most.
    assert steps in ([2, 3, 4], [3, 4], [4])


def test_only_the_number_of_steps_may_change(photographs: list[Path], tmp_path: Path) -> None:
    run = begin(photographs, tmp_path / "n.safetensors", limits=TrainerConfig(minutes=1e-9))
    assert events(run, TrainEnd)[0].reason == "time"
    run = begin(photographs, tmp_path / "n.safetensors")
    run.stop("interrupted")
    events(run)
    with pytest.raises(CheckpointError, match=r"^checkpoint: the training began with another value of batch · given 1 · accepted: 2"):
        begin(photographs, run.subject.files.network, resume=True, recipe=None, batch=1)
    with pytest.raises(CheckpointError, match=r"^checkpoint: the styles are not those the training began with · given SHA-256"):
        StyleTraining(photographs[0], str(photographs[0].parent), run.subject.files.network, resume=True, config=CPU)
    with pytest.raises(CheckpointError, match=r"^checkpoint: the pictures are not those the training began with"):
        StyleTraining(photographs[1], "sample:glass", run.subject.files.network, resume=True, config=CPU)
    assert [event.step for event in events(begin(photographs, run.subject.files.network, resume=True, recipe=None, steps=2), StepEnd)] == [
        1,
        2,
    ]
    run.subject.files.checkpoint.write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=r"^checkpoint: cannot be gone on from, "):
        begin(photographs, run.subject.files.network, resume=True, recipe=None)
    run.subject.files.checkpoint.unlink()
    with pytest.raises(CheckpointError, match=r"^checkpoint: there is none to go on from"):
        begin(photographs, run.subject.files.network, resume=True, recipe=None)


def test_a_network_begins_with_another(photographs: list[Path], tmp_path: Path) -> None:
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    events(begin(photographs, first, recipe=one(steps=30, batch=1, recolor=0.0, learning_rate=1e-2)))
    run = begin(photographs, second, replace(CPU, pretrained=first), recipe=one(steps=2, batch=1, recolor=0.0, learning_rate=1e-9))
    events(run)
    weights, further = load_stylizer(first).own, load_stylizer(second).own
    assert all(torch.allclose(further[name], weights[name], atol=1e-6) for name in weights)
    assert run.subject.record["before"] == {"file": str(first), "sha256": sha256_of(first)}
    # What goes on from a checkpoint has begun already.
    stopped = begin(photographs, second, replace(CPU, pretrained=first), recipe=one(steps=4, batch=1))
    for event in stopped:
        if isinstance(event, StepEnd) and event.step == 2:
            stopped.stop()
    second.rename(first)
    assert events(begin(photographs, second, replace(CPU, pretrained=first), recipe=one(steps=4, batch=1), resume=True), TrainEnd)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"stages": "c3s1-6,c3s1-3"},
            r"network to begin with: its stages are others · given .* · accepted: c3s1-6,c3s1-3 · try: a network",
        ),
        ({"norm": "none"}, "network to begin with: its norm is another"),
    ],
)
def test_a_network_of_other_stages_cannot_be_begun_with(
    changed: dict[str, Any], said: str, photographs: list[Path], tmp_path: Path
) -> None:
    first = tmp_path / "first.safetensors"
    events(begin(photographs, first, recipe=one(steps=1)))
    with pytest.raises(OptionError, match=said):
        begin(photographs, tmp_path / "second.safetensors", replace(CPU, pretrained=first), recipe=one(**changed))


def test_time_ends_it(photographs: list[Path], tmp_path: Path) -> None:
    run = begin(photographs, tmp_path / "n.safetensors", limits=TrainerConfig(minutes=1e-6), recipe=one(steps=50))
    told = events(run)
    assert told[-1].reason == "time"
    assert told[-1].steps == 1
    assert run.subject.files.checkpoint.is_file()


def test_a_rate_too_high_is_told(photographs: list[Path], tmp_path: Path) -> None:
    run = begin(photographs, tmp_path / "n.safetensors", recipe=one(learning_rate=1e30, steps=10, warming=0))
    with pytest.raises(DivergedError, match=r"^training: J is not finite at step \d+ · given --lr 1e\+30"):
        events(run)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"crop": 64}, OptionError, "^crop: is larger than the pictures"),
        ({"kind": "any-style"}, OptionError, "^recipe: teaches one style, and any was asked for"),
        ({"stages": "c9s1-4"}, OptionError, "^stages: do not end in a picture"),
        ({"zoom": "1,0.5"}, OptionError, "^zoom: cannot be 1,0.5"),
        ({"batch": 0}, OptionError, "batch: cannot be that · given 0"),
    ],
)
def test_what_cannot_be(options: dict[str, Any], kind: type[Exception], said: str, photographs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(kind, match=said):
        events(begin(photographs, tmp_path / "n.safetensors", **options))


def test_a_name_that_would_not_be_found_again(photographs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r"^network: a name that pincel would not find again · given .*n\.pt' .* n\.safetensors'|^network: a name"
    ):
        begin(photographs, tmp_path / "n.pt")


def test_a_filter_that_hardly_fires_is_not_made_the_loudest() -> None:
    found = clamp_means({"conv": torch.tensor([0.001, 4.0, 8.0, 2.0, 100.0])})
    assert found["conv"].tolist() == [1.0, 4.0, 8.0, 2.0, 100.0]


@pytest.mark.parametrize("name", list(RECIPES))
def test_recipes_can_be(name: str) -> None:
    cited = RECIPES[name]
    objective = objective_recipe(cited.recipe)
    spec = check_recipe(objective)
    assert spec.name == cited.recipe.objective.get("backbone", "vgg19")
    assert set(cited.sources) == set(type(cited.recipe).model_fields) - {"name", "summary"}
    assert all(cited.sources.values())


def test_every_file_is_a_recipe() -> None:
    assert sorted(path.stem for path in RECIPES.folder.glob("*.toml")) == sorted(RECIPES)


def test_the_rate_by_hand() -> None:
    recipe = one(steps=100, learning_rate=1.0, warming=10, decay=0.1, cooling=0.2)
    assert [rate(recipe, step) for step in (0, 9, 50, 90, 99)] == pytest.approx(
        [0.1, 1 / 1.9, 1 / 6, 1 / 10 * 0.5, 1 / 10.9 * 0.05], rel=1e-9
    )
