"""Progress of batches: a bar over all pictures and one for each worker, or a line for each picture."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Self

from rich.console import Console

from pincel.batches.messages import JobResult, Message
from pincel.progress import View, duration


class BatchBar(View):
    """Shows the messages of a batch.

    Args:
        costs: Name → cost of each picture to be painted, in any unit: the time left follows from it.
        count: Pictures of the batch, including those done before.
        quiet: Show nothing.
        console: Standard error by default.
    """

    counted = False

    def __init__(self, costs: Mapping[str, float], count: int, *, quiet: bool = False, console: Console | None = None) -> None:
        super().__init__(quiet=quiet, console=console)
        self._costs, self._count = dict(costs), count
        self._fractions = dict.fromkeys(costs, 0.0)
        self._ended = count - len(costs)
        self._began = time.monotonic()
        self._move_total()

    def __enter__(self) -> Self:
        if self._ended:
            self.line(f"{self._ended} of {self._count} pictures are done and up to date.")
        return super().__enter__()

    def show(self, message: Message) -> None:
        """Show the step or the result of a picture."""
        if isinstance(message, JobResult):
            self._fractions[message.name] = 1.0
            self._ended += message.state != "stopped"
            self._at(message.worker, "", 0, 1)
            if message.state == "failed":
                # It took no time, which tells nothing of the others.
                self._costs[message.name] = 0.0
            if not self.live or message.state == "failed":
                self.line(self._result_line(message))
        else:
            self._fractions[message.name] = message.step / message.steps if message.steps else 0.0
            self._at(message.worker, message.name, message.step, message.steps)
        self._move_total()

    def _move_total(self) -> None:
        self.move("all", self._done, sum(self._costs.values()) or None, f"{self._ended}/{self._count} pictures")

    @property
    def _done(self) -> float:
        return sum(fraction * self._costs[name] for name, fraction in self._fractions.items())

    def _at(self, worker: str, name: str, step: int, steps: int) -> None:
        """Show what a worker does."""
        status = (f"step {step}/{steps}" if steps else "preparing") if name else "idle"
        self.move(worker, step, max(1, steps), status, title=f"{worker}: {name}" if name else worker)

    def _result_line(self, result: JobResult) -> str:
        size = f"{result.size[0]}×{result.size[1]}, {result.steps} steps, " if result.size else ""
        what = {"done": f"{size}{result.seconds:.1f} s", "failed": "failed", "stopped": result.message}[result.state]
        done, whole = self._done, sum(self._costs.values())
        left = (time.monotonic() - self._began) / done * (whole - done) if done else 0.0
        tail = f" · about {duration(left)} left" if left and result.state != "stopped" else ""
        return f"{self._ended}/{self._count} {result.name}: {what}{tail}"
