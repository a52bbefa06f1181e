"""What an executor is: it has tasks done by workers and tells what they say and what becomes of each. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


@dataclass(frozen=True)
class Update(Generic[T]):
    """What a worker says of the task it is at.

    Attributes:
        task: The task.
        message: Whatever the worker gave to its ``tell``.
    """

    task: T
    message: Any


@dataclass(frozen=True)
class Completed(Generic[T]):
    """A task is done.

    Attributes:
        task: The task.
        result: What the worker returned.
    """

    task: T
    result: Any


@dataclass(frozen=True)
class Failed(Generic[T]):
    """A task will not be done: its worker raised an error, or was lost several times.

    Attributes:
        task: The task.
        reason: In one line, without a full stop.
        tries: How many workers began it.
        worker: The last of them.
    """

    task: T
    reason: str
    tries: int = 1
    worker: str = ""


ExecutorEvent: TypeAlias = Update[T] | Completed[T] | Failed[T]
# Whether to end early; asked again and again.
Stop: TypeAlias = Callable[[], bool]


def never_stop() -> bool:
    """Return False."""
    return False


class StopFlag:
    """Whether the end was asked for, and why; may be set and read from any thread or signal handler."""

    def __init__(self) -> None:
        self.reason = ""

    def stop(self, reason: str = "stopped") -> None:
        """Ask for the end; the first reason counts."""
        self.reason = self.reason or reason

    def __call__(self) -> bool:
        """Tell whether the end was asked for."""
        return bool(self.reason)


class Worker(Protocol[T_contra]):
    """Does one task after the other, and keeps between them what the next has use for."""

    def run(self, task: T_contra, tell: Callable[[Any], None], stop: Stop) -> Any:
        """Do a task and return its result.

        Args:
            task: What to do.
            tell: Is given messages on the way.
            stop: Asked again and again; where it returns True, the worker returns early.
        """


# The name of a worker → the worker, made in the process it works in; it is sent there.
MakeWorker: TypeAlias = Callable[[str], Worker[T]]


class Executor(Protocol[T]):
    """Has tasks done by workers. Each task begun comes back once, as :class:`Completed` or :class:`Failed`."""

    def run(self, tasks: Sequence[T], tell: Callable[[ExecutorEvent[T]], None], stop: Stop = never_stop) -> None:
        """Have all tasks done, in no certain order.

        Args:
            tasks: What to do.
            tell: Is given what workers say and what becomes of each task, as it comes, in the thread of the caller.
            stop: Asked again and again; where it returns True, workers leave what they are at and no other task is begun.
        """

    def close(self) -> None:
        """End processes and let go of what workers kept."""
