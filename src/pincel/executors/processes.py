"""Tasks done in several processes of this machine. Loads no torch: that is for each process to do.

A pool of :mod:`concurrent.futures` gives up all tasks when one process dies, and neither passes on how far a task is nor has one left
midway; Ray, which does, is a cluster of its own and an optional library (:mod:`pincel.cluster`).
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from pincel.errors import WorkerError
from pincel.executors.protocol import Completed, ExecutorEvent, Failed, MakeWorker, Stop, Update, Worker, never_stop
from pincel.files import one_line

T = TypeVar("T")
# Of a task whose process dies: it may have been the machine's fault once.
TRIES = 2
# Seconds between two looks at whether the end was asked for.
TICK = 0.2
# Seconds a process is given to end by itself.
PATIENCE = 5.0
# What a process sends with a message: it is of a task under way, its result, or why it failed.
UPDATE, RESULT, FAILURE = "update", "result", "failure"


class ProcessExecutor(Generic[T]):
    """Has tasks done in several processes of this machine, each with a worker of its own.

    They are started as fresh programs: a script that uses them must do so under ``if __name__ == "__main__":``. One that dies is replaced,
    and its task given to another, once.

    Args:
        count: How many at most.
        make: Makes the worker of a process.

    Raises:
        WorkerError: In :meth:`run`, if a process dies before it has begun anything: the next would, too.
    """

    def __init__(self, count: int, make: MakeWorker[T]) -> None:
        self._count, self._make = count, make
        self._processes: list[_Process[T]] = []

    def run(self, tasks: Sequence[T], tell: Callable[[ExecutorEvent[T]], None], stop: Stop = never_stop) -> None:
        """Have all tasks done; each process has one at a time. See :class:`pincel.executors.protocol.Executor`."""
        waiting = deque((task, 1) for task in tasks)
        while True:
            stopping = stop()
            if stopping:
                waiting.clear()
                for process in self._processes:
                    process.stop_task()
            else:
                self._hand_out(waiting)
            busy = [process for process in self._processes if process.task is not None]
            if not busy:
                return
            ready = wait([process.line for process in busy], timeout=TICK)
            for process in (process for process in busy if process.line in ready):
                event = process.receive()
                if event is None:
                    event = self._replaced(process, waiting, stopping=stopping)
                if event is not None:
                    tell(event)

    def close(self) -> None:
        """End all processes."""
        for process in self._processes:
            process.send(None)
        for process in self._processes:
            process.end(PATIENCE)
        self._processes = []

    def _hand_out(self, waiting: deque[tuple[T, int]]) -> None:
        """Give a task to each process that has none, and start those that are missing."""
        missing = min(self._count, len(waiting) + sum(each.task is not None for each in self._processes)) - len(self._processes)
        taken = {process.number for process in self._processes}
        free = [number for number in range(1, self._count + 1) if number not in taken]
        self._processes += [_Process(number, self._make) for number in free[: max(0, missing)]]
        for process in self._processes:
            if process.task is None and waiting:
                process.begin(*waiting.popleft())

    def _replaced(self, process: _Process[T], waiting: deque[tuple[T, int]], *, stopping: bool) -> Failed[T] | None:
        """Remove a process that died; return that its task failed, unless it is tried again."""
        self._processes.remove(process)
        process.end(PATIENCE)
        assert process.task is not None
        code = process.exit_code
        if not (process.begun or stopping):
            failed = f"workers: a process ended before it began (exit code {code})"
            hint = "in a script, work under 'if __name__ == \"__main__\":'; on the command line, fewer workers"
            raise WorkerError(one_line(failed, f"{self._count} workers", "as many as the memory has room for", hint))
        if process.tries < TRIES and not stopping:
            waiting.appendleft((process.task, process.tries + 1))
            return None
        ended = f"its process ended {process.tries} times (exit code {code})"
        reason = f"{ended}; was there too little memory? Try fewer workers, or a smaller size"
        return Failed(process.task, reason, process.tries, process.name)


class _Process(Generic[T]):
    """A process that works, the line to it, and the task it is at."""

    def __init__(self, number: int, make: MakeWorker[T]) -> None:
        context = multiprocessing.get_context("spawn")
        self.number, self.name = number, f"worker {number}"
        self.line, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(theirs, self.name, make), daemon=True, name=f"pincel {self.name}")
        self._process.start()
        # Theirs alone, so that the line breaks when they do.
        theirs.close()
        self.task: T | None = None
        self.tries = 0
        self.begun = False
        self._stopped = False

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode

    def begin(self, task: T, tries: int) -> None:
        """Give it a task."""
        self.task, self.tries = task, tries
        self.send(task)

    def receive(self) -> ExecutorEvent[T] | None:
        """Return what it says; None if it is dead."""
        assert self.task is not None
        try:
            kind, content = self.line.recv()
        except (EOFError, OSError):
            return None
        self.begun, task = True, self.task
        if kind == UPDATE:
            return Update(task, content)
        self.task = None
        return Completed(task, content) if kind == RESULT else Failed(task, content, self.tries, self.name)

    def stop_task(self) -> None:
        """Have it leave its task; it is told so once."""
        if self.task is not None and not self._stopped:
            self._stopped = True
            self.send(None)

    def end(self, patience: float) -> None:
        """Wait a while for its end, then end it."""
        self._process.join(patience)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(PATIENCE)
        self.line.close()

    def send(self, task: T | None) -> None:
        """Send a task, or that there is none any more."""
        try:
            self.line.send(task)
        except (BrokenPipeError, ConnectionError):
            # It is dead, which shows when it is listened to.
            return


def _work(line: Connection, name: str, make: MakeWorker[Any]) -> None:
    """Do the tasks that come along the line until it says None, or breaks."""
    # Ctrl-C reaches all processes of a terminal; whoever gave the task decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = make(name)
    try:
        while (task := line.recv()) is not None:
            line.send(_done(worker, task, line))
    except (EOFError, OSError):
        # Whoever gave the tasks is gone.
        return


def _done(worker: Worker[Any], task: Any, line: Connection) -> tuple[str, Any]:
    """Do a task; return its result, or why it failed."""
    try:
        return RESULT, worker.run(task, lambda message: line.send((UPDATE, message)), line.poll)
    except (EOFError, ConnectionError):
        # Of the line.
        raise
    except Exception as error:
        return FAILURE, " ".join(f"{type(error).__name__}: {error}".split())
