"""What an executor is: it has tasks done by workers, and reports their messages and results as events. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


@dataclass(frozen=True)
class Update(Generic[T]):
    """A message that a worker gave to its ``emit`` while it did a task."""

    task: T
    message: Any


@dataclass(frozen=True)
class Completed(Generic[T]):
    """A task is done; the result is what the worker returned."""

    task: T
    result: Any


@dataclass(frozen=True)
class Failed(Generic[T]):
    """A task will not be done: its worker raised an error, or was lost several times.

    Attributes:
        task: The task.
        reason: In one line, without a full stop.
        tries: How many workers began it.
        worker: Name of the last of them.
    """

    task: T
    reason: str
    tries: int = 1
    worker: str = ""


ExecutorEvent: TypeAlias = Update[T] | Completed[T] | Failed[T]
# Whether to stop early; called repeatedly.
Stop: TypeAlias = Callable[[], bool]


def never_stop() -> bool:
    """Return False."""
    return False


class StopFlag:
    """Whether to stop, and why; may be set and read from any thread or signal handler."""

    def __init__(self) -> None:
        self.reason = ""

    def stop(self, reason: str = "stopped") -> None:
        """Set the flag; the first reason counts."""
        self.reason = self.reason or reason

    def __call__(self) -> bool:
        """Return whether to stop."""
        return bool(self.reason)


class Worker(Protocol[T_contra]):
    """Does one task after another, and keeps between them what the next can use."""

    def run(self, task: T_contra, emit: Callable[[Any], None], stop: Stop) -> Any:
        """Do a task and return its result.

        Args:
            task: The task.
            emit: Called with messages on the way.
            stop: Called repeatedly; where it returns True, the worker returns early.
        """


# Name of a worker → the worker, made in the process where it works; the function is sent there.
MakeWorker: TypeAlias = Callable[[str], Worker[T]]


class Executor(Protocol[T]):
    """Has tasks done by workers. Each task begun ends in one event, :class:`Completed` or :class:`Failed`."""

    def run(self, tasks: Sequence[T], emit: Callable[[ExecutorEvent[T]], None], stop: Stop = never_stop) -> None:
        """Have all tasks done, in any order.

        Args:
            tasks: The tasks.
            emit: Called with messages and results as they come, in the thread of the caller.
            stop: Called repeatedly; where it returns True, workers stop early and no other task is begun.
        """

    def close(self) -> None:
        """End processes and release what workers keep."""
