"""What a run's process says → its record, its events, its diary on the disk."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pincel.studio.models import Scale
from pincel.studio.records import Record

# Seconds between two steps that are told.
PAUSE = 0.1
# Steps a history has at most.
POINTS = 500
# As 'pincel study' says it where there is no terminal.
_STEP = re.compile(r"step (\d+)/(\d+)")
# Of checkpoints the page has its own way to tell.
_OWN = ("Checkpoints are written every", "To go on with this run:")
_TERMINAL = "Ctrl-C keeps the best picture so far."
EARLY = {
    "diverged": "for nothing finite lay ahead; the best picture is kept",
    "stationary": "for there was nothing left to improve",
    "out of memory": "for want of memory; the best picture is kept",
}


class Follower:
    """Listens to the process of one run.

    Args:
        record: Changed as things happen.
        tell: Is told events: type and data.
        history: Steps told before, where the run goes on.
    """

    def __init__(
        self, record: Record, tell: Callable[[str, Any], None], history: list[dict[str, Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.record, self._tell, self._clock = record, tell, clock
        self.history = history
        self.last = ""
        self.unwritten: list[str] = []
        self.log: list[str] = []
        self._told = -math.inf
        self._untold: dict[str, Any] | None = None
        self._scale = record.view.scale
        self._entered: tuple[int, float] | None = None

    def hear(self, line: str) -> None:
        """Take a line of standard output: an event in JSON, or, of a study, a result."""
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, TypeError, KeyError):
            self.log.append(line)
            return
        if kind in ("scale", "stopped") and self._untold:
            self._tell_step(self._untold)
        if kind == "scale":
            self._enter(event)
        elif kind == "step":
            self._step(event)
        elif kind == "notice" and not event["text"].startswith(_OWN):
            self._say(event["text"])
        elif kind == "stopped" and event["reason"] in EARLY:
            self._say(f"The run ended early, {EARLY[event['reason']]}.")

    def note(self, line: str) -> None:
        """Take a line of standard error: progress for people, or the last words."""
        if not line:
            return
        self.last = line
        self.log.append(line)
        if self.record.view.kind == "study":
            found = _STEP.search(line)
            self.record.note(message=line, **({"step": int(found[1]), "steps": int(found[2])} if found else {}))
            self._tell("notice", {"text": line})
        elif self.record.view.step is None and not line.startswith(_OWN):
            # Before the first step there is nothing else to show.
            self._say(line.removesuffix(_TERMINAL).rstrip())

    def _say(self, text: str) -> None:
        if text != self.record.view.message:
            self.record.note(message=text)
            self._tell("notice", {"text": text})

    def _enter(self, event: dict[str, Any]) -> None:
        """Begin a new scale."""
        height, width = event["size"]
        self._scale = Scale(index=event["index"], count=event["count"])
        self._entered = None
        self._prepared()
        self.record.note(scale=self._scale, size=(width, height), step=0, steps=event["steps"])
        self._tell("run", None)

    def _step(self, event: dict[str, Any]) -> None:
        """Tell a step, unless the last one was told just now."""
        if self._entered is None:
            self._entered = (event["step"], event["seconds"])
        if event["step"] in (0, event["steps"]) or self._clock() - self._told >= PAUSE:
            self._tell_step(event)
        else:
            self._untold = event

    def _tell_step(self, event: dict[str, Any]) -> None:
        """Keep a step, and tell it."""
        height, width = event["scale"]
        self._told, self._untold = self._clock(), None
        terms = {name: value for name, value in event["terms"].items() if ":" not in name and math.isfinite(value)}
        scale = self._scale or Scale(index=1, count=1)
        told: dict[str, Any] = {
            "step": event["step"],
            "steps": event["steps"],
            "scale": scale.model_dump(),
            "size": [width, height],
            "total": event["total"] if math.isfinite(event["total"]) else None,
            "terms": terms,
            "seconds": round(event["seconds"], 3),
        }
        left = self._left(event)
        first = self._prepared()
        self.record.note(**{**told, "scale": scale, "size": (width, height)}, seconds_left=left)
        if first:
            self._tell("run", None)
        self.history.append(told)
        thin(self.history)
        self.unwritten.append(json.dumps(told))
        self._tell("step", {**told, "seconds_left": left})

    def _prepared(self) -> bool:
        """Tell whether this is where painting begins; what was said of the preparations is then of no interest any more."""
        if self.record.view.step is not None:
            return False
        self.record.note(message=None)
        return True

    def _left(self, event: dict[str, Any]) -> float | None:
        """Estimate the seconds left: steps cost what their pixels cost, and scales to come have those of the plan."""
        first, entered = self._entered or (0, 0.0)
        made = event["step"] - first
        if made <= 0:
            return None
        pace = (event["seconds"] - entered) / made
        scale, plan = self._scale or Scale(index=1, count=1), self.record.plan
        here = len(plan) - (scale.count - scale.index) - 1
        if not 0 <= here < len(plan):
            return float(pace * (event["steps"] - event["step"]))
        share = plan[here][0]
        later = sum(steps * (other / share) ** 2 for other, steps in plan[here + 1 :])
        return round(float(pace * (event["steps"] - event["step"] + later)), 1)

    def written(self) -> tuple[str, str]:
        """Return what is not on the disk yet, of the diary and of the log, and forget it."""
        diary = "".join(f"{line}\n" for line in self.unwritten)
        log = "".join(f"{line}\n" for line in self.log)
        self.unwritten, self.log = [], []
        return diary, log


def thin(steps: list[dict[str, Any]]) -> None:
    """Forget every other step of a history that has grown to twice what is told of it, but never the last."""
    if len(steps) >= 2 * POINTS:
        del steps[-3::-2]


def points(steps: list[Any]) -> list[Any]:
    """Choose the steps that are told of a history: evenly, the last one among them."""
    every = math.ceil(len(steps) / (POINTS - 1))
    return [*steps[: -1 : max(1, every)], *steps[-1:]]


def read_history(diary: Path) -> list[dict[str, Any]]:
    """Read the steps of a run from its diary; lines cut short by a crash are left out."""
    try:
        lines = diary.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    steps: list[dict[str, Any]] = []
    for line in points(lines):
        with suppress(ValueError):
            steps.append(json.loads(line))
    return steps


def reached(record: Record, steps: list[dict[str, Any]]) -> None:
    """Note how far a run came by its diary, whose record was last written when it began."""
    for last in steps[-1:]:
        size = (last["size"][0], last["size"][1])
        record.note(**{**last, "scale": Scale(**last["scale"]), "size": size})


def append(path: Path, text: str) -> None:
    """Add text to the end of a file."""
    if text:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
