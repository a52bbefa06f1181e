"""Several processes that work: none of their tasks is lost or done twice, whatever becomes of them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pincel.batches.messages import Job, MachineOptions, Progress
from pincel.batches.resources import MakeRunner
from pincel.errors import WorkerError
from pincel.executors.processes import ProcessExecutor
from pincel.executors.protocol import Completed, ExecutorEvent, Failed, Stop, StopFlag, Update, never_stop
from tests.batches.stand_in import OddRunner, unable


def job(name: str, content: str, tmp_path: Path) -> Job:
    return Job(name, content, (("sample:glass", 1.0),), str(tmp_path / name))


@pytest.fixture
def two() -> Iterator[ProcessExecutor[Job]]:
    """Return two processes with odd runners; at the end there are none left."""
    executor = ProcessExecutor(2, OddRunner)
    yield executor
    executor.close()
    assert [child for child in multiprocessing.active_children() if child.name.startswith("pincel")] == []


def events(executor: ProcessExecutor[Job], jobs: Sequence[Job], stop: Stop = never_stop) -> list[ExecutorEvent[Job]]:
    """Run jobs and return all events."""
    told: list[ExecutorEvent[Job]] = []
    executor.run(jobs, told.append, stop)
    return told


def ends(told: Sequence[ExecutorEvent[Job]]) -> dict[str, Completed[Job] | Failed[Job]]:
    """Return what became of each job; there must be but one end of each."""
    found = [event for event in told if not isinstance(event, Update)]
    assert len({event.task.name for event in found}) == len(found)
    return {event.task.name: event for event in found}


def states(found: dict[str, Completed[Job] | Failed[Job]]) -> dict[str, str]:
    return {name: event.result.state if isinstance(event, Completed) else "failed" for name, event in found.items()}


def test_a_process_that_dies_is_replaced_and_its_task_tried_once_more(two: ProcessExecutor[Job], tmp_path: Path) -> None:
    contents = {"a.png": "plain", "b.png": "dies once", "c.png": "dies", "d.png": "raises", "e.png": "plain"}
    told = events(two, [job(name, content, tmp_path) for name, content in contents.items()])
    found = ends(told)
    assert states(found) == {"a.png": "done", "b.png": "done", "c.png": "failed", "d.png": "failed", "e.png": "done"}
    lost, wrong = found["c.png"], found["d.png"]
    assert isinstance(lost, Failed)
    assert isinstance(wrong, Failed)
    assert (lost.tries, "its process ended 2 times (exit code -9)" in lost.reason) == (2, True)
    assert (wrong.tries, wrong.reason) == (1, "ValueError: two lines")
    said = [event.message for event in told if isinstance(event, Update)]
    assert {message.worker for message in said} == {"worker 1", "worker 2"}
    assert sum(isinstance(message, Progress) and message.name == "c.png" for message in said) == 2


def test_what_is_under_way_is_left_when_the_end_is_asked_for(two: ProcessExecutor[Job], tmp_path: Path) -> None:
    flag, told = StopFlag(), list[ExecutorEvent[Job]]()

    def emit(event: ExecutorEvent[Job]) -> None:
        told.append(event)
        if sum(isinstance(each, Update) for each in told) == 2:
            flag.stop()

    two.run([job(f"{number}.png", "waits", tmp_path) for number in range(4)], emit, flag)
    # Those that were not begun have no end.
    assert list(states(ends(told)).values()) == ["stopped", "stopped"]


def test_processes_that_cannot_begin_are_told_once(tmp_path: Path) -> None:
    executor = ProcessExecutor(2, unable)
    with pytest.raises(WorkerError, match=r"a process ended before it began \(exit code 3\) · given 2 workers"):
        events(executor, [job("a.png", "plain", tmp_path)])
    executor.close()


def test_no_more_processes_than_tasks(tmp_path: Path) -> None:
    executor = ProcessExecutor(3, OddRunner)
    assert events(executor, []) == []
    events(executor, [job("a.png", "plain", tmp_path)])
    assert len([child for child in multiprocessing.active_children() if child.name.startswith("pincel")]) == 1
    executor.close()


@pytest.mark.slow
def test_two_processes_paint_for_real(photographs: list[Path], tmp_path: Path) -> None:
    settings = {"size": 48, "steps": 2, "scales": "none", "optimizer": "adam"}
    first = replace(job("a.png", str(photographs[0]), tmp_path), settings=settings)
    jobs = [first, *(replace(first, name=name, output=str(tmp_path / name)) for name in ("b.png", "c.png"))]
    executor = ProcessExecutor(2, MakeRunner(MachineOptions(precision="fp32", threads=1)))
    found = states(ends(events(executor, [*jobs, replace(first, name="bad.png", content="none.jpg")])))
    executor.close()
    assert found == {"a.png": "done", "b.png": "done", "c.png": "done", "bad.png": "failed"}
    assert len({Path(each.output).read_bytes() for each in jobs}) == 1
