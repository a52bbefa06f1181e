"""Where one scene ends and another begins.

A cut is where hardly anything of a frame can be followed into the next, and its colors, too, are others. A dissolve is no cut: its
frames are followed as far as they can be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pincel.engine.events import Notice
from pincel.errors import FilmError
from pincel.executors.protocol import Stop, never_stop
from pincel.extras import require_extra
from pincel.files import one_line, quoted
from pincel.video.base import Film, Pixels, ScanProgress, Scene, Tell, no_op
from pincel.video.flow import between, dis

# Long side of what is compared.
SIDE = 96
# A cut: more than this share of a frame cannot be followed, and more than that share of its colors is new. Only a camera swung round
# loses as much, and it keeps its colors.
LOST, RECOLORED = 0.8, 0.15
# Gray levels by which what was followed may have changed.
CHANGED = 24
# Levels of each channel that colors are counted in.
LEVELS = 6
# Between two reports.
EVERY = 10
# Share of the frames announced that must be there, or it is said.
ALL = 0.98


def find_scenes(film: Film, tell: Tell = no_op, stop: Stop = never_stop) -> list[Scene]:
    """Look through a film for cuts, frame by frame.

    Args:
        film: From :func:`pincel.video.read.open_film`.
        tell: Is told how far it is, and what is wrong with frames.
        stop: Asked after each frame; if it says so, what was found so far is returned.

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
        if count % EVERY == 0:
            tell(ScanProgress(count, max(film.frames, count)))
        if stop():
            break
    if before is None:
        raise FilmError(one_line("film: not one of its pictures can be read", quoted(film.path), "a film", "another copy of it"))
    if not stop():
        _tell_trouble(film, count, repeated, resized, tell)
    ends = [index for index, _ in starts[1:]] + [count]
    return [Scene(start, end, at) for (start, at), end in zip(starts, ends, strict=True)]


def _tell_trouble(film: Film, count: int, repeated: int, resized: int, tell: Tell) -> None:
    if repeated:
        tell(Notice(f"Of the frames, {repeated} cannot be read; the one before is shown in their place."))
    if resized:
        tell(Notice(f"Of the frames, {resized} are of another size than the first; they are brought to its size."))
    if film.frames and count < ALL * film.frames:
        tell(Notice(f"The film says it has {film.frames} frames, but ends after {count}."))


def _small(pixels: Pixels) -> Pixels:
    cv2: Any = require_extra("cv2", extra="video", what="films")
    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width)
    if scale >= 1:
        return pixels
    small: Pixels = cv2.resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    return small


def is_cut(before: Pixels, now: Pixels) -> bool:
    """Tell whether one small frame begins another scene than the one before it."""
    return recolored(before, now) > RECOLORED and lost(before, now) > LOST


def recolored(before: Pixels, now: Pixels) -> float:
    """Return the share of pixels whose colors, counted in coarse levels and softly, are not in the other frame: 0 to 1."""
    cv2: Any = require_extra("cv2", extra="video", what="films")

    def counted(frame: Pixels) -> Any:
        table = cv2.calcHist([frame], [0, 1, 2], None, [LEVELS] * 3, [0, 256] * 3)
        for axis in range(3):
            # A little more light must not move every pixel to another level.
            table = table / 2 + (np.roll(table, 1, axis) + np.roll(table, -1, axis)) / 4
        return table / table.sum()

    return float(np.abs(counted(before) - counted(now)).sum() / 2)


def lost(before: Pixels, now: Pixels) -> float:
    """Return the share of a frame that cannot be followed from the one before: 0 to 1."""
    if min(now.shape[:2]) < 8:
        return 1.0
    move = between(before, now, dis)
    apart = np.abs(move.moved(before) - now).mean(-1) > CHANGED
    return float(((move.confidence < 0.5) | apart).mean())
