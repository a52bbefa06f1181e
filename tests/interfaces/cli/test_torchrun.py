"""``torchrun -m pincel``: one picture by several processes, and what becomes of it when one of them dies."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pincel.cli.distributed import Rank, rank_of
from pincel.engine.checkpoint import find_checkpoint
from tests.cli.run import pincel
from tests.processes import Forked
from tests.runs import resumed
from tests.torchrun import ITS_OWN, alive, ranks, run, start

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes through /proc"),
]
Capture = pytest.CaptureFixture[str]
SAMPLES = ("transfer", "sample:harbour", "sample:impasto", "--size", "96", "--precision", "fp32", "--device", "cpu")
ADAM = ("--recipe", "gram", "--optimizer", "adam", "--canvas", "pixels", "--steps", "3", "--scales", "none")


def said(errors: str) -> list[str]:
    """Return the lines that are ours."""
    lines = errors.partition("Traceback (most recent call last)")[0].splitlines()
    return [line for line in lines if line.strip() and not line.startswith(ITS_OWN)]


def pixels(path: Path) -> Any:
    return np.asarray(Image.open(path)).astype(int)


def record(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    return read


def running_long(tmp_path: Path, processes: int, ladder: str = "none") -> tuple[Forked, dict[int, int]]:
    """Start a run that would take minutes, and return it after a few steps."""
    kept = ("--checkpoint", tmp_path / "kept", "--checkpoint-every", "1000")
    line = (*SAMPLES, "--size", "128", "--scales", ladder, "--steps", "2000", "--json", "-o", tmp_path / "out.png", *kept)
    running = start(processes, "pincel", *line)
    assert running.stdout is not None
    for text in running.stdout:
        if json.loads(text).get("step") == 3:
            return running, ranks(running.pid)
    raise AssertionError(running.communicate()[1])


def ended(running: Forked, members: Mapping[int, int]) -> str:
    """Wait for the end of all, and return what was said."""
    try:
        _, errors = running.communicate(timeout=60)
    finally:
        running.kill()
    # Nobody is left who works for nothing.
    deadline = time.monotonic() + 10
    while any(alive(process) for process in members.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(alive(process) for process in members.values())
    return errors


def test_two_paint_what_one_paints(tmp_path: Path, capsys: Capture) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert pincel(capsys, *SAMPLES, *ADAM, "-o", one).code == 0
    done = run(2, "pincel", *SAMPLES, *ADAM, "-o", two)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(two), str(two.with_suffix(".json"))]
    assert "Painting on cpu in fp32" in " ".join(done.stderr.split())
    assert ", 2 processes;" in " ".join(done.stderr.split())
    # Nobody but process 0 says anything.
    assert done.stderr.count("step 3/3") == 1
    assert np.abs(pixels(one) - pixels(two)).max() <= 1
    for alone, shared in zip(record(one)["losses"], record(two)["losses"], strict=True):
        assert shared["total"] == pytest.approx(alone["total"], rel=1e-5)
    assert (record(one)["processes"], record(two)["processes"]) == (1, 2)
    assert record(two)["tiles"].endswith("rest=1x2,tight,keep")


@pytest.mark.slow
def test_resumed_by_as_many_the_bytes_are_the_same(tmp_path: Path) -> None:
    out, kept = tmp_path / "out.png", tmp_path / "kept"
    # A ladder, the default optimizer and canvas, and one part with less tiles than processes.
    line = (*SAMPLES, "--size", "128", "--scales", "1/2=1", "--steps", "3", "--tiles", "pool2=48,rest=128", "-o", out)
    done = run(2, "pincel", *line, "--checkpoint", kept, "--checkpoint-every", "1e-9")
    assert done.returncode == 0, done.stderr
    expected = (out.read_bytes(), record(out)["losses"])
    out.unlink()
    assert find_checkpoint(kept).values()["loop"].loop.step in (2, 3)
    again = run(2, "pincel", "resume", kept)
    assert again.returncode == 0, again.stderr
    assert (out.read_bytes(), record(out)["losses"]) == expected
    assert "may differ" not in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("transfer", "a.png", "b.png", "--nonsense"), "No such option", marks=pytest.mark.slow),
        (("transfer", "nowhere.png", "sample:impasto", "-o", "{0}/x.png"), "no such file"),
    ],
)
def test_a_mistake_is_told_once_and_at_once(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = run(2, "pincel", *(text.replace("{0}", str(tmp_path)) for text in arguments), seconds=60)
    assert done.returncode == 1  # torchrun's own; each process ends with 2
    (line,) = said(done.stderr)
    assert message in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_help_ends_everybody() -> None:
    done = run(2, "pincel", "resume", "--help", seconds=60)
    assert done.returncode == 0
    assert done.stdout.count("Usage:") == 1


def test_a_worker_that_dies_ends_the_run_with_a_checkpoint(tmp_path: Path, capsys: Capture) -> None:
    running, members = running_long(tmp_path, 2)
    assert sorted(members) == [0, 1]
    os.kill(members[1], signal.SIGKILL)
    errors = ended(running, members)
    (line,) = (text for text in said(errors) if text.startswith("pincel: "))
    assert "Another process of this run has died" in line
    assert f"The best picture so far was kept as {tmp_path / 'out.png'}" in line
    assert f"pincel resume {tmp_path / 'kept'}" in line
    assert "exitcode  : 2 " in errors
    cut = record(tmp_path / "out.png")
    assert cut["stopped"] == "worker lost"
    assert cut["saved"]["total"] > 0
    loop = find_checkpoint(tmp_path / "kept").values()["loop"].loop
    assert loop.step == cut["steps"] + 1
    # One process can go on with it, and tells no step twice.
    from pincel.engine.events import Notice, Step

    again = resumed(tmp_path / "kept")
    told = []
    for event in again:
        told.append(event)
        if isinstance(event, Step) and event.step == loop.step + 1:
            again.stop()
    assert any("processes 2 before, 1 now" in event.text for event in told if isinstance(event, Notice))
    assert [loss["step"] for loss in again.result.losses] == list(range(loop.step + 2))


@pytest.mark.slow
def test_without_process_0_nobody_goes_on(tmp_path: Path) -> None:
    running, members = running_long(tmp_path, 2)
    os.kill(members[0], signal.SIGKILL)
    errors = ended(running, members)
    assert "exitcode  : -9" in errors
    assert not (tmp_path / "out.png").exists()


def test_ctrl_c_keeps_the_picture(tmp_path: Path) -> None:
    # In a coarse scale: together they still measure the picture at full size.
    running, members = running_long(tmp_path, 2, "1/2=1")
    # As torchrun passes it on, and as a terminal might.
    for process in (*members.values(), running.pid):
        os.kill(process, signal.SIGINT)
    errors = ended(running, members)
    assert f"To go on with this run: pincel resume {tmp_path / 'kept'}" in " ".join(errors.split())
    cut = record(tmp_path / "out.png")
    assert (cut["stopped"], len(cut["scales"])) == ("interrupted", 1)
    assert cut["saved"]["total"] > 0
    assert not any(text.startswith("pincel: ") for text in said(errors))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "x"}, None),
        ({"RANK": "1", "WORLD_SIZE": "4"}, None),
        ({"RANK": "one", "WORLD_SIZE": "4", "MASTER_ADDR": "x"}, None),
        ({"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "x"}, Rank(3, 4, 1)),
        ({"RANK": "3", "WORLD_SIZE": "4", "MASTER_ADDR": "x"}, Rank(3, 4, 0)),
    ],
)
def test_torchrun_is_known_by_its_environment(environment: dict[str, str], expected: Rank | None) -> None:
    assert rank_of(environment) == expected
