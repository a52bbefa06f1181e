"""A scene painted: what is missing of it, as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from pincel.film.base import Film, Scene, Tell, never, nobody
from pincel.film.brush import Brush
from pincel.film.once import paint_once
from pincel.film.passes import paint_over
from pincel.film.settings import Settings
from pincel.film.work import Work
from pincel.image.resize import target_size
from pincel.run.cache import Cache


def painted_size(film: Film, settings: Settings) -> tuple[int, int]:
    """(height, width) of painted frames: the long side asked for, but no larger than the film, and even, as most codecs need."""
    long = max(film.width, film.height)
    height, width = target_size(film.height, film.width, min(settings.size or long, long))
    return max(2, height + height % 2), max(2, width + width % 2)


# Paints what is missing of scenes, as :func:`paint_scenes` does.
PaintScenes: TypeAlias = Callable[[Film, Sequence[Scene], Path, Settings, Cache, Tell, Callable[[], bool]], None]


def paint_scenes(
    film: Film, scenes: Sequence[Scene], folder: Path, settings: Settings, cache: Cache, tell: Tell, stop: Callable[[], bool]
) -> None:
    """Paint what is missing of scenes, one after the other; see :func:`paint_scene`."""
    for scene in scenes:
        if stop():
            return
        paint_scene(film, scene, folder, settings, cache, tell, stop)


def paint_scene(
    film: Film,
    scene: Scene,
    folder: Path,
    settings: Settings,
    cache: Cache | None = None,
    tell: Tell = nobody,
    stop: Callable[[], bool] = never,
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
    work = Work.open(folder, film, settings)
    brush = Brush(settings, painted_size(film, settings), cache or Cache(), tell, stop)
    way = paint_over if settings.passes > 1 else paint_once
    return way(film, scene, work, brush, tell)


def independent(settings: Settings) -> Settings:
    """Return settings under which each frame is painted by itself."""
    return replace(settings, consistency=0.0, long_term=(), passes=1)
