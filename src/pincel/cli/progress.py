"""Progress on the terminal: a bar with the losses and the time left, or a line now and then where there is no terminal."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pincel.engine.events import Event, Looking, Notice, Preparing, Scale, Step

# Between two lines where there is no terminal to redraw.
PAUSE = 10.0
# Between two looks at the losses: a step nobody sees need not be read from the device.
GLANCE = 0.1


class Bar:
    """Shows events as they come. Use as a context manager.

    Args:
        quiet: Show nothing.
        console: Where; standard error by default, so that standard output stays free for results.
    """

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("[cyan]{task.fields[losses]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
            # A step can take seconds; the default window forgets them too soon to estimate.
            speed_estimate_period=120,
        )
        self._tasks: dict[str, TaskID] = {}
        self._told = self._seen = 0.0
        # The first step seen of the scale, and when: 0, or where a run goes on.
        self._entered: tuple[int, float] | None = None
        self._completed = 0
        self._scale = "painting"

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def anew(self) -> None:
        """Forget the run before: another begins."""
        for task in self._tasks.values():
            self._progress.update(task, visible=False)
        self._tasks = {}
        self._scale, self._completed, self._entered, self._told = "painting", 0, None, 0.0

    def show(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Notice):
            self.console.print(event.text, style="dim", soft_wrap=True, markup=False)
        elif isinstance(event, Preparing):
            self._update(event.what, event.done, event.total, "")
            if event.done == 0 and not self.console.is_terminal:
                self.console.print(f"{event.what} …", soft_wrap=True, markup=False)
        elif isinstance(event, Scale):
            self._enter(event)
        elif isinstance(event, Looking):
            self._look(event)
        elif isinstance(event, Step):
            self._step(event)

    def _enter(self, event: Scale) -> None:
        """Close the bar of the scale before, which may have ended early, and open one for this."""
        if self._scale in self._tasks:
            task = self._progress.tasks[self._tasks[self._scale]]
            self._progress.update(task.id, total=task.completed)
        self._scale = f"painting {event.size[1]}×{event.size[0]} ({event.index} of {event.count})"
        self._told = 0.0
        self._entered = None
        self._completed = 0

    def _look(self, event: Looking) -> None:
        """Move the bar within a step; before the first one there is none to move."""
        share = event.done / event.total
        if self._scale in self._tasks:
            self._progress.update(self._tasks[self._scale], completed=self._completed + share)
        now = time.monotonic()
        if self._entered is not None and now - self._told >= PAUSE and not self.console.is_terminal:
            self._told = now
            self.console.print(f"step {self._completed + 1}: {share:.0%}", markup=False)

    def _update(self, what: str, done: int, total: int, losses: str) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, completed=done, losses=losses)
        self._progress.update(self._tasks[what], completed=done, losses=losses)

    def _step(self, event: Step) -> None:
        self._completed = event.step
        now = time.monotonic()
        edge = event.step in (0, event.steps)
        if not edge and now - self._seen < GLANCE:
            return
        self._seen = now
        losses = f"J {event.total:.4g} · " + " · ".join(f"{k} {v:.3g}" for k, v in event.terms.items() if ":" not in k)
        self._update(self._scale, event.step, event.steps, losses)
        if self._entered is None:
            self._entered = (event.step, event.seconds)
            self._catch_up(event)
        due = edge or now - self._told >= PAUSE
        if due and not self.console.is_terminal:
            self._told = now
            first, entered = self._entered
            pace = (event.seconds - entered) / (event.step - first) if event.step > first else None
            tail = "" if pace is None else f" · {pace * (event.steps - event.step):.0f} s left"
            where = self._scale.removeprefix("painting").strip()
            self.console.print(
                f"{where + ': ' if where else ''}step {event.step}/{event.steps} · {losses}{tail}", soft_wrap=True, markup=False
            )

    def _catch_up(self, event: Step) -> None:
        """Let the clock of a bar that begins in the middle show what the run has taken so far."""
        task = self._progress.tasks[self._tasks[self._scale]]
        if event.step and task.start_time is not None:
            task.start_time -= event.seconds
