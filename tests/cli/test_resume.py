"""``pincel resume``: a run that was cut short ends with the bytes it would have had."""

from __future__ import annotations

import errno
import io
import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from pincel import Result, Run, resume
from pincel.engine import checkpoint
from pincel.engine.checkpoint import checkpoint_files, find_checkpoint, write_checkpoint
from pincel.engine.checkpoint_manager import LONG
from pincel.engine.events import Notice, Step
from pincel.engine.precision import FP32
from pincel.errors import CheckpointError, OptionError
from pincel.progress import Bar
from pincel.run.checkpoint import keep_checkpoints
from pincel.run.machine import Machine
from tests.cli.run import pincel, refused
from tests.runs import SHALLOW, SHALLOW_OPTIONS, make_run, resumed

Capture = pytest.CaptureFixture[str]
# Half of it is 64, the smallest scale there is.
SMALL: dict[str, Any] = {"size": 128, "scales": "1/2=2", "steps": 2, "precision": FP32, "device": "cpu", **SHALLOW}
OPTIONS = ("--size", "128", "--scales", "1/2=2", "--steps", "2", "--precision", "fp32", "--device", "cpu", *SHALLOW_OPTIONS)
OFTEN = ("--checkpoint-every", "1e-9")


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write at every step, whatever it takes."""
    monkeypatch.setattr("pincel.engine.checkpoint_manager.MAX_TIME_FRACTION", 1e9)


@pytest.fixture
def pair(photographs: list[Path]) -> tuple[Path, Path]:
    return photographs[0], photographs[1]


def alone(pair: tuple[Path, Path], **given: Any) -> Result:
    """Return what a run comes to that nobody interrupts."""
    run = make_run(pair[0], pair[1], **{**SMALL, **given})
    list(run)
    return run.result


def cut_short(pair: tuple[Path, Path], folder: Path, scale: int, step: int, **given: Any) -> Run:
    """Begin a run and abandon it right after a step, as if the process were killed there."""
    run = make_run(*pair, checkpoint=folder, checkpoint_every=1e-9, **{**SMALL, **given})
    for event in run:
        if isinstance(event, Step) and (event.scale[1], event.step) == (scale, step):
            return run
    raise AssertionError("There is no such step.")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"optimizer": "lbfgs", "canvas": "fourier"}, marks=pytest.mark.slow),
        {"optimizer": "adam", "canvas": "pixels", "bounds": "free", "init": "noise", "seed": 3},
        pytest.param(
            {"optimizer": "gradient-descent", "learning_rate": 5, "optimizer_options": {"momentum": 0.5}, "canvas": "pixels"},
            marks=pytest.mark.slow,
        ),
        {"optimizer": "lbfgs", "bounds": "clip", "canvas": "pixels", "init": "blend"},
    ],
    ids=["lbfgs", "adam", "gradient descent", "lbfgs clipped"],
)
def test_cut_short_in_either_scale_the_result_is_the_same(given: dict[str, Any], pair: tuple[Path, Path], tmp_path: Path) -> None:
    whole = alone(pair, **given)
    for scale, step in [(64, 3), (128, 1)]:
        folder = tmp_path / f"{scale}-{step}"
        cut_short(pair, folder, scale, step, **given)
        again = resume(folder)
        assert again.image.tobytes() == whole.image.tobytes()
        assert again.losses == whole.losses
        assert again.record["saved"] == whole.record["saved"]
        assert again.record["recipe"] == whole.record["recipe"]
        assert again.record["content"] == whole.record["content"]
        assert [(s["size"], s["steps"], s["stopped"]) for s in again.record["scales"]] == [
            (s["size"], s["steps"], s["stopped"]) for s in whole.record["scales"]
        ]


def test_it_may_be_cut_short_again_and_again(pair: tuple[Path, Path], tmp_path: Path) -> None:
    cut_short(pair, tmp_path / "kept", 64, 1)
    for _ in range(20):
        run = resumed(tmp_path / "kept")
        run.callbacks.pop()
        keep_checkpoints(run, tmp_path / "kept", 1e-9)
        steps = 0
        for event in run:
            steps += isinstance(event, Step)
            if steps == 2:
                break
        if run.finished:
            break
    whole = alone(pair)
    assert run.result.image.tobytes() == whole.image.tobytes()
    assert run.result.losses == whole.losses
    assert "Goes on from step" in str(run.result.record["notes"])


def test_stopped_on_purpose_it_goes_on_too(pair: tuple[Path, Path], tmp_path: Path) -> None:
    run = make_run(*pair, checkpoint=tmp_path / "kept", checkpoint_every=1000, **SMALL)
    told = []
    for event in run:
        told.append(event)
        if isinstance(event, Step) and (event.scale[1], event.step) == (128, 1):
            run.stop("interrupted")
    assert told[-2] == Notice(f"To go on with this run: pincel resume {tmp_path / 'kept'}", topic="resume")
    assert not run.finished
    # Up to date, though the next one was far from due.
    assert find_checkpoint(tmp_path / "kept").values()["loop"].loop.step == 1
    assert resume(tmp_path / "kept").losses == alone(pair).losses


def test_the_clock_goes_on(pair: tuple[Path, Path], tmp_path: Path) -> None:
    cut_short(pair, tmp_path / "kept", 64, 3)
    before = find_checkpoint(tmp_path / "kept").values()["loop"].seconds
    steps = [event for event in resumed(tmp_path / "kept") if isinstance(event, Step)]
    assert 0 < before < steps[0].seconds < steps[-1].seconds


def test_another_number_of_threads_is_told(pair: tuple[Path, Path], tmp_path: Path) -> None:
    cut_short(pair, tmp_path / "kept", 64, 1)
    found = find_checkpoint(tmp_path / "kept")
    written = found.values()
    written["environment"]["threads"] = "77"
    write_checkpoint(found.path, written)
    run = resumed(tmp_path / "kept")
    first = next(event for event in run if isinstance(event, Notice))
    assert first.text == (f"The bytes may differ from those of a run in one piece: threads 77 before, {torch.get_num_threads()} now.")


def test_a_picture_that_is_no_file_cannot_be_found_again(pair: tuple[Path, Path], tmp_path: Path) -> None:
    array = (255 * torch.rand(64, 64, 3)).byte().numpy()
    with pytest.raises(OptionError, match="save them first"):
        make_run(array, pair[1], checkpoint=tmp_path / "kept", **SMALL)


def test_a_calibration_folder_that_changed(pair: tuple[Path, Path], tmp_path: Path, calibration: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for path in calibration.iterdir():
        (own / path.name).write_bytes(path.read_bytes())
    cut_short(pair, tmp_path / "kept", 64, 1, activations="normalized", calibration=str(own))
    assert resumed(tmp_path / "kept").finished is False
    next(own.iterdir()).unlink()
    with pytest.raises(CheckpointError, match="calibration picture is not the one the run began with"):
        resumed(tmp_path / "kept")


def _answer(expected: float | None, _work: float) -> float | None:
    return expected


def test_how_long_it_will_take_decides_when_they_begin(pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, (expected, files) in enumerate([(None, 0), (60.0, 0), (1000.0, 1)]):
        monkeypatch.setattr(Machine, "seconds_for", partial(_answer, expected))
        run = make_run(*pair, **SMALL)
        folder = tmp_path / str(number)
        keep_checkpoints(run, folder, after=120)
        list(run)
        assert len(checkpoint_files(folder)) == files


# --- the command line -------------------------------------------------------------------------------------------------------------------


def test_the_command_writes_what_the_run_would_have(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    whole, out, sheet, kept = tmp_path / "whole.png", tmp_path / "out.png", tmp_path / "sheet.png", tmp_path / "kept"
    assert pincel(capsys, "transfer", *pair, "-o", whole, *OPTIONS).code == 0
    first = pincel(capsys, "transfer", *pair, "-o", out, "--sheet", sheet, *OPTIONS, "--checkpoint", kept, *OFTEN)
    assert f"go on with: pincel resume {kept}" in first.err
    for path in (out, sheet, out.with_suffix(".json")):
        path.unlink()
    # One that was asked for is kept at the end.
    answer = pincel(capsys, "resume", kept)
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [str(out), str(out.with_suffix(".json")), str(sheet)]
    assert "Goes on from step 2 of 128×128" in answer.err
    assert out.read_bytes() == whole.read_bytes()
    records = [json.loads(path.with_suffix(".json").read_text()) for path in (whole, out)]
    assert records[0]["losses"] == records[1]["losses"]
    assert len(checkpoint_files(kept)) == 2
    quiet = pincel(capsys, "resume", kept, "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    lines = pincel(capsys, "resume", kept, "--json", "--device", "cpu").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events if event["event"] != "notice"] == ["scale", "step", "stopped", "saved"]


def test_paths_hold_in_another_folder(capsys: Capture, photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name, path in zip(("photo.png", "style.png"), photographs, strict=False):
        (tmp_path / name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    line = ("transfer", "photo.png", "style.png=0.5", "-o", "out.png", *OPTIONS, "--checkpoint", "kept", *OFTEN)
    assert pincel(capsys, *line).code == 0
    expected = Path("out.png").read_bytes()
    Path("out.png").unlink()
    monkeypatch.chdir("elsewhere")
    assert pincel(capsys, "resume", "../kept").code == 0
    assert (tmp_path / "out.png").read_bytes() == expected


def test_inputs_that_changed_are_refused(capsys: Capture, photographs: list[Path], tmp_path: Path) -> None:
    content, style = tmp_path / "content.png", tmp_path / "style.png"
    content.write_bytes(photographs[0].read_bytes())
    style.write_bytes(photographs[1].read_bytes())
    cut_short((content, style), tmp_path / "kept", 64, 1)
    style.write_bytes(photographs[2].read_bytes())
    with pytest.raises(CheckpointError, match="the style picture is not the one the run began with"):
        resume(tmp_path / "kept")
    style.unlink()
    # Started in Python, it has no output file.
    assert "started in Python" in refused(pincel(capsys, "resume", tmp_path / "kept"))


def test_the_command_refuses_changed_and_missing_pictures(capsys: Capture, photographs: list[Path], tmp_path: Path) -> None:
    content, style = tmp_path / "content.png", tmp_path / "style.png"
    content.write_bytes(photographs[0].read_bytes())
    style.write_bytes(photographs[1].read_bytes())
    line = ("transfer", content, style, "-o", tmp_path / "out.png", "--size", "48", "--steps", "1", "--checkpoint", tmp_path / "kept")
    assert pincel(capsys, *line).code == 0
    content.write_bytes(photographs[2].read_bytes())
    text = refused(pincel(capsys, "resume", tmp_path / "kept", "--quiet"))
    assert "the content picture is not the one the run began with" in text
    assert "accepted: SHA-256 " in text
    content.unlink()
    assert "no such file" in refused(pincel(capsys, "resume", tmp_path / "kept", "--quiet"))


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "there is no such folder"), ("empty", "the folder holds none"), ("file", "is a file"), ("foreign", "truncated or damaged")],
)
def test_what_is_no_checkpoint_is_refused(name: str, message: str, capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("words")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "checkpoint-000001.safetensors").write_text("words, and more of them than a seal is long, which is 32 bytes")
    assert message in refused(pincel(capsys, "resume", tmp_path / name))


def test_options_that_contradict_each_other(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    line = ("transfer", *pair, "-o", tmp_path / "out.png")
    assert "contradict" in refused(pincel(capsys, *line, "--checkpoint", tmp_path / "kept", "--no-checkpoint"))
    assert "0" in refused(pincel(capsys, *line, "--checkpoint-every", "0"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_checkpoints_is_not_painted_over(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    line = ("transfer", *pair, "-o", tmp_path / "out.png", "--size", "48", "--steps", "1", "--checkpoint", tmp_path / "kept")
    assert pincel(capsys, *line).code == 0
    assert "try: pincel resume " in refused(pincel(capsys, *line))


def test_short_runs_leave_none(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    assert pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", "--size", "48", "--steps", "1").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "out.png"]


def test_one_nobody_asked_for_goes_with_the_end_of_the_run(
    capsys: Capture, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pincel.engine.checkpoint_manager.LONG", 0.0)
    line = ("transfer", *pair, "-o", tmp_path / "out.png", "--size", "48", "--steps", "2", *OFTEN)
    answer = pincel(capsys, *line)
    assert answer.err.count(f"pincel resume {tmp_path / 'out.png.checkpoint'}") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "out.png"]
    assert "resume" not in pincel(capsys, *line, "--no-checkpoint").err
    # What an earlier run left is not replaced without a word.
    (tmp_path / "out.png.checkpoint").mkdir()
    (tmp_path / "out.png.checkpoint" / "checkpoint-000001.safetensors").write_text("left")
    assert "has checkpoints of an earlier run; this run starts again" in pincel(capsys, *line).err


def test_long_is_two_minutes() -> None:
    assert LONG == 120


def test_a_full_disk_is_told_and_the_run_ends_well(
    capsys: Capture, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces, calls = checkpoint._pieces, []

    def full(*given: Any) -> Iterator[Any]:
        calls.append(given)
        if len(calls) > 1:
            yield b"some"
            raise OSError(errno.ENOSPC, "No space left on device")
        yield from pieces(*given)

    monkeypatch.setattr(checkpoint, "_pieces", full)
    out, kept = tmp_path / "out.png", tmp_path / "kept"
    answer = pincel(capsys, "transfer", *pair, "-o", out, "--size", "48", "--steps", "3", "--checkpoint", kept, *OFTEN)
    assert answer.code == 0, answer.err
    assert answer.err.count("the run goes on. checkpoint: cannot be written, the disk is full") == 1
    monkeypatch.undo()
    expected = out.read_bytes()
    (first,) = checkpoint_files(kept)
    assert find_checkpoint(kept).path == first
    out.unlink()
    assert pincel(capsys, "resume", kept).code == 0
    assert out.read_bytes() == expected


def test_the_bar_of_a_run_that_goes_on() -> None:
    def step(number: int, seconds: float) -> Step:
        return Step(number, 10, (2, 2), 1.0, seconds, 0, lambda: None, lambda: {"content": 1.0})  # type: ignore[arg-type, return-value]

    plain = io.StringIO()
    with Bar(console=Console(file=plain, width=200)) as bar:
        bar.show(step(6, 1000.0))
        time.sleep(0.11)
        bar.show(step(10, 1008.0))
    assert [line.partition(" ·")[0] for line in plain.getvalue().splitlines()] == ["step 6/10", "step 10/10"]
    drawn = io.StringIO()
    with Bar(console=Console(file=drawn, force_terminal=True, width=160, color_system=None)) as bar:
        bar.show(step(6, 1000.0))
    assert "0:16:40" in drawn.getvalue()
    assert " 6/10 " in drawn.getvalue()


@pytest.mark.parametrize("values", [{}, {"recipe": 3}, {"content": {}, "styles": [], "user_state": {}}, {"content": None, "styles": 1}])
def test_a_checkpoint_that_anybody_may_have_sealed_is_told_in_a_line(values: dict[str, Any], tmp_path: Path, capsys: Capture) -> None:
    write_checkpoint(tmp_path / "checkpoint-00000001.safetensors", values)
    told = refused(pincel(capsys, "resume", str(tmp_path)))
    assert "cannot read it" in told or "was started in Python, without an output file" in told
    with pytest.raises(CheckpointError, match="this version of pincel cannot read it"):
        resumed(tmp_path)


def test_a_run_from_a_picture_keeps_the_scales_it_was_asked_for(pair: tuple[Path, Path], tmp_path: Path) -> None:
    cut_short(pair, tmp_path, 64, 1, init=str(pair[1]), scales={"1/2": 1.0})
    assert resumed(tmp_path).recipe.scales == {"1/2": 1.0}
