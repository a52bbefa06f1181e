"""Progress of many pictures on the terminal: one bar over all and what each worker does, or a line a picture."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console

from pincel.cli.plan import duration
from pincel.cli.progress import View

if TYPE_CHECKING:
    from pincel.batch.messages import JobResult, Message


class Crowd(View):
    """Shows how a batch goes: a bar over all, and one for each worker.

    Args:
        costs: name → work of each picture that is to be painted, in any unit: the time left follows from it.
        count: Pictures of the batch, those done before included.
        quiet: Show nothing.
        console: Where; standard error by default.
    """

    counted = False

    def __init__(self, costs: Mapping[str, float], count: int, *, quiet: bool = False, console: Console | None = None) -> None:
        super().__init__(quiet=quiet, console=console)
        self._costs, self._count = dict(costs), count
        self._shares = dict.fromkeys(costs, 0.0)
        self._ended = count - len(costs)
        self._began = time.monotonic()
        self._move_whole()

    def __enter__(self) -> Self:
        if self._ended:
            self.line(f"{self._ended} of {self._count} pictures are done and as asked for.")
        return super().__enter__()

    def show(self, message: Message) -> None:
        """Show how far a picture is, or what became of it."""
        from pincel.batch.messages import JobResult

        if isinstance(message, JobResult):
            self._shares[message.name] = 1.0
            self._ended += message.state != "stopped"
            self._at(message.worker, "", 0, 1)
            if message.state == "failed":
                # It took no time, and tells nothing of that of others.
                self._costs[message.name] = 0.0
            if not self.console.is_terminal or message.state == "failed":
                self.line(self._result_line(message))
        else:
            self._shares[message.name] = message.step / message.steps if message.steps else 0.0
            self._at(message.worker, message.name, message.step, message.steps)
        self._move_whole()

    def _move_whole(self) -> None:
        self.move("all", self._done, sum(self._costs.values()) or None, f"{self._ended}/{self._count} pictures")

    @property
    def _done(self) -> float:
        return sum(share * self._costs[name] for name, share in self._shares.items())

    def _at(self, worker: str, name: str, step: int, steps: int) -> None:
        """Say what a worker is at."""
        told = (f"step {step}/{steps}" if steps else "preparing") if name else "idle"
        self.move(worker, step, max(1, steps), told, title=f"{worker}: {name}" if name else worker)

    def _result_line(self, result: JobResult) -> str:
        size = f"{result.size[0]}×{result.size[1]}, {result.steps} steps, " if result.size else ""
        what = {"done": f"{size}{result.seconds:.1f} s", "failed": "failed", "stopped": result.message}[result.state]
        done, whole = self._done, sum(self._costs.values())
        left = (time.monotonic() - self._began) / done * (whole - done) if done else 0.0
        tail = f" · about {duration(left)} left" if left and result.state != "stopped" else ""
        return f"{self._ended}/{self._count} {result.name}: {what}{tail}"


def as_line(message: Message) -> dict[str, Any] | None:
    """Return what became of a picture as plain data; nothing for a step of one."""
    from pincel.batch.messages import JobResult

    if not isinstance(message, JobResult):
        return None
    return {"event": "picture", **vars(message)}
