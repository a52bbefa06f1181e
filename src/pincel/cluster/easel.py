"""What a worker of a batch does: it has one painter, kept warm, and reads and writes at addresses as well as paths."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from pincel.batch.messages import Job, MachineOptions, Outcome, Progress
from pincel.batch.painter import Painter
from pincel.cluster import store
from pincel.engine.device import resolve_device
from pincel.engine.memory import free_memory, keep_freed_memory
from pincel.errors import ClusterError, PincelError
from pincel.files import one_line, quoted
from pincel.recipes import RECIPES
from pincel.run.machine import MEMORY_FRACTION
from pincel.samples import PREFIX
from pincel.sources import BLANK

# By what is in it, a folder is known to be the same as the driver's.
SIGN = ".pincel-shared"


class Paints(Protocol):
    """Whoever paints a job, as :class:`pincel.batch.painter.Painter` does."""

    def painting(self, job: Job, *, stop: Callable[[], bool]) -> Generator[Progress, None, Outcome]:
        """Yield how far it is, and return what became of it."""


class Makes(Protocol):
    """Makes one of them, with the name it goes by."""

    def __call__(self, name: str) -> Paints:
        """Make it."""


@dataclass(frozen=True)
class MakePainter:
    """Makes the painter of a worker, there.

    Attributes:
        machine: Where and how it works.
        peers: How many workers there may be on one machine: they share its memory.
    """

    machine: MachineOptions
    peers: int = 1

    def __call__(self, name: str) -> Paints:
        """Make it."""
        # This process is ours alone.
        keep_freed_memory()
        memory = share_of_memory(self.machine.device, self.machine.memory, self.peers)
        return Painter(**asdict(replace(self.machine, memory=memory)), worker=name)


def share_of_memory(device: str, memory: str | None, peers: int) -> str | None:
    """Return what one of several workers on a machine may use; on a GPU each is alone."""
    where = resolve_device(device)
    if memory is not None or where.type != "cpu" or peers == 1:
        return memory
    return str(round(MEMORY_FRACTION * free_memory(where)) // peers)


def check_folder(folder: str, token: str) -> None:
    """Raise ClusterError unless the file of the driver is in a folder: on this machine it may be another folder of the same name."""
    file = Path(folder, SIGN)
    if not file.is_file() or file.read_text(encoding="utf-8") != token:
        failed = f"the machine {socket.gethostname()} has another folder of this name, or none"
        hint = "a folder that all machines share, or for pictures a store such as s3://bucket/folder"
        raise ClusterError(one_line(failed, quoted(folder), "a folder that every worker sees", hint))


class Easel:
    """A worker. Its painter is made with the first job.

    Args:
        make: Makes its painter.
        folder: Where results go: a path all machines share, or an address.
        token: What is in the driver's file there, if it is a path.
    """

    def __init__(self, make: Makes, folder: str, token: str = "") -> None:
        self._make = make
        self._folder = folder
        self._token = token
        self._name = f"{socket.gethostname()} {os.getpid()}"
        self._painter: Paints | None = None
        self._leaving = threading.Event()
        self._progress: Progress | None = None
        self._kept: dict[str, str] = {}
        self._scratch = Path(tempfile.mkdtemp(prefix="pincel-"))

    def ready(self) -> str:
        """Return the name of this worker; raises PincelError if it cannot write where it should."""
        if store.is_address(self._folder):
            store.check_writing(self._folder)
        else:
            check_folder(self._folder, self._token)
        return self._name

    def work(self, job: Job) -> Outcome:
        """Paint a job and write its files; a picture that cannot be used is one of the things that become of a job."""
        aside = Path(tempfile.mkdtemp(dir=self._scratch))
        try:
            return self._painted(job, aside)
        except PincelError as error:
            return Outcome(job.name, "failed", str(error), worker=self._name)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            self._progress = None

    def said(self) -> Progress | None:
        """Return how far it is; called from another thread."""
        return self._progress

    def leave(self) -> None:
        """Ask for the end of the picture under way; called from another thread."""
        self._leaving.set()

    def _painted(self, job: Job, aside: Path) -> Outcome:
        here = self._here(job, aside)
        if self._painter is None:
            self._painter = self._make(self._name)
        painting = self._painter.painting(here, stop=self._leaving.is_set)
        while True:
            try:
                self._progress = next(painting)
            except StopIteration as end:
                return self._delivered(job, here, end.value)

    def _here(self, job: Job, aside: Path) -> Job:
        """Return the job with all its files on this machine."""
        content = str(store.fetch(job.content, aside)) if store.is_address(job.content) else job.content
        output = str(aside / "out" / PurePosixPath(job.output).name) if store.is_address(job.output) else job.output
        styles = tuple((self._copy(style), weight) for style, weight in job.styles)
        settings = {key: self._value(value) for key, value in job.settings.items()}
        return replace(job, content=content, styles=styles, output=output, settings=settings)

    def _value(self, value: Any) -> Any:
        """Return a value of a recipe, its addresses as paths of copies."""
        if isinstance(value, str):
            return self._copy(value)
        return [self._value(each) for each in value] if isinstance(value, list | tuple) else value

    def _copy(self, place: str) -> str:
        """Return the path of a copy that stays, if it is an address: the next job will want it too."""
        if not store.is_address(place):
            return place
        if place not in self._kept:
            self._kept[place] = str(store.fetch(place, self._scratch / f"style-{len(self._kept)}"))
        return self._kept[place]

    def _delivered(self, job: Job, here: Job, outcome: Outcome) -> Outcome:
        """Bring what was painted to where it should be, the picture last: where it is, its record is too."""
        if here.output == job.output or outcome.state != "done":
            return outcome
        above = job.output.rpartition("/")[0]
        there = {file: store.joined(above, Path(file).name) for file in outcome.files}
        for file in sorted(there, key=lambda file: file == outcome.files[0]):
            store.deliver(Path(file), there[file])
        return replace(outcome, files=tuple(there[file] for file in outcome.files))


def absolute(job: Job) -> Job:
    """Return the job with paths that mean the same from any folder."""
    styles = tuple((absolute_path(style), weight) for style, weight in job.styles)
    settings = {name: absolute_setting(name, value) for name, value in job.settings.items()}
    return replace(job, content=absolute_path(job.content), styles=styles, output=absolute_path(job.output), settings=settings)


def absolute_path(place: str) -> str:
    """Return a path that means the same from any folder; addresses and samples do."""
    known = place.startswith((PREFIX, BLANK)) or store.is_address(place)
    return place if known else os.path.abspath(place)


def absolute_setting(name: str, value: Any) -> Any:
    """Return a value of a recipe; one that names a file, with the path in full."""
    if name == "style_mask":
        return [absolute_path(each) for each in ([value] if isinstance(value, str) else value)]
    if not isinstance(value, str) or store.is_address(value):
        return value
    names_a_file = {
        "recipe": value not in RECIPES,
        "content_mask": bool(value),
        "calibration": value != "samples",
        "init": any(sign in value for sign in "./\\") and not value.startswith("blend="),
    }
    return absolute_path(value) if names_a_file.get(name, False) else value
