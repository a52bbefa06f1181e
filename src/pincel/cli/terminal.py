"""Standard output, which is for results only."""

from __future__ import annotations

import sys


def echo(text: str = "") -> None:
    """Print a line of result."""
    print(text, file=sys.stdout, flush=True)
