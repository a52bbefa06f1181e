"""What a run remembers of itself: for its record, and for whoever takes it up from a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from pincel.engine.events import Event, Notice, Step, Stopped
from pincel.engine.ladder import ClimbSnapshot


@dataclass(frozen=True)
class Reading:
    """What is kept of a step: not its picture, and its terms still on the device."""

    step: int
    scale: tuple[int, int]
    total: float
    read: Callable[[], Mapping[str, float]]

    @cached_property
    def terms(self) -> Mapping[str, float]:
        """Read from the device when first asked for."""
        return self.read()


class History:
    """The steps of a run and what was said of them.

    Attributes:
        notes: What was out of the ordinary, a sentence each, oldest first.
        readings: One of each step, on all scales.
        stopped: How the run ended, or how far it is.
        seconds: How long it has painted.
        memory: The most bytes that were in use after a step.
        pending: Notes that nobody has been told yet.
    """

    def __init__(self, notes: Sequence[str] = ()) -> None:
        """Begin with notes from before the first step."""
        self.notes, self.pending = list(notes), list(notes)
        self.readings: list[Reading] = []
        self.stopped = Stopped("not started", 0, 0)
        self.seconds = 0.0
        self.memory = 0
        # How many readings and notes there were when last marked.
        self._marked = (0, 0)

    def record(self, event: Event, best_step: int) -> None:
        """Remember an event, and which step has been the best so far."""
        if isinstance(event, Step):
            self.readings.append(Reading(event.step, event.scale, event.total, event.read))
            self.seconds, self.memory = event.seconds, max(self.memory, event.memory)
            self.stopped = Stopped("unfinished", event.step, best_step)
        elif isinstance(event, Stopped):
            self.stopped = event
        elif isinstance(event, Notice):
            self.notes.append(event.text)

    def mark(self) -> None:
        """Let a checkpoint end here: whatever is seen from now on will be told again by the run that goes on from it."""
        self._marked = len(self.readings), len(self.notes)

    def losses(self) -> list[dict[str, Any]]:
        """Return size (width, height), step, total and terms of each step."""
        return [{"size": [s.scale[1], s.scale[0]], "step": s.step, "total": s.total, **s.terms} for s in self.readings]

    def described(self) -> dict[str, Any]:
        """Return what the record of a run says of how it went."""
        return {
            "stopped": self.stopped.reason,
            "steps": self.stopped.step,
            "best_step": self.stopped.best_step,
            "seconds": round(self.seconds, 3),
            "peak_memory": self.memory,
            "notes": self.notes,
        }

    def written(self) -> dict[str, Any]:
        """Return what a checkpoint holds of it: everything up to the mark."""
        readings, notes = self._marked
        rows = [[s.step, s.scale, s.total, dict(s.terms)] for s in self.readings[:readings]]
        return {"losses": json.dumps(rows).encode(), "notes": self.notes[:notes], "memory": self.memory}

    def take_up(self, written: Mapping[str, Any], climb: ClimbSnapshot, news: Sequence[str]) -> None:
        """Go on from what a checkpoint holds.

        Args:
            written: As :meth:`written` returned it.
            climb: Where the run was.
            news: Notes on taking it up; pending, with those of now that the run did not have then.
        """
        loop, best = climb.loop, climb.loop.best
        self.pending = [*(note for note in self.notes if note not in written["notes"]), *news]
        self.notes = [*written["notes"], *self.pending]
        self.readings = [
            Reading(step, (scale[0], scale[1]), total, partial(dict, terms)) for step, scale, total, terms in json.loads(written["losses"])
        ]
        self.mark()
        self.stopped = Stopped("unfinished", loop.step, best.step if best else 0)
        self.seconds, self.memory = climb.seconds, written["memory"]
