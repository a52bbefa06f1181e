"""Progress of training: a bar for each epoch or for all steps, a line for each epoch, a table at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pincel.engine.events import Notice, SetupProgress
from pincel.progress import View
from pincel.training.events import EpochEnd, EvalProgress, StepEnd, TrainStart

if TYPE_CHECKING:
    from pincel.training.events import TrainingEvent

# Classes in the table: those with the most errors.
MOST = 20
# Bar of a training that is counted in steps.
STEPS = "training"


class TrainingBar(View):
    """Shows the events of a training, with one bar at a time."""

    timed, transient = False, True

    def show(self, event: TrainingEvent) -> None:
        """Show one event."""
        if isinstance(event, Notice):
            self.notice(event)
        elif isinstance(event, SetupProgress):
            self._only(event.what)
            self.notice(event)
        elif isinstance(event, EvalProgress):
            self._evaluate(event)
        elif isinstance(event, TrainStart):
            self.line(start_line(event))
        elif isinstance(event, StepEnd):
            self._step(event)
        elif isinstance(event, EpochEnd):
            self.line(epoch_line(event))

    def _evaluate(self, event: EvalProgress) -> None:
        if event.done == 0 and not self.live and event.what != "validation":
            self.line(f"{event.what} …")
        self._only(event.what)
        self.move(event.what, event.done, event.total)

    def _step(self, event: StepEnd) -> None:
        metrics = " · ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in event.metrics.items())
        text = f"{metrics} · {event.throughput:,.3g} pictures/s · {duration(event.left)} left"
        epoch = f"epoch {event.epoch} of {event.epochs}" if event.epochs else ""
        self._only(epoch or STEPS)
        self.move(epoch or STEPS, event.step, event.steps, text)
        edge = not epoch and event.step == event.steps
        self.line_if_due(f"{epoch}{': ' if epoch else ''}step {event.step} of {event.steps} · {text}", edge=edge)

    def _only(self, name: str) -> None:
        """Remove other bars."""
        if name not in self._tasks:
            self.clear()


def start_line(event: TrainStart) -> str:
    """Return what is trained on what, and for how long."""
    data = ", ".join(f"{count:,} {name.removesuffix('s') if count == 1 else name}" for name, count in event.data.items())
    length = f"up to {event.epochs:,} epochs" if event.epochs else f"{event.steps:,} steps"
    done = f"epoch {event.epoch}, step {event.step}" if event.epochs else f"step {event.step}"
    resumed = f", going on after {done}" if event.epoch or event.step else ""
    return f"{event.name} on {event.device}: {event.parameters:,} parameters, {data}; {length}{resumed}"


def epoch_line(event: EpochEnd) -> str:
    """Return the results of an epoch, of training and of validation."""
    width = len(str(event.epochs))
    return (
        f"epoch {event.epoch:{width}} of {event.epochs} · rate {event.rate:g} · loss {event.train_loss:.3f}, val {event.val_loss:.3f} · "
        f"top-1 error {percent(event.train_top1_error)}, val {percent(event.val_top1_error)} · "
        f"top-5 {percent(event.train_top5_error)}, val {percent(event.val_top5_error)} · {duration(event.seconds)}"
        f"{' · best' if event.best else ''}"
    )


def table(record: Mapping[str, Any]) -> list[str]:
    """Return the final errors: top-1 and top-5, of one crop and ten, and by class."""
    if "ten_crops" not in record:
        return []
    lines = [f"{'error':<14}{'top-1':>9}{'top-5':>9}"]
    for name, words in (("center", "central crop"), ("ten_crops", "ten crops")):
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


def percent(fraction: float) -> str:
    """Write a fraction as ``12.3 %``."""
    return f"{100 * fraction:.1f} %"


def duration(seconds: float) -> str:
    """Write seconds as ``42 s``, ``3 min 20 s``, ``5 h 12 min`` or ``5 d 6 h``."""
    whole = round(seconds)
    for unit, smaller, length, part in (("d", "h", 86400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if whole >= length:
            return f"{whole // length} {unit} {whole % length // part} {smaller}"
    return f"{whole} s"
