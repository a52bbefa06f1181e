"""Films are opened here, whatever they are stored as, and read frame by frame: however long they are, one frame is held at a time.

::

    film = open_film("holiday.mp4")
    for frame in film.read():
        frame.pixels        # (height, width, 3), upright
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from pincel.errors import FilmError, closest
from pincel.extras import need
from pincel.files import one_line, quoted
from pincel.film.animation import open_animation
from pincel.film.base import READERS, Film, Frame
from pincel.film.decode import open_video
from pincel.film.rendered import open_sample
from pincel.film.sequence import open_pictures
from pincel.image.io import SUFFIXES
from pincel.samples import PREFIX

__all__ = ["READERS", "Film", "Frame", "open_film"]

ACCEPTED = "a film (mp4, mov, mkv, webm, avi …), an animation (GIF, WebP, PNG), a folder of pictures, frames/%05d.png, or sample:pan"
# Frames a second of pictures that come without times.
RATE = Fraction(24)

ANIMATIONS = frozenset({".gif", ".webp", ".png", ".apng"})


def open_film(source: str | os.PathLike[str], rate: Fraction | None = None) -> Film:
    """Look at a film's beginning.

    Args:
        source: A file, a folder of pictures or a pattern of their names, or ``sample:NAME``.
        rate: Frames a second of pictures that come without times; 24 when left out.

    Raises:
        FilmError: If it is not there, no film, or has no pictures; with what to try.
        ExtraMissingError: If films cannot be read or painted here, with the command that installs what is missing.
    """
    need("cv2", extra="video", what="films")
    text = os.fspath(source)
    if text.startswith(PREFIX):
        return open_sample(text)
    if "%" in Path(text).name or Path(text).is_dir():
        return open_pictures(text, rate or RATE)
    check_there(text)
    suffix = Path(text).suffix.lower()
    if suffix in ANIMATIONS:
        return open_animation(text)
    if suffix in SUFFIXES:
        failed = "film: is a single picture"
        raise FilmError(one_line(failed, quoted(text), ACCEPTED, f"pincel transfer {text} STYLE -o OUT.png"))
    return open_video(text)


def check_there(text: str) -> None:
    """Raise FilmError unless there is a file of that name, that holds something."""
    path = Path(text)
    if not text or not path.exists():
        try:
            names = [entry.name for entry in path.parent.iterdir()]
        except OSError:
            names = []
        hint = closest(path.name, names).removeprefix(" Did you mean ").rstrip("?") or "the path as seen from the current folder"
        raise FilmError(one_line("film: no such file", quoted(text), ACCEPTED, hint))
    if path.is_file() and path.stat().st_size == 0:
        raise FilmError(one_line("film: the file is empty", quoted(text), ACCEPTED, "another copy of it"))
