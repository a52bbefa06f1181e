"""Tasks done in this process. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pincel.executors.protocol import Completed, ExecutorEvent, Stop, Update, Worker, never_stop

T = TypeVar("T")


class SerialExecutor(Generic[T]):
    """Has tasks done in this process, one after another and in order. What its worker raises, :meth:`run` raises.

    Args:
        worker: Does them.
    """

    def __init__(self, worker: Worker[T]) -> None:
        self._worker = worker

    def run(self, tasks: Sequence[T], emit: Callable[[ExecutorEvent[T]], None], stop: Stop = never_stop) -> None:
        """Have all tasks done; see :class:`pincel.executors.protocol.Executor`."""
        for task in tasks:
            if stop():
                return

            def update(message: object, task: T = task) -> None:
                emit(Update(task, message))

            emit(Completed(task, self._worker.run(task, update, stop)))

    def close(self) -> None:
        """Do nothing."""
