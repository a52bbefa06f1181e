"""Pictures in a folder, or of numbered names, as a film."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import FilmError, PictureError
from pincel.files import one_line, quoted
from pincel.films.base import SRGB, Film, Frame, check_size
from pincel.films.pixels import has_transparency, to_frame
from pincel.images.decode import Decoded, decode
from pincel.images.folder import FolderListing, list_pictures, select_pictures
from pincel.images.formats import SUFFIXES, has_picture_suffix

# %d, %5d or %05d.
NUMBER = re.compile(r"%0?(\d{0,2})d")
ACCEPTED = "a folder of pictures, or a pattern such as frames/%05d.png"


def open_pictures(text: str, rate: Fraction, background: str = DEFAULT_BACKGROUND) -> Film:
    """Open pictures as a film.

    Args:
        text: A folder, or a pattern of names.
        rate: Frames a second.
        background: Color behind transparent parts.

    Raises:
        FilmError: If there are none, or not one that can be read.
    """
    listing = _listed(Path(text))
    if not listing.paths:
        hint = f"a folder with {', '.join(sorted(SUFFIXES))}"
        raise FilmError(one_line("film: no pictures are there", quoted(text), ACCEPTED, hint))
    first, _ = _nearest(list(listing.paths), 0)
    height, width = first.colors.shape[:2]
    check_size(text, width, height)
    missing = _gaps(Path(text), listing)
    return Film(
        path=text,
        kind="pictures",
        width=width,
        height=height,
        frames=len(listing.paths),
        rate=rate,
        time_base=1 / rate,
        duration=float(len(listing.paths) / rate),
        color=SRGB,
        background=background,
        notes=(
            *listing.notes,
            *(f"Of the frames: {note}." for note in first.notes),
            *((f"The pictures have transparent parts; they are seen on {background}.",) if has_transparency(first) else ()),
            *((f"{missing} numbers are missing among the pictures; the film goes on without them.",) if missing else ()),
        ),
    )


def is_pattern(path: Path) -> bool:
    """Return whether a name is a pattern of numbered pictures: no file has it, it has a field for a number, and a picture's suffix.

    Any other % in the path is an ordinary character.

    Raises:
        FilmError: If it has several such fields.
    """
    places = len(NUMBER.findall(path.name))
    if not places or path.exists() or not has_picture_suffix(path.name):
        return False
    if places > 1:
        failed = "film: the name has places for several numbers"
        raise FilmError(one_line(failed, quoted(path), ACCEPTED, quoted(path.with_name(f"%05d{path.suffix}"))))
    return True


def numbered(pattern: Path, number: int) -> Path:
    """Return the name of a picture by its number."""
    name = NUMBER.sub(lambda match: f"{number:0{match[1] or 0}d}", pattern.name)
    return pattern.with_name(name)


def picture_paths(text: str) -> list[Path]:
    """List the pictures of a folder in natural order, or those of a pattern by number."""
    return list(_listed(Path(text)).paths)


def _listed(path: Path) -> FolderListing:
    try:
        if path.is_dir():
            return list_pictures(path)
        return select_pictures(entry for _, entry in _matching(path))
    except OSError as error:
        failed = f"film: the folder cannot be listed, {(error.strerror or str(error)).lower()}"
        raise FilmError(one_line(failed, quoted(path), ACCEPTED, "another folder, or other permissions of this one")) from error


def _matching(pattern: Path) -> list[tuple[int, Path]]:
    before, after = NUMBER.split(pattern.name)[::2]
    name = re.compile(rf"{re.escape(before)}(\d+){re.escape(after)}")
    if not pattern.parent.is_dir():
        return []
    matches = ((name.fullmatch(entry.name), entry) for entry in pattern.parent.iterdir())
    return sorted((int(match[1]), entry) for match, entry in matches if match)


def _gaps(path: Path, listing: FolderListing) -> int:
    """Return how many numbers are missing between the first picture of a pattern and the last; 0 for a folder."""
    if path.is_dir():
        return 0
    pictures = set(listing.paths)
    numbers = {number for number, entry in _matching(path) if entry in pictures}
    return len(range(min(numbers), max(numbers) + 1)) - len(numbers)


def read_pictures(film: Film, start: int, _at: Fraction | None) -> Iterator[Frame]:
    """Read pictures from one on; see :meth:`Film.read`."""
    paths = picture_paths(film.path)
    for index in range(start, len(paths)):
        decoded, number = _nearest(paths, index)
        pixels, trouble = to_frame(decoded, film)
        yield Frame(index, index / film.rate, pixels, trouble if number == index else "repeated")


def _nearest(paths: list[Path], index: int) -> tuple[Decoded, int]:
    """Return the nearest readable picture, preferably before the index, and its number."""
    for number in (*range(index, -1, -1), *range(index + 1, len(paths))):
        with suppress(PictureError, OSError):
            return decode(paths[number].read_bytes(), what="frame", given=quoted(paths[number])), number
    raise FilmError(one_line("film: not one of its pictures can be read", quoted(paths[0]), ACCEPTED, "another copy of it"))
