"""Teaching on the terminal: a bar with J and the time left, or a line now and then where there is no terminal to redraw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pincel.cli.progress import View
from pincel.cli.training import duration

if TYPE_CHECKING:
    from pincel.teach.events import Began, Learnt, TeachingEvent


class TeachingBar(View):
    """Shows the events of a network that is taught: one bar."""

    timed, transient = False, True

    def show(self, event: TeachingEvent) -> None:
        """Show one event."""
        from pincel.engine.events import Notice
        from pincel.teach.events import Began, Learnt

        if isinstance(event, Notice):
            self.notice(event)
        elif isinstance(event, Began):
            self.line(began(event))
            self.move("learning", event.step, event.steps)
        elif isinstance(event, Learnt):
            self._learn(event)

    def _learn(self, event: Learnt) -> None:
        terms = " · ".join(f"{name} {value:.3g}" for name, value in event.terms.items())
        told = f"J {event.total:.4g} · {terms} · {duration(event.left)} left"
        self.move("learning", event.step, event.steps, told)
        self.line_if_due(f"step {event.step} of {event.steps} · {told}", edge=event.step == event.steps)


def began(event: Began) -> str:
    """Say what is learnt from what."""
    after = f"{event.styles:,} style{'s' if event.styles > 1 else ''}"
    goes_on = f", going on after step {event.step}" if event.step else ""
    return (
        f"{event.name} on {event.device}: {event.parameters:,} numbers to learn, crops of {event.pictures:,} pictures after {after}, "
        f"{event.steps:,} steps{goes_on}"
    )
