"""Output of a run's process → its record and its events."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any

from pincel.studio.courses import BY_NAME
from pincel.studio.history import StepHistory
from pincel.studio.models import Message, ScaleView, plain
from pincel.studio.records import Record
from pincel.translation import Note, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Seconds between two steps that are published.
INTERVAL = 0.1
EARLY_REASONS = {
    "diverged": _("The run ended early, because the objective became infinite; the best picture is kept."),
    "stationary": _("The run ended early, because there was nothing left to improve."),
    "out of memory": _("The run ended early, because memory ran out; the best picture is kept."),
}


class EventParser:
    """Follows the process of one run.

    Args:
        record: Record of the run; updated.
        publish: Called with type and data of each event.
        steps: Steps of an earlier process of the run.
        clock: Seconds.
    """

    def __init__(
        self, record: Record, publish: Callable[[str, Any], None], steps: list[dict[str, Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.record, self._publish, self._clock = record, publish, clock
        self.history = StepHistory(steps)
        self.last_line = ""
        self._log: list[str] = []
        self._published = -math.inf
        self._pending: dict[str, Any] | None = None
        self._scale = record.view.scale or ScaleView(index=1, count=1)
        # What was done at the first event, of a scale or of a course, and when, in seconds.
        self._first: tuple[float, float] | None = None

    def stdout(self, line: str) -> None:
        """Parse a line of standard output: an event as JSON. Others only go to the log."""
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, TypeError, KeyError):
            self._log.append(line)
            return
        if kind in ("scale", "stopped") and self._pending:
            self._publish_step(self._pending)
        if kind == "scale":
            self._start_scale(event)
        elif kind == "step":
            self._step(event)
        elif kind == "preparing":
            self._prepare(event)
        elif kind == "course":
            self._course(event)
        elif kind == "notice":
            self._log.append(event["text"])
            # The page has a button to resume.
            if event.get("topic") != "resume":
                self._notice(_translatable(event, event["text"]))
        elif kind == "stopped" and event["reason"] in EARLY_REASONS:
            self._notice(Note(EARLY_REASONS[event["reason"]]))

    def stderr(self, line: str) -> None:
        """Take a line of standard error, a download or an error: it is shown as it is, unless the page shows steps instead."""
        if not line:
            return
        self.last_line = line
        self._log.append(line)
        if self.record.view.kind != "transfer" or self.record.view.step is None:
            self._notice(line)

    def take_log(self) -> str:
        """Return the lines of the log that are not on the disk yet, once."""
        lines, self._log = self._log, []
        return "".join(f"{line}\n" for line in lines)

    def _notice(self, text: str) -> None:
        message = Message.of(text)
        if message != self.record.view.message:
            self.record.note(message=message)
            self._publish("notice", plain(message))

    def _prepare(self, event: dict[str, Any]) -> None:
        """Show work before the first step; all work of a study is such."""
        if self.record.view.kind == "study":
            self.record.note(step=event["done"], steps=event["total"])
        elif self.record.view.step is not None:
            return
        self._notice(Note(untranslated("{what} …"), what=_translatable(event, event["what"])))

    def _course(self, event: dict[str, Any]) -> None:
        """Show how far a course is: seconds' worth of work as steps, the page that is being made, and the time left at the pace so far."""
        now, done, total = self._clock(), event["done"], event["total"]
        before, began = self._first = self._first or (done, now)
        left = round((now - began) * (total - done) / (done - before), 1) if done > before else None
        self.record.note(step=round(done), steps=round(total), seconds=round(now - began, 1), seconds_left=left)
        self._notice(Note(BY_NAME[event["page"]].title))

    def _start_scale(self, event: dict[str, Any]) -> None:
        height, width = event["size"]
        self._scale = ScaleView(index=event["index"], count=event["count"])
        self._first = None
        self._clear_message()
        self.record.note(scale=self._scale, size=(width, height), step=0, steps=event["steps"])
        self._publish("run", None)

    def _step(self, event: dict[str, Any]) -> None:
        """Publish a step, unless the last one was published just now."""
        self._first = self._first or (event["step"], event["seconds"])
        if event["step"] in (0, event["steps"]) or self._clock() - self._published >= INTERVAL:
            self._publish_step(event)
        else:
            self._pending = event

    def _publish_step(self, event: dict[str, Any]) -> None:
        height, width = event["scale"]
        self._published, self._pending = self._clock(), None
        step: dict[str, Any] = {
            "step": event["step"],
            "steps": event["steps"],
            "scale": self._scale.model_dump(),
            "size": [width, height],
            "total": event["total"] if math.isfinite(event["total"]) else None,
            "terms": {name: value for name, value in event["terms"].items() if ":" not in name and math.isfinite(value)},
            "seconds": round(event["seconds"], 3),
        }
        left = self._seconds_left(event)
        first = self._clear_message()
        note_step(self.record, step)
        self.record.note(seconds_left=left)
        if first:
            self._publish("run", None)
        self.history.add(step)
        self._publish("step", {**step, "seconds_left": left})

    def _clear_message(self) -> bool:
        """Before the first step, clear the message about preparations; return whether this is before the first step."""
        if self.record.view.step is not None:
            return False
        self.record.note(message=None)
        return True

    def _seconds_left(self, event: dict[str, Any]) -> float | None:
        """Estimate the seconds left: a step costs as much as its pixels; scales to come have the steps of the plan."""
        first, start = self._first or (0, 0.0)
        if event["step"] <= first:
            return None
        pace = (event["seconds"] - start) / (event["step"] - first)
        steps, plan = event["steps"] - event["step"], self.record.plan
        here = len(plan) - (self._scale.count - self._scale.index) - 1
        if not 0 <= here < len(plan):
            return float(pace * steps)
        later = sum(count * (size / plan[here][0]) ** 2 for size, count in plan[here + 1 :])
        return round(float(pace * (steps + later)), 1)


def _translatable(event: dict[str, Any], text: str) -> str:
    """Return the text of an event, as a note if the event says of which message it was made."""
    return Note(Translated.from_data(event)) if "message" in event else text


def note_step(record: Record, step: dict[str, Any]) -> None:
    """Update a record by a step of its history."""
    width, height = step["size"]
    record.note(**{**step, "scale": ScaleView(**step["scale"]), "size": (width, height)})
