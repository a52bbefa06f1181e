"""Progress: bars with the time left, in a terminal or a notebook; a line now and then where there is neither."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from types import TracebackType
from typing import ClassVar, Protocol, Self, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from pincel.engine.events import Event, Notice, ScaleStart, SetupProgress, Step, TileProgress
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Seconds between two lines where there is no terminal to redraw.
PAUSE = 10.0
# Seconds between two updates of the losses: reading them from the device takes time.
INTERVAL = 0.1

E_contra = TypeVar("E_contra", contravariant=True)
E = TypeVar("E")


class EventView(AbstractContextManager["EventView[E_contra]"], Protocol[E_contra]):
    """What shows events of a kind, as a context manager."""

    def show(self, event: E_contra, /) -> None:
        """Show one event."""


@contextmanager
def showing(view: EventView[E] | None, on_event: Callable[[E], None] | None = None) -> Iterator[Callable[[E], None]]:
    """Yield a function that shows an event in a view, if there is one, and then calls another function with it, if there is one."""

    def show(event: E) -> None:
        if view is not None:
            view.show(event)
        if on_event is not None:
            on_event(event)

    if view is None:
        yield show
        return
    with view:
        yield show


class BarText(ProgressColumn):
    """The text behind a bar: what is cut first where the terminal is too narrow for everything."""

    def render(self, task: Task) -> Text:
        """Return the text of a bar, on one line."""
        return Text(task.fields["text"], style="cyan", no_wrap=True, overflow="ellipsis")


class TimeLeft(TimeRemainingColumn):
    """The time until the last of several bars is full, which is that of a run over several sizes; none behind a bar that is full.

    ``ahead`` of a task is what comes after it, in the same unit.
    """

    def render(self, task: Task) -> Text:
        """Return the time and the word ``left``."""
        if task.finished:
            return Text("")
        if task.remaining is None or not task.speed:
            return Text("-:--:-- left", style="progress.remaining")
        steps = task.remaining + task.fields.get("ahead", 0.0)
        minutes, seconds = divmod(math.ceil(steps / task.speed), 60)
        return Text(f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d} left", style="progress.remaining")


class View:
    """Bars and lines on standard error. Use as a context manager.

    Attributes:
        counted: Whether bars show numbers.
        timed: Whether they show elapsed time and time left.
        window: Seconds from which the latter is estimated; the default of rich is too short for steps of minutes.
        transient: Whether bars disappear at the end.
        live: Whether bars are drawn: in a terminal, and in a notebook with ipywidgets.

    Args:
        quiet: Show nothing.
        console: Standard error by default: standard output is for results.
    """

    counted: ClassVar[bool] = True
    timed: ClassVar[bool] = True
    window: ClassVar[float] = 1800.0
    transient: ClassVar[bool] = False

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        # Without ipywidgets rich has nothing to draw a bar with in a notebook.
        self.live = self.console.is_terminal or (self.console.is_jupyter and find_spec("ipywidgets") is not None)
        self._progress = Progress(
            *self._columns(),
            console=self.console,
            disable=quiet or not self.live,
            speed_estimate_period=self.window,
            transient=self.transient,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last_line = 0.0

    def _columns(self) -> list[ProgressColumn]:
        # Steps and times are never cut: at 80 characters rich would cut them, and leave the losses whole.
        counts = [MofNCompleteColumn(table_column=Column(no_wrap=True))] if self.counted else []
        elapsed = TimeElapsedColumn(table_column=Column(no_wrap=True))
        left = TimeLeft(table_column=Column(no_wrap=True))
        times = [elapsed, left] if self.timed else []
        return [TextColumn("[bold]{task.description}"), BarColumn(bar_width=20), *counts, BarText(), *times]

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def line(self, text: str, style: str | None = None) -> None:
        """Print a line above the bars."""
        self.console.print(text, style=style, soft_wrap=True, markup=False)

    def line_if_due(self, text: str, *, edge: bool = False) -> None:
        """Where there are no bars, print a line: always at an ``edge``, else if the last one is :data:`PAUSE` ago."""
        now = time.monotonic()
        if not self.live and (edge or now - self._last_line >= PAUSE):
            self._last_line = now
            self.line(text)

    def move(self, name: str, done: float, total: float | None, text: str = "", *, title: str = "", ahead: float = 0.0) -> None:
        """Update a bar; a new one is added below the others.

        Args:
            name: Name of the bar.
            done: Completed part of the total.
            total: None while it is not known.
            text: Text behind the bar.
            title: Text before the bar; the name by default.
            ahead: What comes after this bar, in its unit: the time left is until then.
        """
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total, text=text)
        self._progress.update(self._tasks[name], description=title or name, completed=done, total=total, text=text, ahead=ahead)

    def clear(self) -> None:
        """Remove all bars."""
        for task in self._tasks.values():
            self._progress.remove_task(task)
        self._tasks = {}

    def notice(self, event: Notice | SetupProgress) -> None:
        """Show an event that all runs have."""
        if isinstance(event, Notice):
            self.line(event.text, style="dim")
            return
        self.move(event.what, event.done, event.total)
        if event.done == 0 and not self.live:
            self.line(f"{event.what} …")


class TileBar(View):
    """Shows how many tiles of a picture are done."""

    transient = True


class Bar(View):
    """Shows the events of a run: a bar for each scale, with the losses and the time left of all scales."""

    window = 120.0

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        super().__init__(quiet=quiet, console=console)
        self._last_read = 0.0
        # First step at this scale and its seconds; not 0 if the run was resumed.
        self._entered: tuple[int, float] | None = None
        self._completed = 0
        self._scale = "painting"
        # Of the sizes after this one.
        self._ahead = 0.0

    def clear(self) -> None:
        """Prepare for another run."""
        super().clear()
        self._scale, self._completed, self._entered, self._last_line, self._ahead = "painting", 0, None, 0.0, 0.0

    def show(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Notice | SetupProgress):
            self.notice(event)
        elif isinstance(event, ScaleStart):
            self._enter(event)
        elif isinstance(event, TileProgress):
            self._tile(event)
        elif isinstance(event, Step):
            self._step(event)

    def _enter(self, event: ScaleStart) -> None:
        """Complete the bar of the scale before, which may have ended early."""
        if self._scale in self._tasks:
            self._progress.update(self._tasks[self._scale], completed=self._completed, total=self._completed)
        self._scale = f"painting {event.size[1]}×{event.size[0]} ({event.index} of {event.count})"
        self._last_line = 0.0
        self._entered = None
        self._completed = 0
        self._ahead = event.ahead

    def _tile(self, event: TileProgress) -> None:
        """Update the bar within a step."""
        fraction = event.done / event.total
        if self._scale in self._tasks:
            self._progress.update(self._tasks[self._scale], completed=self._completed + fraction)
        if self._entered is not None:
            self.line_if_due(f"step {self._completed + 1}: {fraction:.0%}")

    def _step(self, event: Step) -> None:
        self._completed = event.step
        now = time.monotonic()
        edge = event.step in (0, event.steps)
        if not edge and now - self._last_read < INTERVAL:
            return
        self._last_read = now
        losses = f"J {event.total:.4g} · " + " · ".join(f"{k} {v:.3g}" for k, v in event.terms.items() if ":" not in k)
        self.move(self._scale, event.step, event.steps, losses, ahead=self._ahead)
        if self._entered is None:
            self._entered = (event.step, event.seconds)
            self._catch_up(event)
        first, entered = self._entered
        pace = (event.seconds - entered) / (event.step - first) if event.step > first else None
        tail = "" if pace is None else f" · {duration(pace * (event.steps - event.step + self._ahead))} left"
        where = self._scale.removeprefix("painting").strip()
        self.line_if_due(f"{where + ': ' if where else ''}step {event.step}/{event.steps} · {losses}{tail}", edge=edge)

    def _catch_up(self, event: Step) -> None:
        """Let the bar of a resumed run show the time it has taken so far."""
        task = next(task for task in self._progress.tasks if task.id == self._tasks[self._scale])
        if event.step and task.start_time is not None:
            task.start_time -= event.seconds


def duration(seconds: float | None) -> str:
    """Write seconds for people.

    Example:
        >>> duration(200), duration(3), duration(None)
        ('3 min', '3 s', 'an unknown time')
    """
    if seconds is None:
        return Note(_("an unknown time"))
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
