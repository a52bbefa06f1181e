"""Errors for still pictures that are given as films."""

from __future__ import annotations

import shlex
from pathlib import Path

from pincel.errors import FilmError
from pincel.files import one_line, quoted
from pincel.images.formats import HEAD, FileKind, identify, is_readable
from pincel.images.opening import opened_file

ACCEPTED = "a film (mp4, mov, mkv, webm, avi …), an animation (GIF, WebP, PNG, AVIF), a folder of pictures, frames/%05d.png, or sample:pan"
# Kinds of pictures that may hold several, none of them a film.
PAGED = frozenset({"JPEG", "TIFF"})


def kind_of(path: str) -> FileKind | None:
    """Return the kind of a file by its first bytes, or None if it is unknown; raises FilmError if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return identify(file.read(HEAD))
    except OSError as error:
        failed = f"film: cannot be read, {(error.strerror or str(error)).lower()}"
        raise FilmError(one_line(failed, quoted(path), ACCEPTED, "another file, or other permissions of this one")) from error


def no_film(path: str) -> FilmError:
    """Return the error for a picture that is given as a film."""
    kind = kind_of(path)
    pages = _pages(path) if kind and kind.name in PAGED else 1
    name = f" ({kind.name})" if kind else ""
    if pages > 1:
        failed = f"film: holds {pages} pictures{name} without times, and is no film"
        return FilmError(one_line(failed, quoted(path), ACCEPTED, "its pictures as files of a folder, such as frames/%05d.png"))
    hint = f"pincel transfer {shlex.quote(path)} STYLE -o OUT.png, which paints it"
    if kind and not is_readable(kind):
        hint = kind.advice
    return FilmError(one_line(f"film: is a single picture{name}", quoted(path), ACCEPTED, hint))


def _pages(path: str) -> int:
    """Count the pages of a TIFF or the views of a JPEG; 1 for what cannot be opened."""
    try:
        with opened_file(path) as image:
            return int(getattr(image, "n_frames", 1))
    except Exception:  # damaged files make readers raise anything
        return 1
