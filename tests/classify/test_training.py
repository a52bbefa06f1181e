"""Training from beginning to end: what is told, what is written, and what it goes on from."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from pincel.backbones.native import read_network, read_spec
from pincel.classify.config import ClassifierTrainingConfig
from pincel.classify.network import dropout_masks, init_weights
from pincel.classify.recipes import training_names
from pincel.classify.training import ClassifierTraining
from pincel.engine.events import Notice
from pincel.errors import CheckpointError, DivergedError, OptionError, OutputError, PictureError, PincelError
from pincel.training import trainer
from pincel.training.events import EpochEnd, EvalProgress, StepEnd, TrainEnd, TrainStart
from pincel.training.trainer import Trainer, TrainerConfig
from tests.classify.tiny import begin, events, tiny, train, write_set


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set of three colors, 24 pictures."""
    return write_set(tmp_path_factory.mktemp("set"))


def stopped_after(steps: int, data: Path, folder: Path, **options: Any) -> Trainer[ClassifierTraining]:
    """Train for some steps, and stop then."""
    run, made = begin(data, folder, **options), 0
    for event in run:
        made += isinstance(event, StepEnd)
        if isinstance(event, StepEnd) and made == steps:
            run.stop("interrupted")
    return run


def rows(folder: Path) -> list[dict[str, str]]:
    """Return the history without what the clock says."""
    with (folder / "history.csv").open() as stream:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(stream)]


def test_it_tells_and_writes_everything(data: Path, tmp_path: Path) -> None:
    run = begin(data, tmp_path / "run")
    told = events(run)
    kinds = [type(event).__name__ for event in told if isinstance(event, TrainStart | StepEnd | EpochEnd | TrainEnd)]
    assert kinds == ["TrainStart", *["StepEnd"] * 4, "EpochEnd", *["StepEnd"] * 4, "EpochEnd", "TrainEnd"]
    (began,) = (event for event in told if isinstance(event, TrainStart))
    assert (dict(began.data), began.epoch, began.step, began.steps) == ({"classes": 3, "train": 18, "val": 6}, 0, 0, 4)
    learned = [event for event in told if isinstance(event, StepEnd)]
    assert [(event.epoch, event.step, event.steps) for event in learned] == [(e, s, 4) for e in (1, 2) for s in (1, 2, 3, 4)]
    assert all(event.throughput > 0 and event.left >= 0 and math.isfinite(event.metrics["loss"]) for event in learned)
    epochs = [event for event in told if isinstance(event, EpochEnd)]
    first = learned[:4]
    # The last batch of an epoch is what is left: 5, 5, 5, 3 pictures.
    assert epochs[0].train_loss == pytest.approx(
        sum(event.metrics["loss"] * count for event, count in zip(first, (5, 5, 5, 3), strict=True)) / 18
    )
    assert {(event.what, event.total) for event in told if isinstance(event, EvalProgress)} == {("validation", 6), ("ten crops", 6)}
    assert told[-1] == TrainEnd("epochs", 8, 2)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"checkpoint.safetensors", "history.csv", "network.safetensors", "record.json", "statistics.safetensors"}
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert record == json.loads(json.dumps(run.subject.result.record))
    assert (record["top1_error"], record["top5_error"]) == (record["ten_crops"]["top1_error"], record["ten_crops"]["top5_error"])
    assert sum(map(sum, record["confusion"])) == 6
    assert set(record["by_class"]) == {"blue", "green", "red"}
    assert (record["stopped"], record["epochs"], record["steps"], record["judged_on"]) == ("epochs", 2, 8, "val")
    assert record["data"]["sha256"] == run.subject.splits.sha256
    assert record["recipe"]["batch"] == 5
    assert len(record["history"]) == len(rows(tmp_path / "run")) == 2
    assert [float(row["val_top1_error"]) for row in rows(tmp_path / "run")] == [event.val_top1_error for event in epochs]


