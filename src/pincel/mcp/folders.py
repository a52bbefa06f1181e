"""Which files an assistant may name: those in folders that the user named when the server started, and samples."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from pincel.errors import OptionError, OutputError
from pincel.files import check_output, one_line, quoted
from pincel.images.formats import SUFFIXES
from pincel.images.io import check_format
from pincel.samples import PREFIX, find_sample


class AllowedFolders:
    """Folders in which files may be read and written, with everything below them; names are of the first unless they are whole paths.

    A name is followed to where it really leads before it is compared: a link out of a folder leads out of it.

    Args:
        folders: At least one.

    Raises:
        OptionError: If one is no folder.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise OptionError(one_line("mcp: no such folder", quoted(folder), "a folder that exists", "its whole path"))
        self.folders = tuple(folder.resolve() for folder in folders)

    def picture(self, name: str) -> str:
        """Return the path of a picture that may be read, or a sample's name as it is.

        Raises:
            OptionError: If it lies elsewhere, or there is none.
            UnknownNameError: For a sample there is not.
        """
        if name.startswith(PREFIX):
            find_sample(name)
            return name
        path = self._inside(name, "read")
        if not path.is_file():
            raise OptionError(one_line("no such picture", quoted(name), "a file, or sample:NAME", "the tool list_pictures"))
        return str(path)

    def pictures(self, below: str | None = None) -> list[str]:
        """Return the names of all pictures in the folders, or below one of their folders, in order.

        Raises:
            OptionError: If that one lies elsewhere, or there is none.
        """
        places = self.folders if below is None else (self._inside(below, "read"),)
        if not all(place.is_dir() for place in places):
            raise OptionError(one_line("no such folder", quoted(below or ""), "a folder", "list_pictures without one"))
        found = [path for place in places for path in sorted(place.rglob("*")) if path.suffix.lower() in SUFFIXES]
        return [self.name_of(path) for path in found if path.is_file() and self._is_inside(path.resolve())]

    def new_picture(self, name: str | None, stem: str) -> Path:
        """Return the path of a picture to write, where there is none.

        Args:
            name: As the assistant wants it; None for one of the first folder that is free.
            stem: Without extension, where no name is given.

        Raises:
            OutputError: If there is such a file, or it cannot be written there.
            OptionError: If it lies elsewhere.
        """
        if name is None:
            path = next(path for path in self._numbered(f"{stem}.png") if not _is_taken(path))
        else:
            path = self._inside(name, "written")
            check_format(path)
            if _is_taken(path):
                raise OutputError(one_line("a file has this name", quoted(name), "a new name", quoted(self._free(name))))
        return check_output(path)

    def new_folder(self, name: str | None, stem: str) -> Path:
        """Return a folder to write into, which is not there yet or is empty; errors as of :meth:`new_picture`."""
        if name is None:
            return next(path for path in self._numbered(stem) if not os.path.lexists(path))
        path = self._inside(name, "written")
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise OutputError(one_line("not a new folder", quoted(name), "the name of a new folder", "another name"))
        return path

    def name_of(self, path: Path) -> str:
        """Return how a path is named to the assistant: without the first folder, or whole."""
        first = self.folders[0]
        return str(path.relative_to(first)) if path.is_relative_to(first) else str(path)

    def _inside(self, name: str, done: str) -> Path:
        try:
            path = (self.folders[0] / name).resolve()
        except (OSError, ValueError) as error:
            raise OptionError(one_line("not a name of a file", quoted(name), "a path", "another name")) from error
        if not self._is_inside(path):
            allowed = ", ".join(map(str, self.folders))
            raise OptionError(one_line(f"may not be {done}", quoted(name), f"what is in {allowed}", "pincel mcp with that folder, too"))
        return path

    def _is_inside(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in self.folders)

    def _numbered(self, name: str) -> Iterator[Path]:
        whole = Path(name)
        names = (f"{whole.stem}{f'-{number}' if number > 1 else ''}{whole.suffix}" for number in count(1))
        return (self.folders[0] / each for each in names)

    def _free(self, name: str) -> str:
        path = Path(name)
        return next(
            str(other)
            for other in (path.with_stem(f"{path.stem}-{number}") for number in count(2))
            if not _is_taken(self.folders[0] / other)
        )


def _is_taken(picture: Path) -> bool:
    """Return whether a picture, or its record, is there."""
    return any(map(os.path.lexists, (picture, picture.with_suffix(".json"))))
