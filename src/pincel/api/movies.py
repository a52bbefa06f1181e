"""Paint a film."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Unpack

from pincel.arguments import checked
from pincel.errors import OptionError
from pincel.files import one_line
from pincel.films.base import VideoEvent
from pincel.films.formats import film_path
from pincel.films.progress import FilmBar
from pincel.films.result import FilmResult
from pincel.films.settings import CONSISTENCY, SETTLE, SIZE, FilmSettings, parse_long_term, parse_rate
from pincel.films.video_run import VideoRun
from pincel.progress import showing
from pincel.recipes.values import RecipeValues
from pincel.sources import Styles, weighted


@checked
def video(  # noqa: PLR0913 - each is a choice of the caller's
    film: str | PathLike[str],
    style: Styles,
    output: str | PathLike[str],
    *,
    recipe: str | PathLike[str] = "pincel",
    flow: str = "dis",
    consistency: float = CONSISTENCY,
    long_term: Sequence[int] = (1, 2, 4),
    next_steps: int | None = None,
    settle: float = SETTLE,
    passes: int = 1,
    codec: str | None = None,
    quality: int | None = None,
    rate: str | float | Fraction | None = None,
    keep_frames: bool = False,
    device: str = "auto",
    precision: str = "auto",
    tiles: str = "auto",
    memory: str | None = None,
    progress: bool = False,
    on_event: Callable[[VideoEvent], None] | None = None,
    **values: Unpack[RecipeValues],
) -> FilmResult:
    """Paint a film in the style of a painting, without flicker, with its sound. Called again after an interruption, it goes on.

    Example:
        >>> film = pincel.video("holiday.mp4", "painting.jpg", "painted.mp4", size=360, progress=True)  # doctest: +SKIP

    Args:
        film: A file that FFmpeg reads, an animated GIF, WebP, PNG or AVIF, a folder of pictures, names such as ``frames/%05d.png``, or
            ``sample:pan``.
        style: Paths of paintings, or ``sample:NAME``; one, or several, each alone or as (painting, weight).
        output: ``.mp4 .mov .mkv .webm .avi .gif .webp .apng``, a folder, or ``frames/%05d.png``.
        recipe: As for :func:`pincel.transfer`, by name or file.
        flow: Optical flow: ``dis``, ``farneback``, or ``none`` where the camera stands still.
        consistency: Weight of the difference to earlier frames, 0 or more.
        long_term: Earlier frames to compare with, counted backward, each 1 to 64.
        next_steps: Steps of frames that continue another, 0 or more; as many as ``steps`` when left out.
        settle: End a frame that continues another once J falls by less than this fraction in ten steps; 0 = never.
        passes: Passes over each scene, forward and backward in turn, 1 or more.
        codec: ``h264``, ``h265``, ``vp9``, ``av1``, ``mpeg4``, ``prores`` or ``ffv1``; the usual one of the extension when left out.
        quality: Of the codec: CRF, smaller is better; of WebP, 0 to 100.
        rate: Frames a second of pictures that come without times; 24 when left out.
        keep_frames: Whether the painted frames are kept, in ``OUTPUT.frames``.
        device: As for :func:`pincel.transfer`.
        precision: As for :func:`pincel.transfer`.
        tiles: As for :func:`pincel.transfer`.
        memory: As for :func:`pincel.transfer`.
        progress: As for :func:`pincel.transfer`.
        on_event: Called with each event of :mod:`pincel.films.base`.
        **values: As for :func:`pincel.transfer`; ``size`` is 512, or the long side of the film if that is smaller, when left out.

    Returns:
        Where the film is, and its record.

    Raises:
        PincelError: One of :mod:`pincel.errors`, with a one-line message, for whatever cannot be used.

    Paper:
        Ruder, Dosovitskiy, Brox: Artistic Style Transfer for Videos, GCPR 2016.
    """
    size = values.pop("size", None)
    settings = FilmSettings(
        styles=_paths(style),
        recipe=os.fspath(recipe),
        overrides=values,
        size=SIZE if size is None else size,
        flow=flow,
        consistency=consistency,
        long_term=parse_long_term(long_term),
        next_steps=next_steps,
        settle=settle,
        passes=passes,
        device=device,
        precision=precision,
        memory=memory,
        tiles=tiles,
    )
    with showing(FilmBar() if progress else None, on_event) as show:
        target = film_path(os.fspath(output))
        run = VideoRun(os.fspath(film), target, settings, codec=codec, quality=quality, rate=parse_rate(rate), keep=keep_frames, emit=show)
        run.paint()
    record = Path(run.record or "")
    return FilmResult(run.output, json.loads(record.read_text(encoding="utf-8")), record)


def _paths(style: Styles) -> tuple[tuple[str, float], ...]:
    """Return styles as they can be sent to other processes; raises OptionError for pictures that are no files."""
    pairs = weighted(style)
    others = [type(source).__name__ for source, _ in pairs if not isinstance(source, str | PathLike)]
    if others:
        raise OptionError(one_line("video: a style is no file", others[0], "a path or sample:NAME", "save the picture first"))
    return tuple((os.fspath(source), float(weight)) for source, weight in pairs if isinstance(source, str | PathLike))