def test_the_network_says_what_it_is(data: Path, tmp_path: Path) -> None:
    run = train(data, tmp_path / "run")
    spec = read_spec(tmp_path / "run" / "network.safetensors")
    assert (spec.name, spec.classes, spec.crop, spec.network) == ("alexnet-small", ("blue", "green", "red"), 24, "alexnet")
    assert spec.mean == pytest.approx((101, 97, 107), abs=8)
    assert spec.std == (20.0, 20.0, 20.0)
    assert spec.summary.startswith(f"alexnet-small, trained on {data.name}: 3 classes, 18 pictures")
    assert read_network(Path(spec.path), spec).keys() == {"conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"}
    assert run.spec.layers == spec.layers


def test_the_best_network_is_kept(data: Path, tmp_path: Path) -> None:
    # A rate that soon does harm.
    run = train(data, tmp_path / "run", tiny(epochs=12, learning_rate=0.05, seed=3))
    history = run.record["history"]
    best = min(history, key=lambda row: (row["val_top1_error"], row["val_loss"]))
    assert run.record["best_epoch"] == best["epoch"]
    assert [row["epoch"] for row in history if row["best"]][-1] == best["epoch"]
    again = train(data, tmp_path / "again", tiny(epochs=best["epoch"], learning_rate=0.05, seed=3))
    assert again.record["best_epoch"] == best["epoch"]
    names = ("run", "again")
    one, other = ((tmp_path / name / "network.safetensors").read_bytes() for name in names)
    assert one == other
    # The central crop in the end is what it was after that epoch.
    assert run.record["center"]["top1_error"] == best["val_top1_error"]
    assert run.record["center"]["loss"] == pytest.approx(best["val_loss"], rel=1e-6)


