"""Pictures in a folder, or of numbered names, as a film."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from pincel.errors import FilmError, PictureError
from pincel.files import one_line, quoted
from pincel.film.base import Colour, Film, Frame, Pixels
from pincel.image.io import SUFFIXES, load_picture, picture_files

# %d, %5d or %05d.
NUMBER = re.compile(r"%0?(\d*)d")
ACCEPTED = "a folder of pictures, or a pattern such as frames/%05d.png"


def open_pictures(text: str, rate: Fraction) -> Film:
    """Look at pictures that are a film; raises FilmError if there are none."""
    paths = picture_paths(text)
    if not paths:
        hint = f"a folder with {', '.join(sorted(SUFFIXES))}"
        raise FilmError(one_line("film: no pictures are there", quoted(text), ACCEPTED, hint))
    try:
        first = load_picture(paths[0], what="frame")
    except PictureError as error:
        raise FilmError(str(error)) from error
    missing = _gaps(text, paths)
    return Film(
        path=text,
        kind="pictures",
        width=first.width,
        height=first.height,
        frames=len(paths),
        rate=rate,
        tick=1 / rate,
        duration=float(len(paths) / rate),
        colour=Colour(matrix=1, limited=True, primaries=1, transfer=13),
        notes=(f"{missing} numbers are missing among the pictures; the film goes on without them.",) if missing else (),
    )


def picture_paths(text: str) -> list[Path]:
    """List the pictures of a folder by name, or those of a pattern by number."""
    path = Path(text)
    if path.is_dir():
        return picture_files(path)
    return [found for _, found in sorted(_numbered(path))]


def check_pattern(path: Path) -> None:
    """Raise FilmError unless a name has a place for one number and is that of a picture."""
    if len(NUMBER.findall(path.name)) != 1 or path.name.count("%") != 1:
        raise FilmError(one_line("film: the name has no place for one number", quoted(path), ACCEPTED, quoted(path.with_name("%05d.png"))))


def _numbered(path: Path) -> list[tuple[int, Path]]:
    check_pattern(path)
    before, after = NUMBER.sub("%", path.name).split("%")
    name = re.compile(rf"{re.escape(before)}(\d+){re.escape(after)}")
    if not path.parent.is_dir():
        return []
    found = ((name.fullmatch(entry.name), entry) for entry in path.parent.iterdir())
    return [(int(match[1]), entry) for match, entry in found if match]


def _gaps(text: str, paths: list[Path]) -> int:
    if Path(text).is_dir():
        return 0
    numbers = sorted(number for number, _ in _numbered(Path(text)))
    return numbers[-1] - numbers[0] + 1 - len(paths)


def read_pictures(film: Film, start: int, _at: Fraction | None) -> Iterator[Frame]:
    """Read pictures from one on; see :meth:`Film.read`."""
    paths = picture_paths(film.path)
    for index in range(start, len(paths)):
        pixels, found = _newest(paths, index)
        trouble = "repeated" if found < index else ""
        if pixels.shape[:2] != (film.height, film.width):
            pixels = np.asarray(Image.fromarray(pixels).resize((film.width, film.height), Image.Resampling.LANCZOS))
            trouble = trouble or "resized"
        yield Frame(index, index / film.rate, pixels, trouble)


def _newest(paths: list[Path], index: int) -> tuple[Pixels, int]:
    """Return the last picture up to one that can be read, and its number."""
    for number in range(index, -1, -1):
        with suppress(PictureError):
            picture = load_picture(paths[number], what="frame")
            return (picture.pixels[0].permute(1, 2, 0) * 255).round().byte().numpy(), number
    raise FilmError(one_line("film: not one of its pictures can be read", quoted(paths[0]), ACCEPTED, "another copy of it"))
