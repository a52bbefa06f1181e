"""Steps of a run: thinned in memory, appended to ``events.jsonl`` on the disk."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

# Steps that are sent of a history, at most.
POINTS = 500


class StepHistory:
    """Steps of a run, as they are sent to the page; ``steps`` are those of an earlier process."""

    def __init__(self, steps: list[dict[str, Any]]) -> None:
        self.steps = steps
        self._unwritten: list[str] = []

    def add(self, step: dict[str, Any]) -> None:
        """Add a step."""
        self.steps.append(step)
        thin(self.steps)
        self._unwritten.append(json.dumps(step))

    def take_unwritten(self) -> str:
        """Return the lines that are not on the disk yet, once."""
        lines, self._unwritten = self._unwritten, []
        return "".join(f"{line}\n" for line in lines)


def thin(steps: list[dict[str, Any]]) -> None:
    """Drop every other step, but never the last, of a history twice as long as what is sent of it."""
    if len(steps) >= 2 * POINTS:
        del steps[-3::-2]


def downsample(steps: list[Any]) -> list[Any]:
    """Return at most :data:`POINTS` steps, evenly spaced, the last one among them."""
    every = math.ceil(len(steps) / (POINTS - 1))
    return [*steps[: -1 : max(1, every)], *steps[-1:]]


def read_history(path: Path) -> list[dict[str, Any]]:
    """Read the steps of a run, downsampled; lines cut short by a crash are skipped."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    steps: list[dict[str, Any]] = []
    for line in downsample(lines):
        with suppress(ValueError):
            steps.append(json.loads(line))
    return steps


def append(path: Path, text: str) -> None:
    """Add text to the end of a file."""
    if text:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
