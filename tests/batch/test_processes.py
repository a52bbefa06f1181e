"""Several processes that paint: none of their jobs is lost or done twice, whatever becomes of them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pincel.batch.hands import Processes
from pincel.batch.messages import Job, MachineOptions, Message, Outcome, Progress
from pincel.errors import WorkerError
from tests.batch.stand_in import OddPainter, unable


def job(name: str, content: str, tmp_path: Path) -> Job:
    return Job(name, content, (("sample:glass", 1.0),), str(tmp_path / name))


@pytest.fixture
def two() -> Iterator[Processes]:
    """Return two processes with odd painters; at the end there are none left."""
    hands = Processes(2, make=OddPainter)
    yield hands
    hands.close()
    assert [child for child in multiprocessing.active_children() if child.name.startswith("pincel")] == []


def outcomes(messages: list[Message]) -> dict[str, Outcome]:
    """Return what became of each job; there must be but one outcome of each."""
    found = [message for message in messages if isinstance(message, Outcome)]
    assert len({outcome.name for outcome in found}) == len(found)
    return {outcome.name: outcome for outcome in found}


def test_a_process_that_dies_is_replaced_and_its_job_tried_once_more(two: Processes, tmp_path: Path) -> None:
    contents = {"a.png": "plain", "b.png": "dies once", "c.png": "dies", "d.png": "plain", "e.png": "plain"}
    messages = list(two.outcomes([job(name, content, tmp_path) for name, content in contents.items()]))
    found = outcomes(messages)
    assert {name: outcome.state for name, outcome in found.items()} == {
        "a.png": "done",
        "b.png": "done",
        "c.png": "failed",
        "d.png": "done",
        "e.png": "done",
    }
    assert "The process that painted it ended 2 times (exit code -9)" in found["c.png"].message
    assert {message.worker for message in messages} == {"worker 1", "worker 2"}
    assert sum(isinstance(message, Progress) and message.name == "c.png" for message in messages) == 2


def test_what_is_under_way_is_left_when_the_end_is_asked_for(two: Processes, tmp_path: Path) -> None:
    messages = []
    for message in two.outcomes([job(f"{number}.png", "waits", tmp_path) for number in range(4)]):
        messages.append(message)
        if sum(isinstance(each, Progress) for each in messages) == 2:
            two.stop()
    # Those that were not begun have no outcome.
    assert {outcome.state for outcome in outcomes(messages).values()} == {"stopped"}
    assert len(outcomes(messages)) == 2


def test_processes_that_cannot_begin_are_told_once(tmp_path: Path) -> None:
    hands = Processes(2, make=unable)
    with pytest.raises(WorkerError, match=r"a process ended before it began \(exit code 3\) · given 2 workers"):
        list(hands.outcomes([job("a.png", "plain", tmp_path)]))
    hands.close()


def test_no_more_processes_than_jobs(tmp_path: Path) -> None:
    hands = Processes(3, make=OddPainter)
    assert list(hands.outcomes([])) == []
    list(hands.outcomes([job("a.png", "plain", tmp_path)]))
    assert len([child for child in multiprocessing.active_children() if child.name.startswith("pincel")]) == 1
    hands.close()


@pytest.mark.slow
def test_two_processes_paint_for_real(photographs: list[Path], tmp_path: Path) -> None:
    settings = {"size": 48, "steps": 2, "ladder": "none", "optimizer": "adam"}
    first = replace(job("a.png", str(photographs[0]), tmp_path), settings=settings)
    jobs = [first, *(replace(first, name=name, output=str(tmp_path / name)) for name in ("b.png", "c.png"))]
    hands = Processes(2, MachineOptions(precision="fp32", threads=1))
    found = outcomes(list(hands.outcomes([*jobs, replace(first, name="bad.png", content="none.jpg")])))
    hands.close()
    assert {name: outcome.state for name, outcome in found.items()} == {
        "a.png": "done",
        "b.png": "done",
        "c.png": "done",
        "bad.png": "failed",
    }
    assert len({Path(each.output).read_bytes() for each in jobs}) == 1
