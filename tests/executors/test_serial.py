"""Tasks in this process: in order, until the end is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pincel.executors.protocol import Completed, ExecutorEvent, Stop, StopFlag, Update
from pincel.executors.serial import SerialExecutor


class Doubling:
    """Says a number and returns its double; raises for one below 0."""

    def run(self, task: int, emit: Callable[[int], None], stop: Stop) -> int:
        if task < 0:
            raise ValueError("it is below 0")
        emit(task)
        return 0 if stop() else 2 * task


def test_tasks_come_back_in_order() -> None:
    told: list[ExecutorEvent[int]] = []
    SerialExecutor(Doubling()).run([1, 2], told.append)
    assert told == [Update(1, 1), Completed(1, 2), Update(2, 2), Completed(2, 4)]


def test_nothing_more_is_begun_once_the_end_is_asked_for() -> None:
    told: list[ExecutorEvent[int]] = []
    flag = StopFlag()

    def emit(event: ExecutorEvent[int]) -> None:
        told.append(event)
        flag.stop("interrupted")
        flag.stop("later")

    SerialExecutor(Doubling()).run([1, 2], emit, flag)
    assert told == [Update(1, 1), Completed(1, 0)]
    assert flag.reason == "interrupted"


def test_what_a_worker_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="below 0"):
        SerialExecutor(Doubling()).run([-1], lambda _: None)
