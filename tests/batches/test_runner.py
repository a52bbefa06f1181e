"""Painting one job after another, for real and small."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import pincel
from pincel.batches import runner as module
from pincel.batches.cost import costs, expected_seconds
from pincel.batches.image_cache import ImageCache
from pincel.batches.messages import Job, MachineOptions, Progress
from pincel.batches.resources import local_executor, split_resources
from pincel.batches.runner import JobRunner
from pincel.errors import DeviceError, OptionError
from pincel.executors.processes import ProcessExecutor
from pincel.executors.serial import SerialExecutor
from tests.batches.stand_in import picture

SETTINGS: dict[str, Any] = {"size": 48, "steps": 2, "scales": "1/2=1", "optimizer": "adam"}


@pytest.fixture
def job(photographs: list[Path], tmp_path: Path) -> Job:
    """Return a job of photographs."""
    content, style, _ = photographs
    return Job("out.png", str(content), ((str(style), 1.0),), str(tmp_path / "deep" / "out.png"), SETTINGS)


@pytest.fixture(scope="module")
def runner() -> JobRunner:
    """Return one that is warm after the first test."""
    return JobRunner(MachineOptions(precision="fp32"))


def test_a_job_is_painted_as_transfer_paints_it(job: Job, runner: JobRunner, tmp_path: Path) -> None:
    told: list[Progress] = []
    result = runner.run(job, told.append)
    alone = pincel.transfer(job.content, [(job.styles[0][0], 1.0)], precision="fp32", **SETTINGS)
    alone.save(tmp_path / "alone.png")
    assert Path(job.output).read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert (result.name, result.state, result.message, result.worker) == ("out.png", "done", "", "here")
    assert result.files == (job.output, str(Path(job.output).with_suffix(".json")))
    with Image.open(job.output) as image:
        assert result.size == image.size
    assert result.total == alone.record["saved"]["total"]
    assert 0 < result.prepared < result.seconds
    assert told[-1].step == told[-1].steps == result.steps
    assert result.steps == sum(scale["steps"] for scale in alone.record["scales"])


def test_progress_goes_through_all_scales(job: Job, runner: JobRunner) -> None:
    told: list[Progress] = []
    assert runner.run(job, told.append).state == "done"
    # Of this small picture one scale is left.
    assert [(each.step, each.steps) for each in told] == [(0, 0), (0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"content": "none.jpg"}, "none.jpg"),
        ({"settings": {**SETTINGS, "size": 8}}, "Try a larger --size"),
        ({"settings": {**SETTINGS, "style_layers": "relu9_1"}}, "Unknown style layer"),
    ],
)
def test_what_cannot_be_painted_is_told_and_no_exception(job: Job, runner: JobRunner, change: dict[str, Any], message: str) -> None:
    result = runner.run(replace(job, **change))
    assert (result.state, result.files) == ("failed", ())
    assert message in result.message
    assert "\n" not in result.message
    assert not Path(job.output).exists()


def test_a_fault_of_ours_does_not_end_the_batch(job: Job, runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(module, "Run", fail)
    assert runner.run(job).message == "RuntimeError: two lines"


def test_a_picture_that_is_left_is_not_kept(job: Job, runner: JobRunner) -> None:
    told: list[Progress] = []
    result = runner.run(job, told.append, stop=lambda: told[-1].steps > 0)
    assert (result.state, result.files) == ("stopped", ())
    assert not Path(job.output).exists()


def test_a_picture_that_is_whole_when_the_end_is_asked_for_is_kept(job: Job, runner: JobRunner) -> None:
    told: list[Progress] = []
    assert runner.run(job, told.append, stop=lambda: told[-1].step == told[-1].steps > 0).state == "done"


def test_who_runs_jobs_here() -> None:
    machine = MachineOptions(threads=4)
    assert isinstance(local_executor(1, machine), SerialExecutor)
    several = local_executor(2, machine)
    assert isinstance(several, ProcessExecutor)
    several.close()


def test_an_outcome_of_a_run_without_memory(job: Job) -> None:
    result = module._unfinished(job, "out of memory")
    assert (result.state, result.message) == ("failed", "Out of memory; try a smaller size, or fewer workers at a time.")


def test_pictures_are_read_once_while_they_are_the_same(tmp_path: Path) -> None:
    first, second = picture(tmp_path / "a.png"), picture(tmp_path / "b.png")
    decoded = ImageCache(capacity=2 * 3 * 4 * 40 * 30)
    kept = decoded.open(str(first), "content")
    assert decoded.open(str(first), "content") is kept
    os.utime(first, ns=(1, 1))
    fresh = decoded.open(str(first), "content")
    assert fresh is not kept
    decoded.open(str(second), "content")
    decoded.open("sample:glass", "style")
    # There was no room for all.
    assert decoded.open(str(first), "content") is not fresh


def test_how_much_work_jobs_are(job: Job, runner: JobRunner, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"bad")
    wide = picture(tmp_path / "wide.png", size=(64, 64))
    settings = {**SETTINGS, "size": 160, "steps": 40, "scales": "none"}
    jobs = [
        replace(job, name="wide", content=str(wide), settings=settings),
        replace(job, name="in scales", content=str(wide), settings={**settings, "scales": "1/2=2"}),
        replace(job, name="half", content="blank:160x80", settings=settings),
        replace(job, name="bad", content=str(bad)),
    ]
    found = costs(jobs)
    # Targets are measured at each scale, and the picture as saved is evaluated once more.
    assert found["in scales"] == pytest.approx(1.5 * found["wide"], rel=0.03)
    assert found["half"] == pytest.approx(found["wide"] / 2, rel=0.03)
    assert found["bad"] == found["wide"]
    assert runner.run(replace(jobs[0], settings={**settings, "size": 48, "steps": 2})).state == "done"
    seconds = expected_seconds(jobs, MachineOptions(precision="fp32"))
    assert list(seconds) == [each.name for each in jobs]
    if seconds["wide"] is not None:
        assert seconds["in scales"] == pytest.approx(seconds["wide"] * found["in scales"] / found["wide"])


def test_workers_share_a_machine() -> None:
    machine = MachineOptions(memory="6G", threads=4)
    assert split_resources(machine, 1) == machine
    assert split_resources(machine, 3) == MachineOptions(memory=str(2 * 10**9), threads=1)
    assert int(split_resources(MachineOptions(), 2).memory or "") > 0
    with pytest.raises(OptionError, match="workers"):
        split_resources(machine, 0)
    with pytest.raises(DeviceError):
        split_resources(MachineOptions(device="cuda:99"), 1)
    with pytest.raises(OptionError, match="Memory is given as"):
        split_resources(MachineOptions(memory="much"), 1)
