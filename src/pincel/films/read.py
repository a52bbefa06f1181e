"""Opens films of all kinds; they are read frame by frame, with one frame in memory at a time.

::

    film = open_film("holiday.mp4")
    for frame in film.read():
        frame.pixels        # (height, width, 3), upright
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from pincel.colors import DEFAULT_BACKGROUND, parse_color
from pincel.errors import FilmError, closest
from pincel.extras import require_extra
from pincel.files import one_line, quoted
from pincel.films.animation import KINDS, open_animation
from pincel.films.base import Film
from pincel.films.decode import open_video
from pincel.films.sequence import is_pattern, open_pictures
from pincel.films.stills import ACCEPTED, kind_of, no_film
from pincel.films.synthetic import open_sample
from pincel.images.formats import HEIC
from pincel.samples import PREFIX

# Frames a second of pictures without times.
RATE = Fraction(24)


def open_film(source: str | os.PathLike[str], rate: Fraction | None = None, background: str = DEFAULT_BACKGROUND) -> Film:
    """Open a film.

    A name of an existing file or folder is that, whatever it looks like; else it is ``sample:NAME``, or a pattern.

    Args:
        source: A file, a folder of pictures or a pattern of their names, or ``sample:NAME``.
        rate: Frames a second of pictures without times; 24 when left out.
        background: Color behind transparent parts; see :func:`pincel.colors.parse_color`.

    Raises:
        FilmError: If it does not exist, is no film, or has no pictures; with a hint.
        OptionError: If the background is no color.
        ExtraMissingError: If films cannot be read or painted here, with the command that installs what is missing.
    """
    require_extra("cv2", extra="video", what="films")
    parse_color(background)
    text = os.fspath(source)
    path = Path(text)
    if text and path.exists() and not path.is_dir():
        return _open_file(text, background)
    if not path.is_dir() and text.startswith(PREFIX):
        return open_sample(text)
    if path.is_dir() or is_pattern(path):
        return open_pictures(text, rate or RATE, background)
    raise _missing(text)


def _open_file(text: str, background: str) -> Film:
    """Open a file, whose kind is determined by its first bytes and not by its name."""
    path = Path(text)
    if not path.is_file():
        hint = "a file that it is written to first"
        raise FilmError(one_line("film: is a device or a pipe, and a film is read more than once", quoted(text), ACCEPTED, hint))
    if path.stat().st_size == 0:
        raise FilmError(one_line("film: the file is empty", quoted(text), ACCEPTED, "another copy of it"))
    kind = kind_of(text)
    if kind is not None and kind.name in KINDS:
        return open_animation(text, background)
    if kind is HEIC:
        raise no_film(text)
    return open_video(text, background)


def _missing(text: str) -> FilmError:
    """Return the error for a film that does not exist, with the closest name that does."""
    path = Path(text)
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        names = []
    hint = closest(path.name, names).removeprefix(" Did you mean ").rstrip("?") or "the path as seen from the current folder"
    return FilmError(one_line("film: no such file", quoted(text), ACCEPTED, hint))
