"""Progress on the terminal: bars with the time left, or a line now and then where there is no terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import ClassVar, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pincel.engine.events import Event, Notice, ScaleStart, SetupProgress, Step, TileProgress

# Seconds between two lines where there is no terminal to redraw.
PAUSE = 10.0
# Seconds between two readings of the losses: those of a step nobody sees need not be read from the device.
GLANCE = 0.1


class View:
    """What a command shows of its progress, beside its result. Use as a context manager.

    Attributes:
        counted: Whether bars say how many of how many.
        timed: Whether they say what time has gone by and what is left.
        window: Seconds of the past from which that is estimated: rich forgets steps of minutes too soon.
        transient: Whether bars go away at the end.

    Args:
        quiet: Show nothing.
        console: Where; standard error by default, so that standard output stays free for results.
    """

    counted: ClassVar[bool] = True
    timed: ClassVar[bool] = True
    window: ClassVar[float] = 1800.0
    transient: ClassVar[bool] = False

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self._progress = Progress(
            *self._columns(),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
            speed_estimate_period=self.window,
            transient=self.transient,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last_line = 0.0

    def _columns(self) -> list[ProgressColumn]:
        counts = [MofNCompleteColumn()] if self.counted else []
        times = [TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=False)] if self.timed else []
        return [TextColumn("[bold]{task.description}"), BarColumn(), *counts, TextColumn("[cyan]{task.fields[told]}"), *times]

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def line(self, text: str, style: str | None = None) -> None:
        """Print a line above the bars."""
        self.console.print(text, style=style, soft_wrap=True, markup=False)

    def line_if_due(self, text: str, *, edge: bool = False) -> None:
        """Print a line where there is no terminal to redraw: at an ``edge``, or if the last one is a while ago."""
        now = time.monotonic()
        if not self.console.is_terminal and (edge or now - self._last_line >= PAUSE):
            self._last_line = now
            self.line(text)

    def move(self, name: str, done: float, total: float | None, told: str = "", *, title: str = "") -> None:
        """Move a bar; a new one comes below the others.

        Args:
            name: Of the bar.
            done: How much is done.
            total: Of how much; None while that is not known.
            told: What stands behind it.
            title: What stands before it; the name if left out.
        """
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total, told=told)
        self._progress.update(self._tasks[name], description=title or name, completed=done, total=total, told=told)

    def clear(self) -> None:
        """Take all bars away."""
        for task in self._tasks.values():
            self._progress.remove_task(task)
        self._tasks = {}

    def notice(self, event: Notice | SetupProgress) -> None:
        """Show an event that all have."""
        if isinstance(event, Notice):
            self.line(event.text, style="dim")
            return
        self.move(event.what, event.done, event.total)
        if event.done == 0 and not self.console.is_terminal:
            self.line(f"{event.what} …")


class TileBar(View):
    """Shows how many tiles of a picture are done, where it is painted in tiles."""

    transient = True


class Bar(View):
    """Shows the events of runs: a bar for each scale, with the losses."""

    window = 120.0

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        super().__init__(quiet=quiet, console=console)
        self._last_read = 0.0
        # The first step seen of the scale, and when: 0, or where a run goes on.
        self._entered: tuple[int, float] | None = None
        self._completed = 0
        self._scale = "painting"

    def clear(self) -> None:
        """Forget the run before: another begins."""
        super().clear()
        self._scale, self._completed, self._entered, self._last_line = "painting", 0, None, 0.0

    def show(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Notice | SetupProgress):
            self.notice(event)
        elif isinstance(event, ScaleStart):
            self._enter(event)
        elif isinstance(event, TileProgress):
            self._look(event)
        elif isinstance(event, Step):
            self._step(event)

    def _enter(self, event: ScaleStart) -> None:
        """Close the bar of the scale before, which may have ended early, and open one for this."""
        if self._scale in self._tasks:
            self._progress.update(self._tasks[self._scale], completed=self._completed, total=self._completed)
        self._scale = f"painting {event.size[1]}×{event.size[0]} ({event.index} of {event.count})"
        self._last_line = 0.0
        self._entered = None
        self._completed = 0

    def _look(self, event: TileProgress) -> None:
        """Move the bar within a step; before the first one there is none to move."""
        share = event.done / event.total
        if self._scale in self._tasks:
            self._progress.update(self._tasks[self._scale], completed=self._completed + share)
        if self._entered is not None:
            self.line_if_due(f"step {self._completed + 1}: {share:.0%}")

    def _step(self, event: Step) -> None:
        self._completed = event.step
        now = time.monotonic()
        edge = event.step in (0, event.steps)
        if not edge and now - self._last_read < GLANCE:
            return
        self._last_read = now
        losses = f"J {event.total:.4g} · " + " · ".join(f"{k} {v:.3g}" for k, v in event.terms.items() if ":" not in k)
        self.move(self._scale, event.step, event.steps, losses)
        if self._entered is None:
            self._entered = (event.step, event.seconds)
            self._catch_up(event)
        first, entered = self._entered
        pace = (event.seconds - entered) / (event.step - first) if event.step > first else None
        tail = "" if pace is None else f" · {pace * (event.steps - event.step):.0f} s left"
        where = self._scale.removeprefix("painting").strip()
        self.line_if_due(f"{where + ': ' if where else ''}step {event.step}/{event.steps} · {losses}{tail}", edge=edge)

    def _catch_up(self, event: Step) -> None:
        """Let the clock of a bar that begins in the middle show what the run has taken so far."""
        task = next(task for task in self._progress.tasks if task.id == self._tasks[self._scale])
        if event.step and task.start_time is not None:
            task.start_time -= event.seconds
