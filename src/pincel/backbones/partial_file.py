"""A partial download, beside the path of the whole file."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PartialFile:
    """The part of a file downloaded so far, with a note of its origin.

    Attributes:
        path: Of the part.
    """

    path: Path

    @property
    def note(self) -> Path:
        """Path of the note."""
        return self.path.with_name(f"{self.path.name}.json")

    def length(self) -> int:
        """Return the bytes downloaded so far."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def origin(self) -> tuple[str, str]:
        """Return the address it came from and the version of the file there; empty if unknown."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            note = json.loads(self.note.read_text(encoding="utf-8"))
            return str(note["url"]), str(note["version"])
        return "", ""

    def set_origin(self, url: str, version: str) -> None:
        """Note where it comes from."""
        self.note.write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")

    def drop(self) -> None:
        """Delete it."""
        self.note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def partial_file(path: Path) -> PartialFile:
    """Return the partial download of ``path``."""
    return PartialFile(path.with_name(f"{path.name}.part"))
