"""Pictures from files, folders, patterns of names and samples; with suggestions for those that do not exist."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeAlias

from pincel.errors import PictureMissingError, closest
from pincel.files import one_line, quoted
from pincel.images.folder import FolderListing, list_pictures, select_pictures
from pincel.images.formats import has_picture_suffix
from pincel.samples import PREFIX, find_sample, sample_names
from pincel.sources import BLANK

ACCEPTED = "a picture, a folder of pictures, a pattern such as 'photos/*.jpg', or sample:NAME"
Notify: TypeAlias = Callable[[str], None]
_MAGIC = ("*", "?", "[")


def pictures(texts: Sequence[str], what: str, *, outside: Path | None = None, notify: Notify = lambda _: None) -> list[str]:
    """Return the pictures of files, folders, patterns and samples, in order, each once.

    Args:
        texts: Files, ``sample:NAME``, folders (the pictures in them), and patterns: ``photos/*.jpg``, ``photos/**/*`` for those in folders
            below too, ``sample:w*``.
        what: Their name in messages (``contents``).
        outside: A folder whose pictures count only if they are named one by one: that of the results.
        notify: Called with a note on the files of a folder or a pattern that are left out.

    Raises:
        PictureMissingError: For a text that stands for no picture, with the closest match.
        UnknownNameError: For a sample that does not exist.
    """
    found: dict[str, str] = {}
    for text in texts:
        listing = _expand(text, what)
        places = listing if isinstance(listing, list) else [str(path) for path in listing.paths if not _lies_in(str(path), outside)]
        if isinstance(listing, FolderListing):
            for note in listing.notes:
                notify(note)
        if not places:
            there = isinstance(listing, FolderListing) and listing.paths
            failed = "all pictures there lie in the folder of the results" if there else "no pictures there"
            hint = "" if os.path.exists(text) else suggest(text)
            raise PictureMissingError(one_line(failed, quoted(text), ACCEPTED, hint or "another folder or pattern"), about=what)
        for place in places:
            found.setdefault(place if place.startswith((PREFIX, BLANK)) else os.path.realpath(place), place)
    return list(found.values())


def _expand(text: str, what: str) -> list[str] | FolderListing:
    """Return the one picture a text names, or those of a folder or a pattern. A file comes before a pattern: it may be called [1].jpg."""
    if text.startswith(PREFIX):
        return _samples(text)
    if text.startswith(BLANK) or os.path.isfile(text):
        return [text]
    if os.path.isdir(text):
        return list_pictures(Path(text))
    if any(sign in text for sign in _MAGIC):
        return select_pictures(path for path in map(Path, glob.glob(text, recursive=True)) if path.is_file())
    raise PictureMissingError(one_line("there is no such file", quoted(text), ACCEPTED, suggest(text) or "look at the path"), about=what)


def _samples(text: str) -> list[str]:
    if any(sign in text for sign in _MAGIC):
        return [PREFIX + name for name in sample_names() if fnmatch(name, text.removeprefix(PREFIX))]
    find_sample(text)
    return [text]


def _lies_in(place: str, folder: Path | None) -> bool:
    return folder is not None and os.path.realpath(place).startswith(os.path.join(os.path.realpath(folder), ""))


def suggest(text: str) -> str:
    """Return the closest existing path to the first part of one that does not exist, in quotes; or nothing."""
    path = Path(text)
    folder = next((above for above in path.parents if above.is_dir()), Path())
    missing = path.relative_to(folder).parts[0] if path.parts else ""
    try:
        names = [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError:
        return ""
    name = closest_name(missing, names)
    return quoted(folder / name) if name else ""


def closest_name(name: str, known: Iterable[str]) -> str:
    """Return the closest known name, as :func:`pincel.errors.closest` suggests it, or nothing.

    Example:
        >>> closest_name("contnt", ["content", "style"])
        'content'
    """
    return closest(name, known).removeprefix(" Did you mean '").removesuffix("'?")


def is_folder(place: str) -> bool:
    """Return whether a style is a folder of pictures."""
    return not place.startswith((PREFIX, BLANK)) and os.path.isdir(place)


def basename(place: str) -> str:
    """Return the name of a picture in those of results: the name of its file, folder or sample.

    Example:
        >>> basename("photos/night.final.jpg"), basename("sample:harbour"), basename("paintings/")
        ('night.final', 'harbour', 'paintings')
    """
    if place.startswith((PREFIX, BLANK)):
        return place.partition(":")[2]
    path = Path(place)
    return path.stem if has_picture_suffix(path.name) else path.name


def folder_of(place: str) -> str:
    """Return the name of the folder a picture is in; ``sample`` for a sample.

    Example:
        >>> folder_of("photos/2024/night.jpg"), folder_of("sample:harbour")
        ('2024', 'sample')
    """
    if place.startswith((PREFIX, BLANK)):
        return place.partition(":")[0]
    return Path(os.path.abspath(place)).parent.name
