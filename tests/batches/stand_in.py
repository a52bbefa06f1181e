"""Executors and runners that paint a picture of one color at once, and pictures to give them. Loads no torch: processes begin with it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from pincel.batches.messages import Job, JobResult, Progress
from pincel.executors.protocol import Completed, ExecutorEvent, Stop, Update, never_stop

# The color of a content that cannot be painted.
BAD = (255, 0, 0)


def picture(path: Path, color: tuple[int, int, int] = (40, 90, 160), size: tuple[int, int] = (40, 30)) -> Path:
    """Write a picture of one color."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)
    return path


class QuickExecutor:
    """Paints without looking; a red content fails.

    Args:
        most: Jobs after which it behaves as if somebody had asked for the end.
    """

    def __init__(self, most: int | None = None) -> None:
        self.painted: list[str] = []
        self._most = most
        self.closed = False

    def run(self, tasks: Sequence[Job], emit: Callable[[ExecutorEvent[Job]], None], stop: Stop = never_stop) -> None:
        for job in tasks:
            if stop():
                return
            if self._most is not None and len(self.painted) == self._most:
                emit(Completed(job, JobResult(job.name, "stopped", "It was stopped before it was finished.", worker="quick")))
                return
            emit(Update(job, Progress(job.name, 1, 2, "quick")))
            emit(Completed(job, self._painted(job)))

    def _painted(self, job: Job) -> JobResult:
        self.painted.append(job.name)
        if not job.content.startswith("sample:"):
            with Image.open(job.content) as given:
                if given.getpixel((0, 0)) == BAD:
                    return JobResult(job.name, "failed", "It is red.", worker="quick")
        output, record = Path(job.output), Path(job.output).with_suffix(".json")
        picture(output)
        record.write_text("{}\n")
        return JobResult(job.name, "done", "", 2.0, 0.1, (40, 30), 7, 12.5, (str(output), str(record)), "quick")

    def close(self) -> None:
        self.closed = True


class OddRunner:
    """Does what the content of a job says: ``dies`` always, ``dies once``, ``waits`` to be stopped; anything else it paints."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, job: Job, emit: Callable[[Progress], None], stop: Stop) -> JobResult:
        emit(Progress(job.name, 1, 2, self._name))
        output = Path(job.output)
        marker = output.with_suffix(".tried")
        if job.content == "dies" or (job.content == "dies once" and not marker.exists()):
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if job.content == "raises":
            raise ValueError("two\nlines")
        while job.content == "waits":
            if stop():
                return JobResult(job.name, "stopped", worker=self._name)
            time.sleep(0.01)
        # Twice would show.
        output.open("x").close()
        return JobResult(job.name, "done", files=(str(output),), worker=self._name)


def unable(_: str) -> OddRunner:
    """Fail to make a runner, as a process does that is not allowed to load its network."""
    sys.exit(3)
