"""A film that was painted, and everything about how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FilmResult:
    """A film that was painted.

    Attributes:
        path: Of the film, or the pattern of its pictures.
        record: Film, settings, scenes, seconds, each frame's losses; ready for JSON.
        record_path: Where the record is.
        stopped: Why it ended: ``done``.
    """

    path: Path
    record: Mapping[str, Any] = field(repr=False)
    record_path: Path
    stopped: str = "done"

    @property
    def frames(self) -> int:
        """How many there are."""
        return int(self.record["film"]["frames"])

    def _repr_html_(self) -> str:
        width, height = self.record["size"]
        text = f"{self.path}: {self.frames} frames, {width}×{height}, {self.record['seconds']:.0f} s"
        return f"<p>{escape(text)}</p>"
