"""Painting one job after another, for real and small."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import pincel
from pincel.batch import painter as module
from pincel.batch.decoded import Decoded
from pincel.batch.effort import efforts, expected_seconds
from pincel.batch.hands import Here, shared
from pincel.batch.messages import Job, MachineOptions, Outcome, Progress
from pincel.batch.painter import Painter
from pincel.engine.events import Event, Step, Stopped
from pincel.errors import DeviceError, OptionError
from tests.batch.stand_in import picture

SETTINGS: dict[str, Any] = {"size": 48, "steps": 2, "ladder": "1/2=1", "optimizer": "adam"}


@pytest.fixture
def job(photographs: list[Path], tmp_path: Path) -> Job:
    """Return a job of photographs."""
    content, style, _ = photographs
    return Job("out.png", str(content), ((str(style), 1.0),), str(tmp_path / "deep" / "out.png"), SETTINGS)


@pytest.fixture(scope="module")
def painter() -> Painter:
    """Return one that is warm after the first test."""
    return Painter(precision="fp32")


def test_a_job_is_painted_as_transfer_paints_it(job: Job, painter: Painter, tmp_path: Path) -> None:
    events: list[Event] = []
    outcome = painter.paint(job, events.append)
    alone = pincel.transfer(job.content, [(job.styles[0][0], 1.0)], precision="fp32", **SETTINGS)
    alone.save(tmp_path / "alone.png")
    assert Path(job.output).read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert (outcome.name, outcome.state, outcome.message, outcome.worker) == ("out.png", "done", "", "here")
    assert outcome.files == (job.output, str(Path(job.output).with_suffix(".json")))
    with Image.open(job.output) as image:
        assert outcome.size == image.size
    assert outcome.total == alone.record["saved"]["total"]
    assert 0 < outcome.prepared < outcome.seconds
    assert isinstance(events[-1], Stopped)
    assert outcome.steps == sum(scale["steps"] for scale in alone.record["scales"])


def test_progress_goes_through_all_scales(job: Job, painter: Painter) -> None:
    hands = Here(MachineOptions(precision="fp32"))
    hands._painter = painter
    told = list(hands.outcomes([job]))
    progress, (outcome,) = [each for each in told if isinstance(each, Progress)], [each for each in told if isinstance(each, Outcome)]
    assert told[-1] is outcome
    # Of this small picture one scale is left.
    assert [(each.step, each.steps) for each in progress] == [(0, 0), (0, 2), (1, 2), (2, 2)]
    assert outcome.state == "done"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"content": "none.jpg"}, "none.jpg"),
        ({"settings": {**SETTINGS, "size": 8}}, "Try a larger --size"),
        ({"settings": {**SETTINGS, "style_layers": "relu9_1"}}, "Unknown style layer"),
    ],
)
def test_what_cannot_be_painted_is_told_and_no_exception(job: Job, painter: Painter, change: dict[str, Any], message: str) -> None:
    outcome = painter.paint(replace(job, **change))
    assert (outcome.state, outcome.files) == ("failed", ())
    assert message in outcome.message
    assert "\n" not in outcome.message
    assert not Path(job.output).exists()


def test_a_fault_of_ours_does_not_end_the_batch(job: Job, painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(module, "Run", fail)
    assert painter.paint(job).message == "RuntimeError: two lines"


def test_a_picture_that_is_left_is_not_kept(job: Job, painter: Painter) -> None:
    seen: list[Event] = []
    outcome = painter.paint(job, seen.append, stop=lambda: any(isinstance(event, Step) for event in seen))
    assert (outcome.state, outcome.files) == ("stopped", ())
    assert not Path(job.output).exists()


def test_a_picture_that_is_whole_when_the_end_is_asked_for_is_kept(job: Job, painter: Painter) -> None:
    seen: list[Event] = []
    outcome = painter.paint(job, seen.append, stop=lambda: any(isinstance(event, Step) and event.step == event.steps for event in seen))
    assert outcome.state == "done"


def test_hands_here_begin_nothing_more_once_they_are_asked_to_stop(job: Job, painter: Painter) -> None:
    hands = Here()
    hands._painter = painter
    found = []
    for message in hands.outcomes([job, replace(job, name="two.png")]):
        found.append(message)
        hands.stop()
    hands.close()
    assert [message.state for message in found if isinstance(message, Outcome)] == ["stopped"]


def test_an_outcome_of_a_run_without_memory(job: Job) -> None:
    outcome = module._left(job, "out of memory")
    assert (outcome.state, outcome.message) == ("failed", "Out of memory; try a smaller size, or fewer workers at a time.")


def test_pictures_are_read_once_while_they_are_the_same(tmp_path: Path) -> None:
    first, second = picture(tmp_path / "a.png"), picture(tmp_path / "b.png")
    decoded = Decoded(room=2 * 3 * 4 * 40 * 30)
    kept = decoded.open(str(first), "content")
    assert decoded.open(str(first), "content") is kept
    os.utime(first, ns=(1, 1))
    fresh = decoded.open(str(first), "content")
    assert fresh is not kept
    decoded.open(str(second), "content")
    decoded.open("sample:glass", "style")
    # There was no room for all.
    assert decoded.open(str(first), "content") is not fresh


def test_how_much_work_jobs_are(job: Job, painter: Painter, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"bad")
    wide = picture(tmp_path / "wide.png", size=(64, 64))
    settings = {**SETTINGS, "size": 160, "steps": 40, "ladder": "none"}
    jobs = [
        replace(job, name="wide", content=str(wide), settings=settings),
        replace(job, name="in scales", content=str(wide), settings={**settings, "ladder": "1/2=2"}),
        replace(job, name="half", content="blank:160x80", settings=settings),
        replace(job, name="bad", content=str(bad)),
    ]
    found = efforts(jobs)
    # Targets are measured at each scale, and the picture as saved is evaluated once more.
    assert found["in scales"] == pytest.approx(1.5 * found["wide"], rel=0.03)
    assert found["half"] == pytest.approx(found["wide"] / 2, rel=0.03)
    assert found["bad"] == found["wide"]
    assert painter.paint(replace(jobs[0], settings={**settings, "size": 48, "steps": 2})).state == "done"
    seconds = expected_seconds(jobs, MachineOptions(precision="fp32"))
    assert list(seconds) == [each.name for each in jobs]
    if seconds["wide"] is not None:
        assert seconds["in scales"] == pytest.approx(seconds["wide"] * found["in scales"] / found["wide"])


def test_workers_share_a_machine() -> None:
    machine = MachineOptions(memory="6G", threads=4)
    assert shared(machine, 1) == machine
    assert shared(machine, 3) == MachineOptions(memory=str(2 * 10**9), threads=1)
    assert int(shared(MachineOptions(), 2).memory or "") > 0
    with pytest.raises(OptionError, match="workers"):
        shared(machine, 0)
    with pytest.raises(DeviceError):
        shared(MachineOptions(device="cuda:99"), 1)
    with pytest.raises(OptionError, match="Memory is given as"):
        shared(MachineOptions(memory="much"), 1)
