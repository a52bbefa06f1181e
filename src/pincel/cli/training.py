"""Training on the terminal: a bar for each epoch, a line when it is over, a table in the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

if TYPE_CHECKING:
    from pincel.classify.events import Began, Epoch, Judging, Learnt, TrainingEvent
    from pincel.engine.events import Preparing

# Between two lines where there is no terminal to redraw.
PAUSE = 10.0
# Classes in the table; of more, those that are mistaken most.
MOST = 20


class TrainingBar:
    """Shows events as they come. Use as a context manager.

    Args:
        quiet: Show nothing.
        console: Where; standard error by default, so that standard output stays free for results.
    """

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        columns = (
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("[cyan]{task.fields[told]}"),
        )
        self._progress = Progress(*columns, console=self.console, disable=quiet or not self.console.is_terminal, transient=True)
        self._task: TaskID | None = None
        self._shown, self._told = "", 0.0

    def __enter__(self) -> TrainingBar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, event: TrainingEvent) -> None:
        """Show one event."""
        from pincel.classify.events import Began, Epoch, Judging, Learnt
        from pincel.engine.events import Notice, Preparing

        if isinstance(event, Notice):
            self._say(event.text, style="dim")
        elif isinstance(event, Preparing | Judging):
            self._look(event)
        elif isinstance(event, Began):
            self._say(began(event))
        elif isinstance(event, Learnt):
            self._learn(event)
        elif isinstance(event, Epoch):
            self._say(epoch_line(event))

    def _say(self, text: str, style: str | None = None) -> None:
        self.console.print(text, style=style, soft_wrap=True, markup=False)

    def _look(self, event: Preparing | Judging) -> None:
        if event.done == 0 and not self.console.is_terminal and event.what != "validation":
            self._say(f"{event.what} …")
        self._update(event.what, event.done, event.total, "")

    def _learn(self, event: Learnt) -> None:
        told = f"loss {event.loss:.3f} · {event.pace:,.0f} pictures/s · {duration(event.left)} left"
        self._update(f"epoch {event.epoch} of {event.epochs}", event.step, event.steps, told)
        now = time.monotonic()
        if not self.console.is_terminal and now - self._told >= PAUSE:
            self._told = now
            self._say(f"epoch {event.epoch} of {event.epochs}: step {event.step} of {event.steps} · {told}")

    def _update(self, what: str, done: int, total: int, told: str) -> None:
        """Move the bar; there is one, for what is being done now."""
        if self._task is None or what != self._shown:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._shown = self._progress.add_task(what, total=total, told=told), what
        self._progress.update(self._task, completed=done, told=told)


def began(event: Began) -> str:
    """Say what is trained on what."""
    learnt = f"{event.pictures['train']:,} to learn from"
    rest = ", ".join(f"{count:,} in {part}" for part, count in event.pictures.items() if part != "train")
    goes_on = f", going on after epoch {event.epoch}, step {event.step}" if event.epoch or event.step else ""
    return (
        f"{event.name} on {event.device}: {event.parameters:,} parameters, {event.classes} classes, {learnt}, {rest}; "
        f"up to {event.epochs} epochs{goes_on}"
    )


def epoch_line(event: Epoch) -> str:
    """Say how an epoch went: of training, and of the pictures held out."""
    width = len(str(event.epochs))
    return (
        f"epoch {event.epoch:{width}} of {event.epochs} · rate {event.rate:g} · loss {event.train_loss:.3f}, val {event.val_loss:.3f} · "
        f"top-1 error {percent(event.train_top1_error)}, val {percent(event.val_top1_error)} · "
        f"top-5 {percent(event.train_top5_error)}, val {percent(event.val_top5_error)} · {duration(event.seconds)}"
        f"{' · best' if event.best else ''}"
    )


def table(record: Mapping[str, Any]) -> list[str]:
    """Return the errors in the end: top-1 and top-5, one crop and ten, and class by class."""
    if "ten_crops" not in record:
        return []
    lines = [f"{'error':<14}{'top-1':>9}{'top-5':>9}"]
    for name, words in (("centre", "central crop"), ("ten_crops", "ten crops")):
        lines.append(f"{words:<14}{percent(record[name]['top1_error']):>9}{percent(record[name]['top5_error']):>9}")
    by_class = {name: row for name, row in record["by_class"].items() if row["pictures"]}
    worst = sorted(by_class, key=lambda name: -by_class[name]["top1_error"])[:MOST]
    shown = [name for name in by_class if name in worst]
    width = max([14, *(len(name) + 2 for name in shown)])
    lines += ["", f"{'ten crops':<{width}}{'pictures':>9}{'top-1':>9}{'top-5':>9}  taken for"]
    for name in shown:
        row = by_class[name]
        errors = f"{percent(row['top1_error']):>9}{percent(row['top5_error']):>9}"
        lines.append(f"{name:<{width}}{row['pictures']:>9,}{errors}  {row['taken_for'] or ''}".rstrip())
    if len(by_class) > len(shown):
        lines.append(f"… and {len(by_class) - len(shown)} classes with less errors")
    return lines


def percent(share: float) -> str:
    """Write a share as ``12.3 %``."""
    return f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """Write seconds as ``42 s``, ``3 min 20 s``, ``5 h 12 min`` or ``5 d 6 h``."""
    whole = round(seconds)
    for unit, smaller, length, part in (("d", "h", 86400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if whole >= length:
            return f"{whole // length} {unit} {whole % length // part} {smaller}"
    return f"{whole} s"
