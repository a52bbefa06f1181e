"""Several processes of this machine that paint. Loads no torch: that is for each process to do.

A pool of :mod:`concurrent.futures` gives up all jobs when one process dies, and neither hears how far a job is nor has one left midway;
Ray, which does, is a cluster of its own and an optional library (:mod:`pincel.cluster`).
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol, TypeAlias

from pincel.batch.messages import Job, MachineOptions, Message, Outcome, Progress
from pincel.errors import WorkerError
from pincel.files import one_line

# Of a job whose process dies: it may have been the machine's fault once.
TRIES = 2
# Seconds between two looks at whether the end was asked for.
GLANCE = 0.2
# Seconds a process is given to end by itself.
PATIENCE = 5.0


class Paints(Protocol):
    """What a process needs to paint: a :class:`pincel.batch.painter.Painter`."""

    def painting(self, job: Job, *, stop: Callable[[], bool]) -> Generator[Progress, None, Outcome]:
        """Paint a job, and say after each step how far it is."""


# What the process is called → whoever paints in it. It is sent to the process.
Makes: TypeAlias = Callable[[str], Paints]


@dataclass(frozen=True)
class MakePainter:
    """Makes the painter of a process, in that process."""

    machine: MachineOptions

    def __call__(self, name: str) -> Paints:
        """Make it."""
        # This process is ours alone.
        import_module("pincel.engine.memory").keep_freed_memory()
        painter: Paints = import_module("pincel.batch.painter").Painter(**asdict(self.machine), worker=name)
        return painter


class Processes:
    """Paints in several processes of this machine, each with a network of its own.

    They are started as fresh programs: a script that uses them must do so under ``if __name__ == "__main__":``. One that dies is replaced,
    and its job given to another, once.

    Args:
        count: How many.
        machine: Where and how each works; ``threads`` and ``memory`` are each one's own.
        make: Makes the painter of a process.
    """

    def __init__(self, count: int, machine: MachineOptions | None = None, *, make: Makes | None = None) -> None:
        self._count = count
        self._make = make or MakePainter(machine or MachineOptions())
        self._workers: list[_Worker] = []
        self._asked = False

    def outcomes(self, jobs: Sequence[Job]) -> Iterator[Message]:
        """Paint all jobs; each process has one at a time."""
        waiting = deque((job, 1) for job in jobs)
        while True:
            self._hand_out(waiting)
            busy = [worker for worker in self._workers if worker.job]
            if not busy:
                return
            ready = wait([worker.line for worker in busy], timeout=GLANCE)
            for worker in (worker for worker in busy if worker.line in ready):
                message = worker.heard()
                if message is not None:
                    yield message
                else:
                    yield from self._bury(worker, waiting)

    def _hand_out(self, waiting: deque[tuple[Job, int]]) -> None:
        """Give a job to each process that has none; once the end was asked for, tell those that have one."""
        if self._asked:
            waiting.clear()
            for worker in self._workers:
                worker.leave()
            return
        missing = min(self._count, len(waiting) + sum(worker.job is not None for worker in self._workers)) - len(self._workers)
        taken = {worker.number for worker in self._workers}
        free = [number for number in range(1, self._count + 1) if number not in taken]
        self._workers += [_Worker(number, self._make) for number in free[: max(0, missing)]]
        for worker in self._workers:
            if worker.job is None and waiting:
                worker.begin(*waiting.popleft())

    def _bury(self, worker: _Worker, waiting: deque[tuple[Job, int]]) -> Iterator[Outcome]:
        """Take leave of a process that died; tell what became of its job, unless it is tried again.

        Raises:
            WorkerError: If it died before it had begun anything: the next would, too.
        """
        self._workers.remove(worker)
        worker.end(PATIENCE)
        if worker.job is None:
            return
        name, code = worker.job.name, worker.exit_code
        if self._asked:
            yield Outcome(name, "stopped", "It was left before it was whole.", worker=worker.name)
        elif not worker.begun:
            failed = f"workers: a process ended before it began (exit code {code})"
            hint = "in a script, work under 'if __name__ == \"__main__\":'; on the command line, fewer workers"
            raise WorkerError(one_line(failed, f"{self._count} workers", "as many as the memory has room for", hint))
        elif worker.tries < TRIES:
            waiting.appendleft((worker.job, worker.tries + 1))
        else:
            why = f"The process that painted it ended {worker.tries} times (exit code {code})."
            yield Outcome(name, "failed", f"{why} Was there too little memory? Try fewer workers or a smaller size.", worker=worker.name)

    def stop(self) -> None:
        """Ask for the end after the steps under way."""
        self._asked = True

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.end(PATIENCE)
        self._workers = []


class _Worker:
    """A process that paints, the line to it, and what it is about."""

    def __init__(self, number: int, make: Makes) -> None:
        context = multiprocessing.get_context("spawn")
        self.number, self.name = number, f"worker {number}"
        self.line, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(theirs, self.name, make), daemon=True, name=f"pincel {self.name}")
        self._process.start()
        # Theirs alone, so that the line breaks when they do.
        theirs.close()
        self.job: Job | None = None
        self.tries = 0
        self.begun = False
        self._told_to_leave = False

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode

    def begin(self, job: Job, tries: int) -> None:
        """Give it a job."""
        self.job, self.tries = job, tries
        self._say(job)

    def heard(self) -> Message | None:
        """Take what it says; None if it is dead."""
        try:
            message: Message = self.line.recv()
        except (EOFError, OSError):
            return None
        self.begun = True
        if isinstance(message, Outcome):
            self.job = None
        return message

    def leave(self) -> None:
        """Tell it, once, to leave its job."""
        if self.job and not self._told_to_leave:
            self._told_to_leave = True
            self._say(None)

    def dismiss(self) -> None:
        """Tell it that there is nothing more to do."""
        self._say(None)

    def end(self, patience: float) -> None:
        """Wait a while for its end, then end it."""
        self._process.join(patience)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(PATIENCE)
        self.line.close()

    def _say(self, what: Job | None) -> None:
        try:
            self.line.send(what)
        except (BrokenPipeError, ConnectionError):
            # It is dead, which shows when it is listened to.
            return


def _work(line: Connection, name: str, make: Makes) -> None:
    """Paint what comes along the line until it says None, or breaks."""
    # Ctrl-C reaches all processes of a terminal; whoever gave the job decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    painter = make(name)
    try:
        while (job := line.recv()) is not None:
            _paint(painter, job, line)
    except (EOFError, OSError):
        # Whoever gave the jobs is gone.
        return


def _paint(painter: Paints, job: Job, line: Connection) -> None:
    painting = painter.painting(job, stop=line.poll)
    while True:
        try:
            line.send(next(painting))
        except StopIteration as end:
            line.send(end.value)
            return
