"""Painting a scene: its missing frames, with the settings of the film."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pincel.executors.protocol import Stop, never_stop
from pincel.films.base import Emit, Film, Scene, no_op
from pincel.films.frame_store import FrameStore
from pincel.films.frame_styler import FrameStyler
from pincel.films.multi_pass import paint_over
from pincel.films.settings import FilmSettings
from pincel.films.single_pass import paint_once
from pincel.images.resize import target_size
from pincel.run.cache import Cache


def painted_size(film: Film, settings: FilmSettings) -> tuple[int, int]:
    """Return (height, width) of painted frames: the long side of the settings, no larger than the film, and even, as most codecs need."""
    long = max(film.width, film.height)
    height, width = target_size(film.height, film.width, min(settings.size or long, long))
    return max(2, height + height % 2), max(2, width + width % 2)


@dataclass(frozen=True)
class SceneTask:
    """A scene to paint, as plain data that can be sent to another process or machine.

    Attributes:
        film: Its film.
        scene: Which part; scenes are independent and may be painted anywhere, in any order.
    """

    film: Film
    scene: Scene


@dataclass(frozen=True)
class SceneWorker:
    """Paints scenes, for an executor; networks and styles stay from one to the next.

    Attributes:
        store: Where frames go.
        settings: How they are painted.
        cache: Networks and style targets.
    """

    store: FrameStore
    settings: FilmSettings
    cache: Cache

    def run(self, task: SceneTask, emit: Emit, stop: Stop) -> int:
        """Paint missing frames of a scene; return how many of its frames there are, from its first on."""
        styler = FrameStyler(self.settings, painted_size(task.film, self.settings), self.cache, emit, stop)
        paint = paint_over if self.settings.passes > 1 else paint_once
        return paint(task.film, task.scene, self.store, styler, emit)


def paint_scene(
    film: Film,
    scene: Scene,
    folder: Path,
    settings: FilmSettings,
    cache: Cache | None = None,
    emit: Emit = no_op,
    stop: Stop = never_stop,
) -> int:
    """Paint the frames of a scene that are not painted yet.

    Each goes into ``folder`` as ``000123.png``, whole or not at all. Existing frames are kept, and the next continue them: a scene painted
    in parts has the same bytes as one painted at once.

    Args:
        film: Where the frames come from.
        scene: Which of them; scenes are independent and may be painted anywhere, in any order.
        folder: Where they go.
        settings: How they are painted.
        cache: Networks and style targets, kept from scene to scene.
        emit: Called with each step and each frame.
        stop: Called after each step; where it returns True, the present frame is not finished.

    Returns:
        How many of the scene's frames there are now, from its first on; ``len(scene)`` if it is finished.

    Raises:
        FilmError: If the folder holds frames of something else, or the film cannot be read any more.
        PincelError: For settings that are not accepted.
    """
    return SceneWorker(FrameStore.open(folder, film, settings), settings, cache or Cache()).run(SceneTask(film, scene), emit, stop)


def independent(settings: FilmSettings) -> FilmSettings:
    """Return settings under which each frame is painted by itself."""
    return replace(settings, consistency=0.0, long_term=(), passes=1)
