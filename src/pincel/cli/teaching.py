"""Teaching on the terminal: a bar with J and the time left, or a line now and then where there is no terminal to redraw."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from pincel.cli.training import PAUSE, duration

if TYPE_CHECKING:
    from pincel.teach.events import Began, Learnt, TeachingEvent


class TeachingBar:
    """Shows events as they come. Use as a context manager.

    Args:
        quiet: Show nothing.
        console: Where; standard error by default, so that standard output stays free for results.
    """

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        columns = (TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("[cyan]{task.fields[told]}"))
        self._progress = Progress(*columns, console=self.console, disable=quiet or not self.console.is_terminal, transient=True)
        self._task: TaskID | None = None
        self._told = 0.0

    def __enter__(self) -> TeachingBar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, event: TeachingEvent) -> None:
        """Show one event."""
        from pincel.engine.events import Notice
        from pincel.teach.events import Began, Learnt

        if isinstance(event, Notice):
            self._say(event.text, style="dim")
        elif isinstance(event, Began):
            self._say(began(event))
            self._task = self._progress.add_task("learning", total=event.steps, completed=event.step, told="")
        elif isinstance(event, Learnt):
            self._learn(event)

    def _say(self, text: str, style: str | None = None) -> None:
        self.console.print(text, style=style, soft_wrap=True, markup=False)

    def _learn(self, event: Learnt) -> None:
        terms = " · ".join(f"{name} {value:.3g}" for name, value in event.terms.items())
        told = f"J {event.total:.4g} · {terms} · {duration(event.left)} left"
        if self._task is not None:
            self._progress.update(self._task, completed=event.step, told=told)
        now, edge = time.monotonic(), event.step == event.steps
        if not self.console.is_terminal and (edge or now - self._told >= PAUSE):
            self._told = now
            self._say(f"step {event.step} of {event.steps} · {told}")


def began(event: Began) -> str:
    """Say what is learnt from what."""
    after = f"{event.styles:,} style{'s' if event.styles > 1 else ''}"
    goes_on = f", going on after step {event.step}" if event.step else ""
    return (
        f"{event.name} on {event.device}: {event.parameters:,} numbers to learn, crops of {event.pictures:,} pictures after {after}, "
        f"{event.steps:,} steps{goes_on}"
    )