@pytest.mark.parametrize("steps", [2, 4, 7])
def test_it_goes_on_to_the_same_bytes(steps: int, data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "whole", tiny(epochs=3))
    run = stopped_after(steps, data, tmp_path / "cut", recipe=tiny(epochs=3))
    assert (run.subject.result.stopped, run.subject.result.record["steps"]) == ("interrupted", steps)
    assert run.subject.result.record["confusion"] == []
    on = begin(data, tmp_path / "cut", recipe=None, resume=True)
    (began,) = events(on, TrainStart)
    assert (began.epoch, began.step) == divmod(steps, 4) if steps != 4 else (began.epoch, began.step) == (0, 4)
    for name in ("network.safetensors", "statistics.safetensors"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert rows(tmp_path / "cut") == rows(tmp_path / "whole")
    for name in ("top1_error", "top5_error", "ten_crops", "steps", "best_epoch", "train_error_at_the_end"):
        assert on.subject.result.record[name] == json.loads((tmp_path / "whole" / "record.json").read_text())[name]


def test_killed_between_two_steps_it_goes_on_from_the_last_checkpoint(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "MAX_WRITING", 1e9)
    recipe = tiny(epochs=3)
    train(data, tmp_path / "whole", recipe)
    walk = iter(begin(data, tmp_path / "cut", recipe=recipe, limits=TrainerConfig(every=1e-9)))
    for event in walk:
        if isinstance(event, StepEnd) and (event.epoch, event.step) == (2, 3):
            break
    # Without a word, as by SIGKILL: nothing is written after this.
    kept = (tmp_path / "cut" / "checkpoint.safetensors").read_bytes()
    walk.close()  # type: ignore[attr-defined]
    assert (tmp_path / "cut" / "checkpoint.safetensors").read_bytes() == kept
    on = begin(data, tmp_path / "cut", resume=True, recipe=None)
    (began,) = events(on, TrainStart)
    assert (began.epoch, began.step) == (1, 3)
    assert (tmp_path / "cut" / "network.safetensors").read_bytes() == (tmp_path / "whole" / "network.safetensors").read_bytes()
    assert rows(tmp_path / "cut") == rows(tmp_path / "whole")


def test_more_epochs_are_the_same_as_all_at_once(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "whole", tiny(epochs=3))
    train(data, tmp_path / "parts", tiny(epochs=1))
    events(begin(data, tmp_path / "parts", recipe=None, resume=True, epochs=3))
    assert rows(tmp_path / "parts") == rows(tmp_path / "whole")
    assert (tmp_path / "parts" / "network.safetensors").read_bytes() == (tmp_path / "whole" / "network.safetensors").read_bytes()


def test_decoded_anew_by_others_the_network_is_the_same(data: Path, tmp_path: Path) -> None:
    kept = train(data, tmp_path / "kept")
    anew = train(data, tmp_path / "anew", config=ClassifierTrainingConfig(device="cpu", memory=0, workers=1))
    assert (tmp_path / "kept" / "network.safetensors").read_bytes() == (tmp_path / "anew" / "network.safetensors").read_bytes()
    assert kept.record["ten_crops"] == anew.record["ten_crops"]


def test_a_tiny_set_is_learned_by_heart(data: Path, tmp_path: Path) -> None:
    recipe = tiny("alexnet-small-no-dropout", epochs=60, wide=16)
    run = train(data, tmp_path / "run", recipe, config=ClassifierTrainingConfig(device="cpu", stop_error=1e-9))
    assert run.stopped == "error"
    assert run.record["train_error_at_the_end"] == 0
    assert run.record["steps"] < 60 * 4


@pytest.mark.parametrize("name", training_names())
def test_every_recipe_learns(name: str, data: Path, tmp_path: Path) -> None:
    size = {} if "2012" not in name else {"crop": 67, "side": 70, "first": (11, 4), "channels": (8, 8, 8, 8, 8), "batch": 6}
    recipe = tiny(name, epochs=1, **size)
    run = train(data, tmp_path / "run", recipe)
    assert run.record["steps"] >= 3
    spec = run.spec
    after, before = read_network(tmp_path / "run" / "network.safetensors", spec), init_weights(spec, recipe)
    assert all(not torch.equal(after[layer][0], weight) for layer, (weight, _) in before.items())


def test_every_step_has_silent_units_of_its_own(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def noted(spec: Any, recipe: Any, step: tuple[int, int], *rest: Any) -> Any:
        drawn.append(step)
        return dropout_masks(spec, recipe, step, *rest)

    monkeypatch.setattr("pincel.classify.step.dropout_masks", noted)
    train(data, tmp_path / "run")
    assert drawn == [(epoch, step) for epoch in (1, 2) for step in range(4)]


def test_half_precision_learns_too(data: Path, tmp_path: Path) -> None:
    full, half = (
        train(data, tmp_path / precision, config=ClassifierTrainingConfig(device="cpu", precision=precision))
        for precision in ("fp32", "bf16")
    )
    losses = [run.record["history"][-1]["train_loss"] for run in (full, half)]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


def test_it_ends_when_its_time_is_up(data: Path, tmp_path: Path) -> None:
    run = train(data, tmp_path / "run", tiny(epochs=1000), limits=TrainerConfig(minutes=1e-9))
    assert (run.stopped, run.record["steps"]) == ("time", 1)
    # It was judged all the same.
    assert run.record["ten_crops"]["top1_error"] == run.record["top1_error"]
    assert run.record["best_epoch"] == 0


def test_it_ends_when_the_error_has_stalled_at_the_lowest_rate(data: Path, tmp_path: Path) -> None:
    recipe = tiny(epochs=50, patience=1, drops=1, learning_rate=1e-12)
    run = train(data, tmp_path / "run", recipe)
    assert run.stopped == "settled"
    assert [row["rate"] for row in run.record["history"]] == pytest.approx([1e-12, 1e-12, 1e-13])
    again = begin(data, tmp_path / "run", recipe=None, resume=True)
    assert events(again, StepEnd) == []
    assert again.subject.result.stopped == "settled"


def test_a_test_part_is_what_it_is_judged_by(tmp_path: Path) -> None:
    for part, each in (("train", 5), ("val", 2), ("test", 3)):
        write_set(tmp_path / "set" / part, each=each)
    record = train(tmp_path / "set", tmp_path / "run").record
    assert (record["judged_on"], sum(map(sum, record["confusion"]))) == ("test", 9)


def test_without_a_result_yet(data: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="has not ended"):
        _ = begin(data, tmp_path / "run").subject.result


def test_numbers_that_are_none_end_it_and_leave_the_checkpoint_before(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DivergedError) as trouble:
        train(data, tmp_path / "run", tiny(epochs=30, learning_rate=1e18), limits=TrainerConfig(every=1e-9))
    assert "training: the loss is no longer finite · given epoch 1, step" in str(trouble.value)
    assert "try: --lr 1e+17 from the start" in str(trouble.value)


def test_damaged_pictures_are_recorded_or_refused(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    (folder / "red" / "05.png").write_bytes(b"no picture")
    run = train(folder, tmp_path / "run")
    assert list(run.record["data"]["left_out"]) == ["red/05.png"]
    assert sum(run.record["data"]["pictures"].values()) == 23
    with pytest.raises(PictureError, match=r"data: is not a picture · given '.*red/05.png'"):
        train(folder, tmp_path / "other", config=ClassifierTrainingConfig(device="cpu", damaged="refuse"))


def test_another_machine_is_told(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "run")
    again = begin(data, tmp_path / "run", recipe=None, resume=True, config=ClassifierTrainingConfig(device="cpu", precision="bf16"))
    (notice,) = events(again, Notice)
    assert "The last bits may differ from an uninterrupted run: precision fp32 before, bf16 now." in notice.text


def _changed_picture(data: Path, _folder: Path) -> dict[str, Any]:
    with (data / "red" / "00.png").open("ab") as stream:
        stream.write(b"0")
    return {"resume": True, "recipe": None}


def _cut(_data: Path, folder: Path) -> dict[str, Any]:
    path = folder / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    return {"resume": True, "recipe": None}


def _gone(_data: Path, folder: Path) -> dict[str, Any]:
    (folder / "checkpoint.safetensors").unlink()
    return {"resume": True, "recipe": None}


@pytest.mark.parametrize(
    ("meddle", "kind", "message"),
    [
        (
            lambda *_: {},
            OutputError,
            "output: the folder holds a training · given '{0}' · accepted: a new or an empty folder · try: --resume",
        ),
        (
            lambda *_: {"resume": True, "recipe": None, "batch": 6},
            CheckpointError,
            "began with another value of batch · given 6 · accepted: 5",
        ),
        (lambda *_: {"resume": True, "recipe": tiny(wide=9)}, CheckpointError, "began with another value of wide"),
        (_changed_picture, CheckpointError, "the pictures are not those the training began with"),
        (_cut, CheckpointError, "checkpoint: cannot be gone on from, is truncated or damaged"),
        (_gone, CheckpointError, "checkpoint: there is none to go on from"),
    ],
)
def test_what_a_training_cannot_go_on_with(meddle: Any, kind: type[PincelError], message: str, tmp_path: Path) -> None:
    data, folder = write_set(tmp_path / "set", each=4), tmp_path / "run"
    train(data, folder, tiny(epochs=1))
    with pytest.raises(kind) as trouble:
        begin(data, folder, **meddle(data, folder))
    assert message.replace("{0}", str(folder)) in str(trouble.value)
    assert "\n" not in str(trouble.value)


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        ({"precision": "fp16"}, "Unknown precision 'fp16' (known: fp32, bf16). Did you mean 'bf16'?"),
        ({"workers": -1}, "--workers -1: give 0 or more."),
        ({"device": "tpu"}, "Device 'tpu' is not on this machine"),
    ],
)
def test_machines_that_are_none(machine: dict[str, Any], message: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(PincelError) as trouble:
        begin(data, tmp_path / "run", config=ClassifierTrainingConfig(**machine))
    assert message in str(trouble.value)


def test_a_pause_between_checkpoints_that_is_none() -> None:
    with pytest.raises(OptionError, match=r"^checkpoint_every: cannot be that · given 0 "):
        TrainerConfig(every=0)


def test_a_file_is_no_folder(data: Path, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(OutputError, match="output: is a file"):
        begin(data, tmp_path / "run")
