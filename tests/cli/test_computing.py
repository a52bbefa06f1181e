"""A busy machine is noticed and said, and threads are as many as there are free cores."""

from __future__ import annotations

import os

import pytest
import torch

from pincel.cli import computing, start
from pincel.host import CoreUse, cores_of_others

Capture = pytest.CaptureFixture[str]


def test_cores_of_others_are_what_is_busy_and_not_our_own() -> None:
    before = CoreUse(clock=10.0, busy=100.0, own=5.0)
    assert cores_of_others(before, CoreUse(clock=12.0, busy=104.0, own=6.0)) == 1.5
    assert cores_of_others(before, CoreUse(clock=12.0, busy=101.0, own=7.0)) == 0.0
    assert cores_of_others(before, before) == 0.0


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let torch have two threads, and take note of those that are chosen."""
    chosen: list[int] = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    monkeypatch.setattr(computing, "SHORTEST", 0.0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return chosen


@pytest.mark.parametrize(
    ("others", "threads", "message"), [(2.0, 1, "uses 1 of 2 threads; set OMP_"), (1.2, 1, "uses 1 of 2"), (0.45, 2, "uses 2 of 2")]
)
def test_a_busy_machine(
    others: float, threads: int, message: str, two_threads: list[int], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computing, "cores_of_others", lambda _before, _now: others)
    computing.begin_computing()
    assert two_threads == [threads]
    assert message in capsys.readouterr().err


def test_a_machine_of_our_own(two_threads: list[int], capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "cores_of_others", lambda _before, _now: 0.1)
    computing.begin_computing()
    assert two_threads == []
    assert capsys.readouterr().err == ""


def test_the_user_goes_before(two_threads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "cores_of_others", lambda _before, _now: 2.0)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    computing.begin_computing()
    assert two_threads == []


@pytest.mark.parametrize(("given", "expected"), [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)])
def test_threads_that_wait_sleep_soon(given: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    start._prepare_environment()
    assert os.environ.get("GOMP_SPINCOUNT") == expected
