"""``pincel resume`` after a process was interrupted or killed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from pincel.engine.checkpoint import checkpoint_files, find_checkpoint
from tests.cli.run import pincel, process
from tests.cli.test_resume import OFTEN

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def pair(photographs: list[Path]) -> tuple[Path, Path]:
    return photographs[0], photographs[1]


def test_ctrl_c_leaves_an_up_to_date_one_and_says_how_to_go_on(pair: tuple[Path, Path], tmp_path: Path, capsys: Capture) -> None:
    out, kept = tmp_path / "out.png", tmp_path / "out.png.checkpoint"
    code = "import pincel.engine.checkpoint_manager as k\nk.LONG = 0.0"
    running = process("transfer", *pair, "-o", out, "--size", "48", "--steps", "60", "--json", "--device", "cpu", code=code)
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line).get("step") == 4:
            os.kill(running.pid, signal.SIGINT)
            break
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130, errors
    assert f"To go on with this run: pincel resume {kept}" in " ".join(errors.split())
    cut = json.loads(out.with_suffix(".json").read_text())
    assert find_checkpoint(kept).values()["loop"].loop.step == cut["steps"] < 60
    answer = pincel(capsys, "resume", kept)
    assert answer.code == 0, answer.err
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["steps"] == 60
    assert [loss["step"] for loss in record["losses"]] == list(range(61))
    assert record["losses"][: len(cut["losses"])] == cut["losses"]
    assert not kept.exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal there")
def test_killed_at_any_moment_the_bytes_are_the_same(pair: tuple[Path, Path], tmp_path: Path, capsys: Capture) -> None:
    whole, out, kept = tmp_path / "whole.png", tmp_path / "out.png", tmp_path / "kept"
    options = ("--size", "128", "--scales", "1/2=2", "--steps", "8", "--precision", "fp32", "--device", "cpu")
    assert pincel(capsys, "transfer", *pair, "-o", whole, *options).code == 0
    expected = json.loads(whole.with_suffix(".json").read_text())
    line = ("transfer", *pair, "-o", out, *options, "--checkpoint", kept, *OFTEN, "--quiet")
    for turn in range(2):
        before = checkpoint_files(kept)
        running = process(*(("resume", kept, "--quiet") if turn else line))
        # Only a run that has got further is worth killing.
        while checkpoint_files(kept) == before and running.poll() is None:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.5 * expected["seconds"]))
        running.kill()
        running.communicate(timeout=60)
    answer = pincel(capsys, "resume", kept, "--quiet")
    assert (answer.code, answer.err) == (0, "")
    assert out.read_bytes() == whole.read_bytes()
    assert json.loads(out.with_suffix(".json").read_text())["losses"] == expected["losses"]
    # Nothing half written is left.
    assert len(list(kept.iterdir())) <= 2
