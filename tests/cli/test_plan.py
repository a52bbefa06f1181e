"""What ``pincel plan`` says, and what is said before a run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pincel.cli.plan import plan_summary
from pincel.progress import duration
from pincel.run.machine import Machine
from tests.cli.run import pincel, process, refused
from tests.runs import make_run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def pair(photographs: list[Path]) -> tuple[Path, Path]:
    return photographs[0], photographs[1]


def test_the_plan_of_a_ladder(capsys: Capture, pair: tuple[Path, Path]) -> None:
    answer = pincel(capsys, "plan", *pair, "--size", "512", "--steps", "8", "--scales", "1/4=2,1/2=0.5")
    assert answer.code == 0, answer.err
    header, *rows = answer.out.splitlines()
    assert header.split() == ["size", "steps", "tiles", "memory", "time"]
    assert [row.split()[:3] for row in rows[:3]] == [["128×128", "16", "whole"], ["256×256", "4", "whole"], ["512×512", "8", "whole"]]
    assert rows[-1].startswith("512×512 takes about ")


def test_a_budget_makes_tiles(pair: tuple[Path, Path]) -> None:
    # In a process of its own: that of the tests has memory in use.
    out, errors = process("plan", *pair, "--size", "2048", "--steps", "2", "--scales", "none", "--memory", "3GiB", "--json").communicate()
    assert out, errors
    plan = json.loads(out)
    assert plan["memory"] < 3 * 2**30
    assert plan["scales"][0]["tiles"].startswith("pool")
    assert plan["size"] == [2048, 2048]


def test_plan_and_record_agree(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    given = ("--size", "300", "--steps", "1", "--scales", "none", "--tiles", "pool2=256,rest=256")
    strip = tmp_path / "strip.png"
    Image.open(pair[0]).crop((0, 30, 96, 54)).save(strip)
    plan = json.loads(pincel(capsys, "plan", strip, pair[1], *given, "--json").out)
    assert pincel(capsys, "transfer", strip, pair[1], *given, "-o", tmp_path / "out.png").code == 0
    record = json.loads((tmp_path / "out.json").read_text())
    assert plan["scales"][0]["tiles"] == record["tiles"]
    assert plan["size"] == record["size"]
    # The process of the tests has seen larger pictures; it is bounded from one side only.
    assert 0 < plan["memory"] < 20 * 2**30


@pytest.mark.parametrize("seconds", [None, 30.0, 5000.0])
def test_long_runs_are_announced_scale_by_scale(seconds: float | None, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Machine, "seconds_for", lambda *_: seconds)
    lines = plan_summary(make_run(*pair, size=128, steps=3, scales="1/2=1", precision="fp32"))
    assert lines[0].startswith("Painting on cpu in fp32")
    assert lines[0].endswith(f" and {duration(seconds)}.")
    assert len(lines) == (3 if seconds == 5000 else 1)
    if seconds == 5000:
        assert re.fullmatch(r"  64×64: 3 steps, tiles whole, \d+\.\d GiB, 83 min", lines[1])


def test_memory_that_cannot_be_read(capsys: Capture, pair: tuple[Path, Path]) -> None:
    assert "Memory is given as 6G" in refused(pincel(capsys, "plan", *pair, "--memory", "lots"))


@pytest.mark.parametrize(("seconds", "text"), [(3.2, "3 s"), (99.4, "99 s"), (200, "3 min"), (5999, "100 min"), (36000, "10.0 h")])
def test_durations_are_those_people_say(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("tiles", "share", "tight"), [("pool2=64", 0.9, True), ("pool2=64", 0.1, False), ("whole", 0.9, False)])
def test_memory_is_short_when_tiles_take_most_of_it(
    tiles: str, share: float, tight: bool, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_run(*pair, size=96, steps=1, scales="none", precision="fp32", tiles=tiles).plan
    assert replace(plan, budget=round(plan.memory / share)).memory_constrained is tight
