"""Progress of many pictures on the terminal: one bar over all and what each worker does, or a line a picture."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pincel.cli.plan import duration

if TYPE_CHECKING:
    from pincel.batch.messages import Message, Outcome


class Crowd:
    """Shows how a batch goes. Use as a context manager.

    Args:
        efforts: name → work of each picture that is to be painted, in any unit: the time left follows from it.
        count: Pictures of the batch, those done before included.
        quiet: Show nothing.
        console: Where; standard error by default, so that standard output stays free for results.
    """

    def __init__(self, efforts: Mapping[str, float], count: int, *, quiet: bool = False, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self._efforts, self._count = dict(efforts), count
        self._shares = dict.fromkeys(efforts, 0.0)
        self._ended = count - len(efforts)
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
            # Of pictures that take minutes, the default window would know nothing.
            speed_estimate_period=1800,
        )
        self._whole = self._progress.add_task("all", total=sum(efforts.values()) or None, told=self._told)
        self._workers: dict[str, TaskID] = {}
        self._began = time.monotonic()

    def __enter__(self) -> Crowd:
        if self._ended:
            self.console.print(f"{self._ended} of {self._count} pictures are done and as asked for.", markup=False)
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, message: Message) -> None:
        """Show how far a picture is, or what became of it."""
        from pincel.batch.messages import Outcome

        if isinstance(message, Outcome):
            self._shares[message.name] = 1.0
            self._ended += message.state != "stopped"
            self._at(message.worker, "", 0, 1)
            if message.state == "failed":
                # It took no time, and tells nothing of that of others.
                self._efforts[message.name] = 0.0
            if not self.console.is_terminal or message.state == "failed":
                self.console.print(self._line(message), soft_wrap=True, markup=False)
        else:
            self._shares[message.name] = message.step / message.steps if message.steps else 0.0
            self._at(message.worker, message.name, message.step, message.steps)
        self._progress.update(self._whole, completed=self._done, total=sum(self._efforts.values()), told=self._told)

    @property
    def _told(self) -> str:
        return f"{self._ended}/{self._count} pictures"

    @property
    def _done(self) -> float:
        return sum(share * self._efforts[name] for name, share in self._shares.items())

    def _at(self, worker: str, name: str, step: int, steps: int) -> None:
        """Say what a worker is at."""
        told = (f"step {step}/{steps}" if steps else "preparing") if name else "idle"
        if worker not in self._workers:
            self._workers[worker] = self._progress.add_task(worker, total=None, told=told)
        description = f"{worker}: {name}" if name else worker
        self._progress.update(self._workers[worker], description=description, completed=step, total=max(1, steps), told=told)

    def _line(self, outcome: Outcome) -> str:
        size = f"{outcome.size[0]}×{outcome.size[1]}, {outcome.steps} steps, " if outcome.size else ""
        what = {"done": f"{size}{outcome.seconds:.1f} s", "failed": "failed", "stopped": outcome.message}[outcome.state]
        done, whole = self._done, sum(self._efforts.values())
        left = (time.monotonic() - self._began) / done * (whole - done) if done else 0.0
        tail = f" · about {duration(left)} left" if left and outcome.state != "stopped" else ""
        return f"{self._ended}/{self._count} {outcome.name}: {what}{tail}"


def as_line(message: Message) -> dict[str, Any] | None:
    """Return what became of a picture as plain data; nothing for a step of one."""
    from pincel.batch.messages import Outcome

    if not isinstance(message, Outcome):
        return None
    return {"event": "picture", **vars(message)}
