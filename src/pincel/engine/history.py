"""What has happened in a run: for its record, and for a run that is resumed from a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from pincel.engine.events import Event, Notice, Step, Stopped
from pincel.engine.multiscale import MultiScaleState


@dataclass(frozen=True)
class StepRecord:
    """What is kept of a step: not its picture, and its terms on the device until they are read."""

    step: int
    scale: tuple[int, int]
    total: float
    fetch_terms: Callable[[], Mapping[str, float]]

    @cached_property
    def terms(self) -> Mapping[str, float]:
        """Fetched from the device when first asked for."""
        return self.fetch_terms()


class History:
    """The steps and notes of a run.

    Args:
        notes: From before the first step.

    Attributes:
        notes: What was out of the ordinary, a sentence each, oldest first.
        steps: Of all scales, in order.
        stopped: How the run ended, or how far it is.
        seconds: Duration of the run.
        memory: Most bytes in use after a step.
        pending: Notes that have not been emitted yet.
    """

    def __init__(self, notes: Sequence[str] = ()) -> None:
        self.notes, self.pending = list(notes), list(notes)
        self.steps: list[StepRecord] = []
        self.stopped = Stopped("not started", 0, 0)
        self.seconds = 0.0
        self.memory = 0
        # Number of steps and of notes when last committed.
        self._committed = (0, 0)

    def add(self, event: Event, best_step: int) -> None:
        """Add an event; ``best_step`` is the step of the best picture so far."""
        if isinstance(event, Step):
            self.steps.append(StepRecord(event.step, event.scale, event.total, event.fetch_terms))
            self.seconds, self.memory = event.seconds, max(self.memory, event.memory)
            self.stopped = Stopped("unfinished", event.step, best_step)
        elif isinstance(event, Stopped):
            self.stopped = event
        elif isinstance(event, Notice):
            self.notes.append(event.text)

    def commit(self) -> None:
        """Let checkpoints hold what has been added so far; a resumed run emits later events again."""
        self._committed = len(self.steps), len(self.notes)

    def losses(self) -> list[dict[str, Any]]:
        """Return size (width, height), step, total and terms of each step."""
        return [{"size": [s.scale[1], s.scale[0]], "step": s.step, "total": s.total, **s.terms} for s in self.steps]

    def described(self) -> dict[str, Any]:
        """Return the part of a run's record that says how it went."""
        return {
            "stopped": self.stopped.reason,
            "steps": self.stopped.step,
            "best_step": self.stopped.best_step,
            "seconds": round(self.seconds, 3),
            "peak_memory": self.memory,
            "notes": _in_english(self.notes),
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint holds: everything committed."""
        steps, notes = self._committed
        rows = [[s.step, s.scale, s.total, dict(s.terms)] for s in self.steps[:steps]]
        return {"losses": json.dumps(rows).encode(), "notes": _in_english(self.notes[:notes]), "memory": self.memory}

    def load_state_dict(self, saved: Mapping[str, Any], state: MultiScaleState, notes: Sequence[str]) -> None:
        """Continue the history of a checkpoint.

        Args:
            saved: As :meth:`state_dict` returned it.
            state: Of the run then.
            notes: On the resume; pending, with the present ones that the run did not have then.
        """
        loop, best = state.loop, state.loop.best
        self.pending = [*(note for note in self.notes if note not in saved["notes"]), *notes]
        self.notes = [*saved["notes"], *self.pending]
        self.steps = [
            StepRecord(step, (scale[0], scale[1]), total, partial(dict, terms)) for step, scale, total, terms in json.loads(saved["losses"])
        ]
        self.commit()
        self.stopped = Stopped("unfinished", loop.step, best.step if best else 0)
        self.seconds, self.memory = state.seconds, saved["memory"]


def _in_english(notes: Sequence[str]) -> list[str]:
    """Return notes as records and checkpoints hold them: as plain texts."""
    return [str(note) for note in notes]
