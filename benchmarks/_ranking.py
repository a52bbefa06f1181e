"""Who wins: by the choices of people, and by each measure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from _results import Results


def ranking(results: Results, choices: Sequence[Path]) -> str:
    return ""
