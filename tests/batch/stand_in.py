"""Hands and painters that paint a picture of one colour at once, and pictures to give them. Loads no torch: processes begin with it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

from PIL import Image

from pincel.batch.messages import Job, Message, Outcome, Progress

# The colour of a content that cannot be painted.
BAD = (255, 0, 0)


def picture(path: Path, colour: tuple[int, int, int] = (40, 90, 160), size: tuple[int, int] = (40, 30)) -> Path:
    """Write a picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


class QuickHands:
    """Paints without looking; a red content fails.

    Args:
        most: Jobs after which it behaves as if somebody had asked for the end.
    """

    def __init__(self, most: int | None = None) -> None:
        self.painted: list[str] = []
        self._most = most
        self.closed = False

    def outcomes(self, jobs: Sequence[Job]) -> Iterator[Message]:
        for job in jobs:
            if self._most is not None and len(self.painted) == self._most:
                yield Outcome(job.name, "stopped", "It was left before it was whole.", worker="quick")
                return
            yield Progress(job.name, 1, 2, "quick")
            yield self._painted(job)

    def _painted(self, job: Job) -> Outcome:
        self.painted.append(job.name)
        if not job.content.startswith("sample:"):
            with Image.open(job.content) as given:
                if given.getpixel((0, 0)) == BAD:
                    return Outcome(job.name, "failed", "It is red.", worker="quick")
        output, record = Path(job.output), Path(job.output).with_suffix(".json")
        picture(output)
        record.write_text("{}\n")
        return Outcome(job.name, "done", "", 2.0, 0.1, (40, 30), 7, 12.5, (str(output), str(record)), "quick")

    def stop(self) -> None:
        self._most = len(self.painted)

    def close(self) -> None:
        self.closed = True


class OddPainter:
    """Does what the content of a job says: ``dies`` always, ``dies once``, ``waits`` to be stopped; anything else it paints."""

    def __init__(self, name: str) -> None:
        self._name = name

    def painting(self, job: Job, *, stop: Callable[[], bool]) -> Generator[Progress, None, Outcome]:
        yield Progress(job.name, 1, 2, self._name)
        output = Path(job.output)
        marker = output.with_suffix(".tried")
        if job.content == "dies" or (job.content == "dies once" and not marker.exists()):
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        while job.content == "waits":
            if stop():
                return Outcome(job.name, "stopped", worker=self._name)
            time.sleep(0.01)
        # Twice would show.
        output.open("x").close()
        return Outcome(job.name, "done", files=(str(output),), worker=self._name)


def unable(_: str) -> OddPainter:
    """Fail to make a painter, as a process does that is not allowed to load its network."""
    sys.exit(3)
