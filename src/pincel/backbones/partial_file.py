"""The part of a file that has come so far, beside where the whole will be."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PartialFile:
    """What is here of a file, with a note of where it came from.

    Attributes:
        path: Of the part.
    """

    path: Path

    @property
    def note(self) -> Path:
        """Where the note is."""
        return self.path.with_name(f"{self.path.name}.json")

    def length(self) -> int:
        """Return how many bytes are here."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def origin(self) -> tuple[str, str]:
        """Return the address it came from, and what that server calls this version of the file; or nothing."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            note = json.loads(self.note.read_text(encoding="utf-8"))
            return str(note["url"]), str(note["version"])
        return "", ""

    def comes_from(self, url: str, version: str) -> None:
        """Note where it comes from."""
        self.note.write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")

    def drop(self) -> None:
        """Begin anew."""
        self.note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def partial_file(path: Path) -> PartialFile:
    """Return what is here of the file that will be ``path``."""
    return PartialFile(path.with_name(f"{path.name}.part"))
