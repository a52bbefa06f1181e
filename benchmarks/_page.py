"""Pages."""

from __future__ import annotations

from _results import Results


def write_pages(results: Results) -> None:
    return None
