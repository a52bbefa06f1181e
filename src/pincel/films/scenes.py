"""Detection of cuts between scenes.

At a cut, hardly anything of a frame can be tracked into the next, and its colors are others too. A dissolve is no cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pincel.engine.events import Notice
from pincel.errors import FilmError
from pincel.executors.protocol import Stop, never_stop
from pincel.extras import require_extra
from pincel.files import one_line, quoted
from pincel.films.base import Emit, Film, Pixels, ScanProgress, Scene, no_op
from pincel.films.flow import between, dis

# Long side of the frames that are compared.
SIDE = 96
# Fractions of a frame that cannot be tracked, and of its colors that are new, above which there is a cut. A camera that swings round loses
# as much, but keeps its colors.
LOST, RECOLORED = 0.8, 0.15
# Gray levels by which tracked pixels may change.
CHANGED = 24
# Bins of each channel in the color histogram.
LEVELS = 6
# Frames between two progress events.
INTERVAL = 10
# Fraction of the announced frames below which there is a notice.
COMPLETE = 0.98


def find_scenes(film: Film, emit: Emit = no_op, stop: Stop = never_stop) -> list[Scene]:
    """Find the cuts of a film, frame by frame.

    Args:
        film: From :func:`pincel.films.read.open_film`.
        emit: Called with the progress, and with notices of damaged frames.
        stop: Called after each frame; where it returns True, the scenes so far are returned.

    Returns:
        Scenes in order, without gaps; together all frames that can be read.

    Raises:
        FilmError: If there is not one.
    """
    starts, before, count = [], None, 0
    repeated, resized = 0, 0
    for frame in film.read():
        repeated, resized = repeated + (frame.trouble == "repeated"), resized + (frame.trouble == "resized")
        small = _small(frame.pixels)
        if before is None or is_cut(before, small):
            starts.append((frame.index, frame.time))
        before, count = small, frame.index + 1
        if count % INTERVAL == 0:
            emit(ScanProgress(count, max(film.frames, count)))
        if stop():
            break
    if before is None:
        raise FilmError(one_line("film: not one of its pictures can be read", quoted(film.path), "a film", "another copy of it"))
    if not stop():
        _report_trouble(film, count, repeated, resized, emit)
    ends = [index for index, _ in starts[1:]] + [count]
    return [Scene(start, end, at) for (start, at), end in zip(starts, ends, strict=True)]


def _report_trouble(film: Film, count: int, repeated: int, resized: int, emit: Emit) -> None:
    if repeated:
        emit(Notice(f"Of the frames, {repeated} cannot be read; the one before is shown in their place."))
    if resized:
        emit(Notice(f"Of the frames, {resized} are of another size than the first; they are brought to its size."))
    if film.frames and count < COMPLETE * film.frames:
        emit(Notice(f"The film says it has {film.frames} frames, but ends after {count}."))


def _small(pixels: Pixels) -> Pixels:
    cv2: Any = require_extra("cv2", extra="video", what="films")
    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width)
    if scale >= 1:
        return pixels
    small: Pixels = cv2.resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    return small


def is_cut(before: Pixels, now: Pixels) -> bool:
    """Return whether one small frame begins another scene than the one before it."""
    return recolored(before, now) > RECOLORED and lost(before, now) > LOST


def recolored(before: Pixels, now: Pixels) -> float:
    """Return the distance of two smoothed color histograms: 0 to 1."""
    cv2: Any = require_extra("cv2", extra="video", what="films")

    def histogram(frame: Pixels) -> Any:
        table = cv2.calcHist([frame], [0, 1, 2], None, [LEVELS] * 3, [0, 256] * 3)
        for axis in range(3):
            # A little more light must not move every pixel to another bin.
            table = table / 2 + (np.roll(table, 1, axis) + np.roll(table, -1, axis)) / 4
        return table / table.sum()

    return float(np.abs(histogram(before) - histogram(now)).sum() / 2)


def lost(before: Pixels, now: Pixels) -> float:
    """Return the fraction of a frame that cannot be tracked from the one before: 0 to 1."""
    if min(now.shape[:2]) < 8:
        return 1.0
    move = between(before, now, dis)
    apart = np.abs(move.warp(before) - now).mean(-1) > CHANGED
    return float(((move.confidence < 0.5) | apart).mean())
