"""The name of a result for which none was given: ``PHOTO-PAINTING.png`` in the current folder, with -2, -3, … where that exists."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import escape
from itertools import count
from pathlib import Path

SUFFIX = ".png"


@contextmanager
def output_path(given: str | None, content: str, paintings: Sequence[str]) -> Iterator[Path]:
    """Yield the path of a result: the one that was given, or a reserved one (:func:`reserved_name`); of a texture ``PAINTING-texture.png``.

    Raises:
        OutputError: If none was given and nothing can be written into the current folder.
    """
    from pincel.files import default_stem
    from pincel.sources import BLANK

    if given is not None:
        yield Path(given)
        return
    stem = default_stem(*paintings, "texture") if content.startswith(BLANK) else default_stem(content, *paintings)
    with reserved_name(stem) as path:
        yield path


@contextmanager
def reserved_name(stem: str) -> Iterator[Path]:
    """Yield the path of a result in the current folder that no file has, kept from other processes until the block ends.

    The folder for checkpoints of the run, ``NAME.png.checkpoint``, is the reservation: only one process can make it. It is removed if it
    is still empty at the end. A name is taken, too, if checkpoints of another run or pictures of its progress (``NAME-00050.png``) exist.

    Raises:
        OutputError: If nothing can be written into the current folder.
    """
    from pincel.files import check_output

    folder = Path.cwd()
    check_output(folder / f"{stem}{SUFFIX}")
    for path in _candidates(folder, stem):
        place = checkpoint_folder_of(path)
        if is_taken(path) or any(folder.glob(f"{escape(path.stem)}-*[0-9][0-9][0-9][0-9][0-9]{SUFFIX}")):
            continue
        with suppress(FileExistsError):
            place.mkdir()
            break
    try:
        yield path
    finally:
        # It stays if there are checkpoints in it.
        with suppress(OSError):
            place.rmdir()


def is_taken(picture: Path) -> bool:
    """Return whether a picture, or its record, exists."""
    from pincel.engine.result import record_path

    return any(map(os.path.lexists, (picture, record_path(picture))))


def next_free(picture: Path) -> Path:
    """Return the path with the smallest number that does not exist, for a picture whose name was taken while it was painted."""
    return next(path for path in _candidates(picture.parent, picture.stem) if not is_taken(path))


def checkpoint_folder_of(picture: Path) -> Path:
    """Return the folder for checkpoints of a run that were not asked for: beside its picture."""
    # A name of the greatest length must still have a folder.
    from pincel.files import LONGEST

    name = os.fsencode(picture.name)[:LONGEST].decode("utf-8", "ignore")
    return picture.with_name(f"{name}.checkpoint")


def _candidates(folder: Path, stem: str) -> Iterator[Path]:
    yield folder / f"{stem}{SUFFIX}"
    yield from (folder / f"{stem}-{number}{SUFFIX}" for number in count(2))
