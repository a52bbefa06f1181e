"""How fast a machine is: by its last run, or by what its convolutions promise."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pincel.engine.events import Step
from pincel.engine.precision import Precision
from pincel.engine.speeds import keep_speeds, known_speeds
from pincel.engine.throughput import STEP_FRACTION, ThroughputMeter, throughput

CPU = torch.device("cpu")
WINOGRAD = Precision("fp32", "winograd")


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def silent(text: str) -> None:
    raise AssertionError(text)


def step(number: int, seconds: float, scale: tuple[int, int] = (30, 40)) -> Step:
    return Step(number, 10, scale, 1.0, seconds, 0, lambda: torch.zeros(0), dict)


def watched(*steps: Step) -> None:
    meter = ThroughputMeter(CPU, WINOGRAD)
    for each in steps:
        meter.add(each)
    meter.keep(lambda size: 1000.0 * size[0] * size[1], silent)


def test_nothing_is_known_at_first() -> None:
    assert throughput(CPU, WINOGRAD) is None


def test_convolutions_promise_it() -> None:
    keep_speeds(CPU, {"fp32 (Winograd)": 0.5}, silent)
    # 256 channels at 64², 512 at 32², there and back.
    assert throughput(CPU, WINOGRAD) == STEP_FRACTION * 2 * 9 * (256**2 * 64**2 + 512**2 * 32**2) / 0.5
    assert throughput(CPU, Precision("fp32")) is None


def test_a_run_knows_better() -> None:
    keep_speeds(CPU, {"fp32 (Winograd)": 0.5}, silent)
    watched(step(0, 5.0), step(1, 7.0), step(4, 13.0))
    assert throughput(CPU, WINOGRAD) == 4 * 1000 * 30 * 40 / 8
    assert known_speeds(CPU)["fp32 (Winograd)"] == 0.5


def test_only_the_last_scale_counts() -> None:
    watched(step(0, 0.0, (3, 4)), step(9, 100.0, (3, 4)), step(0, 101.0), step(3, 107.0))
    assert throughput(CPU, WINOGRAD) == 3 * 1000 * 30 * 40 / 6


@pytest.mark.parametrize("steps", [[], [step(0, 1.0)], [step(0, 1.0), step(2, 9.0)], [step(0, 1.0), step(9, 1.9)]], ids=len)
def test_too_little_to_go_by(steps: list[Step]) -> None:
    watched(*steps)
    assert throughput(CPU, WINOGRAD) is None


def test_a_pace_that_hardly_changed_is_not_written_again() -> None:
    watched(step(0, 0.0), step(4, 8.0))
    first = throughput(CPU, WINOGRAD)
    watched(step(0, 0.0), step(4, 8.4))
    assert throughput(CPU, WINOGRAD) == first
    watched(step(0, 0.0), step(4, 16.0))
    assert throughput(CPU, WINOGRAD) == pytest.approx(0.5 * (first or 0))
