"""The pictures of a folder, the same for batches, styles, calibration, training, films, studies and tables.

A file is a picture by its suffix, or else by its first bytes. Hidden files, and what systems leave in folders, never are: a Mac writes
``._1.jpg`` beside ``1.jpg``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pincel.files import natural_key
from pincel.images.formats import HEAD, has_picture_suffix, identify, is_readable

_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "icon\r"})
_LISTED = 3


@dataclass(frozen=True)
class FolderListing:
    """The pictures of a folder.

    Attributes:
        paths: Of the pictures, in natural order: 2.png before 10.png.
        left_out: The other files, each with the reason.
    """

    paths: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence that says which files are left out, and why; nothing if none is."""
        if not self.left_out:
            return ()
        shown = ", ".join(f"{path.name!r} ({reason})" for path, reason in self.left_out[:_LISTED])
        more = f", and {len(self.left_out) - _LISTED} more" if len(self.left_out) > _LISTED else ""
        return (f"{self.left_out[0][0].parent}: {len(self.left_out)} of the files left out: {shown}{more}.",)


def list_pictures(folder: Path, *, recursive: bool = False) -> FolderListing:
    """List the pictures of a folder.

    Args:
        folder: Where they are.
        recursive: Whether folders inside are listed too, hidden ones excepted.

    Raises:
        OSError: If the folder cannot be listed; of those inside, what cannot be listed is passed over.
    """
    return select_pictures(_walk(folder) if recursive else (path for path in folder.iterdir() if not path.is_dir()))


def select_pictures(paths: Iterable[Path]) -> FolderListing:
    """Return those of some files that are pictures, in natural order, and why the others are not."""
    reasons = [(path, reason_against(path)) for path in sorted(paths, key=lambda path: natural_key(os.fspath(path)))]
    return FolderListing(
        tuple(path for path, reason in reasons if not reason),
        tuple((path, reason) for path, reason in reasons if reason),
    )


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of that name is hidden, or one that a system left there."""
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def reason_against(path: Path) -> str:
    """Return why a file is not taken for a picture, or nothing if it is taken for one."""
    if is_hidden(path.name):
        return "hidden"
    if not path.is_file():
        return "not a file"
    if has_picture_suffix(path.name):
        return ""
    try:
        with path.open("rb") as stream:
            kind = identify(stream.read(HEAD))
    except OSError as error:
        return (error.strerror or "cannot be read").lower()
    if is_readable(kind):
        return ""
    return kind.name if kind else "not a picture"


def _walk(folder: Path) -> Iterable[Path]:
    os.scandir(folder).close()
    walked: set[str] = set()
    for where, inside, names in os.walk(folder, followlinks=True):
        walked.add(os.path.realpath(where))  # a link may lead back to where it lies
        inside[:] = [name for name in inside if not is_hidden(name) and os.path.realpath(os.path.join(where, name)) not in walked]
        yield from (Path(where) / name for name in names)
