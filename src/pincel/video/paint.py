"""A scene painted: what is missing of it, as the settings say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pincel.executors.protocol import Stop, never_stop
from pincel.images.resize import target_size
from pincel.run.cache import Cache
from pincel.video.base import Film, Scene, Tell, no_op
from pincel.video.frame_store import FrameStore
from pincel.video.frame_styler import FrameStyler
from pincel.video.multi_pass import paint_over
from pincel.video.settings import Settings
from pincel.video.single_pass import paint_once


def painted_size(film: Film, settings: Settings) -> tuple[int, int]:
    """(height, width) of painted frames: the long side asked for, but no larger than the film, and even, as most codecs need."""
    long = max(film.width, film.height)
    height, width = target_size(film.height, film.width, min(settings.size or long, long))
    return max(2, height + height % 2), max(2, width + width % 2)


@dataclass(frozen=True)
class SceneTask:
    """A scene to paint. Plain data, so that it can be sent to another process or machine.

    Attributes:
        film: Its film.
        scene: Which part; scenes know nothing of each other and may be painted anywhere, in any order.
    """

    film: Film
    scene: Scene


@dataclass(frozen=True)
class SceneWorker:
    """Paints scenes, for an executor; networks and styles stay from one to the next.

    Attributes:
        work: Where frames go.
        settings: How they are painted.
        cache: Networks and style targets.
    """

    work: FrameStore
    settings: Settings
    cache: Cache

    def run(self, task: SceneTask, tell: Tell, stop: Stop) -> int:
        """Paint what is missing of a scene; return how many frames of it there are, from its first on."""
        styler = FrameStyler(self.settings, painted_size(task.film, self.settings), self.cache, tell, stop)
        way = paint_over if self.settings.passes > 1 else paint_once
        return way(task.film, task.scene, self.work, styler, tell)


def paint_scene(
    film: Film,
    scene: Scene,
    folder: Path,
    settings: Settings,
    cache: Cache | None = None,
    tell: Tell = no_op,
    stop: Stop = never_stop,
) -> int:
    """Paint the frames of a scene that are not painted yet.

    Each goes into ``folder`` as ``000123.png``, whole or not at all. What is there already is left as it is, and gone on from: a scene
    painted in parts has the same bytes as one painted in one go.

    Args:
        film: Where the frames come from.
        scene: Which of them; scenes know nothing of each other and may be painted anywhere, in any order.
        folder: Where they go.
        settings: How they are painted.
        cache: Networks and style targets, kept from scene to scene.
        tell: Is told each step and each frame.
        stop: Asked after each step: if it says so, the frame under way is left.

    Returns:
        How many of the scene's frames there are now, from its first on; ``len(scene)`` if it is finished.

    Raises:
        FilmError: If the folder holds frames of something else, or the film cannot be read any more.
        PincelError: For settings that cannot be used.
    """
    return SceneWorker(FrameStore.open(folder, film, settings), settings, cache or Cache()).run(SceneTask(film, scene), tell, stop)


def independent(settings: Settings) -> Settings:
    """Return settings under which each frame is painted by itself."""
    return replace(settings, consistency=0.0, long_term=(), passes=1)
