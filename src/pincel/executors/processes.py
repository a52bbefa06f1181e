"""Tasks done in several processes of this machine. Loads no torch; the processes do.

A pool of :mod:`concurrent.futures` gives up all tasks when one process dies, and has neither messages of tasks nor a way to stop one; Ray,
which has, is an optional library (:mod:`pincel.cluster`).
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from pincel.errors import WorkerError
from pincel.executors.protocol import Completed, ExecutorEvent, Failed, MakeWorker, Stop, Update, Worker, never_stop
from pincel.files import one_line

T = TypeVar("T")
# Of a task whose process dies: once, it may have been the machine's fault.
TRIES = 2
# Seconds between two calls of ``stop``.
INTERVAL = 0.2
# Seconds a process has to end by itself.
TIMEOUT = 5.0
# Kinds of messages: of a task in progress, its result, or why it failed.
UPDATE, RESULT, FAILURE = "update", "result", "failure"


class ProcessExecutor(Generic[T]):
    """Has tasks done in several processes of this machine, each with its own worker.

    They are started as fresh programs: a script that uses them must do so under ``if __name__ == "__main__":``. One that dies is replaced,
    and its task given to another, once.

    Args:
        count: Processes at most.
        make: Makes the worker of a process.

    Raises:
        WorkerError: In :meth:`run`, if a process dies before it has begun anything, as the next would too.
    """

    def __init__(self, count: int, make: MakeWorker[T]) -> None:
        self._count, self._make = count, make
        self._processes: list[_Process[T]] = []

    def run(self, tasks: Sequence[T], emit: Callable[[ExecutorEvent[T]], None], stop: Stop = never_stop) -> None:
        """Have all tasks done, one at a time in each process; see :class:`pincel.executors.protocol.Executor`."""
        waiting = deque((task, 1) for task in tasks)
        while True:
            stopping = stop()
            if stopping:
                waiting.clear()
                for process in self._processes:
                    process.stop_task()
            else:
                self._assign(waiting)
            busy = [process for process in self._processes if process.task is not None]
            if not busy:
                return
            ready = wait([process.connection for process in busy], timeout=INTERVAL)
            for process in (process for process in busy if process.connection in ready):
                event = process.receive()
                if event is None:
                    event = self._remove_dead(process, waiting, stopping=stopping)
                if event is not None:
                    emit(event)

    def close(self) -> None:
        """End all processes."""
        for process in self._processes:
            process.send(None)
        for process in self._processes:
            process.end()
        self._processes = []

    def _assign(self, waiting: deque[tuple[T, int]]) -> None:
        """Give a task to each idle process, and start missing ones."""
        missing = min(self._count, len(waiting) + sum(each.task is not None for each in self._processes)) - len(self._processes)
        taken = {process.number for process in self._processes}
        free = [number for number in range(1, self._count + 1) if number not in taken]
        self._processes += [_Process(number, self._make) for number in free[: max(0, missing)]]
        for process in self._processes:
            if process.task is None and waiting:
                process.begin(*waiting.popleft())

    def _remove_dead(self, process: _Process[T], waiting: deque[tuple[T, int]], *, stopping: bool) -> Failed[T] | None:
        """Remove a dead process; return the failure of its task, or None if that is tried again."""
        self._processes.remove(process)
        process.end()
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
    """A process with its connection and its present task."""

    def __init__(self, number: int, make: MakeWorker[T]) -> None:
        context = multiprocessing.get_context("spawn")
        self.number, self.name = number, f"worker {number}"
        self.connection, remote = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(remote, self.name, make), daemon=True, name=f"pincel {self.name}")
        self._process.start()
        # Closed here, so that the connection breaks when the process ends.
        remote.close()
        self.task: T | None = None
        self.tries = 0
        self.begun = False
        self._stopped = False

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode

    def begin(self, task: T, tries: int) -> None:
        """Send a task to the process."""
        self.task, self.tries = task, tries
        self.send(task)

    def receive(self) -> ExecutorEvent[T] | None:
        """Return the next event; None if the process is dead."""
        assert self.task is not None
        try:
            kind, content = self.connection.recv()
        except (EOFError, OSError):
            return None
        self.begun, task = True, self.task
        if kind == UPDATE:
            return Update(task, content)
        self.task = None
        return Completed(task, content) if kind == RESULT else Failed(task, content, self.tries, self.name)

    def stop_task(self) -> None:
        """Have the process stop its task; the request is sent once."""
        if self.task is not None and not self._stopped:
            self._stopped = True
            self.send(None)

    def end(self) -> None:
        """Wait for the process to end, and terminate it if it does not."""
        self._process.join(TIMEOUT)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(TIMEOUT)
        self.connection.close()

    def send(self, task: T | None) -> None:
        """Send a task, or None to stop."""
        # A dead process is noticed when its connection is read.
        with suppress(BrokenPipeError, ConnectionError):
            self.connection.send(task)


def _work(connection: Connection, name: str, make: MakeWorker[Any]) -> None:
    """Do the tasks that come through a connection until None comes, or it breaks."""
    # Ctrl-C reaches all processes of a terminal; only the one that gives the tasks reacts.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = make(name)
    # Where the other process is gone, this one ends.
    with suppress(EOFError, OSError):
        while (task := connection.recv()) is not None:
            connection.send(_run_task(worker, task, connection))


def _run_task(worker: Worker[Any], task: Any, connection: Connection) -> tuple[str, Any]:
    """Do a task; return its result, or why it failed."""
    try:
        return RESULT, worker.run(task, lambda message: connection.send((UPDATE, message)), connection.poll)
    except (EOFError, ConnectionError):
        # Errors of the connection.
        raise
    except Exception as error:
        return FAILURE, " ".join(f"{type(error).__name__}: {error}".split())
