"""A film painted by workers of a Ray cluster: a scene each, into a folder that all machines share."""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pincel.cluster.address import AUTO
from pincel.cluster.easel import absolute_path, absolute_setting, check_folder, share_of_memory
from pincel.cluster.hands import Crowd, folder_token
from pincel.cluster.pool import PATIENCE, Done, Lost
from pincel.engine.device import use_threads
from pincel.engine.memory import keep_freed_memory
from pincel.errors import ClusterError, FilmError
from pincel.files import one_line, quoted
from pincel.film.base import Film, FilmEvent, Painted, Scene, Stroke, Tell, never, nobody
from pincel.film.brush import Brush
from pincel.film.once import paint_once
from pincel.film.paint import painted_size
from pincel.film.passes import paint_over
from pincel.film.settings import Settings
from pincel.film.work import Work, identity
from pincel.run.cache import Cache


@dataclass(frozen=True)
class Task:
    """A scene to paint, as a worker is told.

    Attributes:
        film: Its film; its path in full.
        scene: Which part.
    """

    film: Film
    scene: Scene


class Trestle:
    """A worker that paints scenes; networks and styles stay from one to the next.

    Args:
        settings: How; paths in full.
        folder: Where frames go.
        token: What is in the driver's file there.
        peers: How many workers there may be on one machine.
        threads: Of the processor.
    """

    def __init__(self, settings: Settings, folder: str, token: str, peers: int, threads: int) -> None:
        use_threads(threads)
        # This process is ours alone.
        keep_freed_memory()
        self._threads = threads
        self._settings, self._folder, self._token, self._peers = settings, folder, token, peers
        self._cache = Cache()
        self._leaving = threading.Event()
        self._events: deque[FilmEvent] = deque()

    def ready(self) -> str:
        """Return the name of this worker; raises ClusterError if it does not see the folder of the frames."""
        check_folder(self._folder, self._token)
        memory = share_of_memory(self._settings.device, self._settings.memory, self._peers)
        self._settings = replace(self._settings, memory=memory)
        return f"{socket.gethostname()} {os.getpid()}"

    def work(self, task: Task) -> tuple[int, list[FilmEvent]]:
        """Paint what is missing of a scene; return how many frames of it there are, and what was not told yet."""
        # Of the thread that paints.
        use_threads(self._threads)
        work = Work(Path(self._folder))
        if identity(task.film) != work.plan.get("film"):
            failed = f"the machine {socket.gethostname()} has another film of this name"
            raise ClusterError(one_line(failed, quoted(task.film.path), "a file every worker sees", "a folder that all machines share"))
        brush = Brush(self._settings, painted_size(task.film, self._settings), self._cache, self._tell, self._leaving.is_set)
        way = paint_over if self._settings.passes > 1 else paint_once
        count = way(task.film, task.scene, work, brush, self._tell)
        return count, self.said()

    def said(self) -> list[FilmEvent]:
        """Return what happened since it was last asked: of steps, the last; called from another thread."""
        events = [self._events.popleft() for _ in range(len(self._events))]
        strokes = [event for event in events if isinstance(event, Stroke)]
        return [event for event in events if not isinstance(event, Stroke) or event is strokes[-1]]

    def leave(self) -> None:
        """Ask for the end of the frame under way; called from another thread."""
        self._leaving.set()

    def _tell(self, event: FilmEvent) -> None:
        self._events.append(event)


class RayScenes:
    """Paints the scenes of a film with workers of a Ray cluster, the longest first.

    Film, styles and the folder of the frames are on a disk that all machines share. A worker that is lost is replaced by Ray, and whoever
    takes over its scene goes on after the last frame that is there.

    Args:
        address: See :func:`pincel.cluster.address.join`.
        workers: How many; as many as the cluster has room for when left out.
        threads: Of each.
        patience: Seconds to wait while no worker is there at all.

    Raises:
        ExtraMissingError: If Ray is not installed.
        ClusterError: If no Ray answers.
        OptionError: For less than one worker.
    """

    def __init__(self, address: str = AUTO, workers: int | None = None, *, threads: int = 1, patience: float = PATIENCE) -> None:
        self._crowd = Crowd(address, workers, threads, patience)
        self._threads = threads

    def paint(
        self,
        film: Film,
        scenes: Sequence[Scene],
        folder: Path,
        settings: Settings,
        _cache: Cache | None = None,
        tell: Tell = nobody,
        stop: Callable[[], bool] = never,
    ) -> None:
        """Paint the frames of scenes that are not painted yet; where it is asked to stop, those that are finished are there.

        Args:
            film: Where the frames come from.
            scenes: Which of them.
            folder: Where they go; :meth:`pincel.film.work.Work.open` has begun it.
            settings: How they are painted.
            tell: Is told of steps and frames, once of each frame.
            stop: Asked twice a second.

        Raises:
            FilmError: If a scene cannot be painted; all others are.
            ClusterError: If no worker can be had, or none that sees the folder.
        """
        film = film if film.kind == "sample" else replace(film, path=os.path.abspath(film.path))
        into, told, lost = os.path.abspath(folder), _Once(tell), list[Lost[Task]]()
        tasks = [Task(film, scene) for scene in sorted(scenes, key=len, reverse=True)]
        with folder_token(into) as token:
            arguments = (_absolute(settings), into, token, self._crowd.peers(settings.device), self._threads)
            with self._crowd.pool(Trestle, arguments, device=settings.device, most=len(tasks)) as pool:
                for result in pool.results(tasks, stop):
                    if isinstance(result, Lost):
                        lost.append(result)
                    else:
                        told.tell_all(result.said[1] if isinstance(result, Done) else result.said)
        if lost and not stop():
            scene = lost[0].task.scene
            failed = f"film: frames {scene.start} to {scene.stop - 1} cannot be painted, {lost[0].why}"
            raise FilmError(one_line(failed, quoted(film.path), "scenes that can be", "the same command goes on with the rest"))

    def close(self) -> None:
        """End the workers, and the cluster if it was started here."""
        self._crowd.close()


class _Once:
    """Tells of each frame once, also if it was found again by whoever took over its scene."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._known: set[tuple[int, int]] = set()

    def tell_all(self, events: Sequence[FilmEvent]) -> None:
        """Pass on what is new."""
        for event in events:
            if isinstance(event, Painted):
                if (event.index, event.pass_) in self._known:
                    continue
                self._known.add((event.index, event.pass_))
            self._tell(event)


def _absolute(settings: Settings) -> Settings:
    """Return settings with paths that mean the same from any folder."""
    overrides: Mapping[str, Any] = {name: absolute_setting(name, value) for name, value in settings.overrides.items()}
    styles = tuple((absolute_path(style), weight) for style, weight in settings.styles)
    return replace(settings, styles=styles, recipe=absolute_setting("recipe", settings.recipe), overrides=overrides)
