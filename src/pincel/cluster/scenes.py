"""A film painted by workers of a Ray cluster: a scene each, into a folder that all machines share."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pincel.cluster.address import AUTO
from pincel.cluster.executor import RayExecutor
from pincel.cluster.paths import absolute_path, absolute_setting
from pincel.cluster.pool import PATIENCE
from pincel.cluster.worker import share_of_memory
from pincel.engine.device import use_threads
from pincel.engine.memory import retain_heap
from pincel.errors import ClusterError
from pincel.executors.protocol import MakeWorker, Stop
from pincel.files import one_line, quoted
from pincel.films.frame_store import FrameStore, identity
from pincel.films.paint import SceneTask, SceneWorker
from pincel.films.settings import FilmSettings
from pincel.run.cache import Cache


class RayScenes(RayExecutor[SceneTask]):
    """Paints the scenes of a film with workers of a Ray cluster, the longest first.

    Film, styles and the folder of the frames are on a disk that all machines share. A worker that is lost is restarted by Ray; the next
    worker of its scene continues after the last frame that exists.

    Args, beside those of :class:`RayExecutor`:
        settings: How frames are painted.
    """

    def __init__(
        self,
        folder: Path,
        settings: FilmSettings,
        address: str = AUTO,
        workers: int | None = None,
        *,
        threads: int = 1,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(str(folder), address, workers, device=settings.device, threads=threads, patience=patience)
        self._settings, self._threads = _absolute(settings), threads

    def make_worker(self) -> MakeWorker[SceneTask]:
        """Return what makes a worker."""
        return partial(VideoWorker, self._settings, Path(self._folder), self.peers, self._threads)

    def prepare(self, tasks: Sequence[SceneTask]) -> list[SceneTask]:
        """Return scenes with absolute paths, the longest first."""
        ordered = sorted(tasks, key=lambda task: -len(task.scene))
        return [
            task if task.film.kind == "sample" else replace(task, film=replace(task.film, path=os.path.abspath(task.film.path)))
            for task in ordered
        ]


class VideoWorker:
    """Paints scenes in a process of Ray; networks and styles stay from one to the next.

    Args:
        settings: How, with absolute paths.
        folder: Where frames go.
        peers: How many workers there may be on one machine, which share its memory.
        threads: Of the processor.
        _name: Of the worker; not used.
    """

    def __init__(self, settings: FilmSettings, folder: Path, peers: int, threads: int, _name: str = "") -> None:
        use_threads(threads)
        # The process does nothing else.
        retain_heap()
        self._threads, self._work = threads, FrameStore(folder)
        settings = replace(settings, memory=share_of_memory(settings.device, settings.memory, peers))
        self._worker = SceneWorker(self._work, settings, Cache())

    def run(self, task: SceneTask, emit: Callable[[Any], None], stop: Stop) -> int:
        """Paint what is missing of a scene; return how many frames of it there are."""
        # Threads are set for each thread.
        use_threads(self._threads)
        if identity(task.film) != self._work.plan.get("film"):
            failed = f"the machine {socket.gethostname()} has another film of this name"
            raise ClusterError(one_line(failed, quoted(task.film.path), "a file every worker sees", "a folder that all machines share"))
        return self._worker.run(task, emit, stop)


def _absolute(settings: FilmSettings) -> FilmSettings:
    """Return settings with absolute paths."""
    overrides: Mapping[str, Any] = {name: absolute_setting(name, value) for name, value in settings.overrides.items()}
    styles = tuple((absolute_path(style), weight) for style, weight in settings.styles)
    return replace(settings, styles=styles, recipe=absolute_setting("recipe", settings.recipe), overrides=overrides)
