"""What was told is remembered, and what a checkpoint holds of it ends where the run goes on."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pincel.engine.events import Notice, Step, Stopped
from pincel.engine.history import History
from pincel.engine.loop import Best, LoopState
from pincel.engine.multiscale import MultiScaleState
from pincel.translation import Note
from pincel.translation import gettext_lazy as _


def step(number: int, *, memory: int = 7, read: Any = None) -> Step:
    return Step(number, 9, (6, 8), 100.0 - number, 2.0 * number, memory, lambda: None, read or (lambda: {"content": 1.0}))  # type: ignore[arg-type, return-value]


def place(number: int) -> MultiScaleState:
    x = torch.zeros(1, 3, 6, 8)
    return MultiScaleState(0, (), x, LoopState(x, None, step=number, best=Best(number - 1, 99.0, x)), 30.0, 0.0)


def test_nothing_has_happened_yet() -> None:
    assert History().described() == {
        "stopped": "not started",
        "steps": 0,
        "best_step": 0,
        "seconds": 0.0,
        "peak_memory": 0,
        "notes": [],
    }


def test_steps_notes_and_the_end_are_remembered() -> None:
    history = History()
    for event, best in ((step(0, memory=9), 0), (Notice("A word."), 0), (step(1), 1)):
        history.add(event, best)
    assert history.losses()[1] == {"size": [8, 6], "step": 1, "total": 99.0, "content": 1.0}
    told = {"stopped": "unfinished", "steps": 1, "best_step": 1, "seconds": 2.0, "peak_memory": 9, "notes": ["A word."]}
    assert history.described() == told
    history.add(Stopped("settled", 1, 0), 1)
    assert history.described() == {**told, "stopped": "settled", "best_step": 0}


def test_what_is_recorded_of_a_note_is_plain_text() -> None:
    history = History([Note(_("there are no masks"))])
    history.add(Notice(Note(_("there are no coarser scales"))), 0)
    history.commit()
    for notes in (history.described()["notes"], history.state_dict()["notes"]):
        assert [(note, type(note)) for note in notes] == [("there are no masks", str), ("there are no coarser scales", str)]


def test_terms_are_read_once_and_not_before_they_are_asked_for() -> None:
    asked: list[int] = []
    history = History()

    def read() -> dict[str, float]:
        asked.append(1)
        return {"style": 2.0}

    history.add(step(0, read=read), 0)
    assert asked == []
    assert history.losses() == history.losses()
    assert asked == [1]


def test_a_checkpoint_ends_at_the_mark_and_the_run_goes_on_from_there() -> None:
    history = History()
    history.notes.append("Seen at the beginning.")
    history.add(step(0), 0)
    history.commit()
    history.add(step(1), 1)
    history.add(Notice("Told after the mark."), 1)
    written = history.state_dict()

    again = History(["Seen at the beginning.", "New on this machine."])
    again.load_state_dict(written, place(1), ["Goes on."])
    assert again.pending == ["New on this machine.", "Goes on."]
    assert again.notes == ["Seen at the beginning.", "New on this machine.", "Goes on."]
    assert again.losses() == history.losses()[:1]
    assert again.described()["seconds"] == pytest.approx(30)
    assert (again.stopped.step, again.stopped.best_step, again.memory) == (1, 0, 7)
    # Cut short at once, it leaves what it found, and what it said of that.
    assert again.state_dict() == {**written, "notes": again.notes}
