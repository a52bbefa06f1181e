"""Tables in Markdown that can be read as plain text too."""

from __future__ import annotations

from collections.abc import Sequence


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right, in line as plain text too."""
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    rule = [("-" * width if index == 0 else "-" * (width - 1) + ":") for index, width in enumerate(widths)]
    aligned = [
        [cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in enumerate(zip(row, widths, strict=True))]
        for row in (heads, rule, *rows)
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in aligned)
