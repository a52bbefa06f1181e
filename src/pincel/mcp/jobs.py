"""Work of tools: one at a time, in a thread, with its progress told to the client, and ended when the client cancels."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, from_thread, to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from pincel.engine.events import Event, ScaleStart, SetupProgress, Step, TileProgress
from pincel.errors import PincelError
from pincel.progress import duration
from pincel.studio.errors import ApiError

T = TypeVar("T")
Show = Callable[[Event], None]
# Seconds between two messages to the client.
PAUSE = 0.5


class Jobs:
    """Does one piece of work after the other: two at once would each be slower than one after the other."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(1)

    async def run(self, context: Context, work: Callable[[Show], T]) -> T:
        """Wait for the work before it, do it in a thread, and return what it returns.

        Args:
            context: Of the request.
            work: Is given a function to call with events. It is left by an exception from there when the client cancels.

        Raises:
            ToolError: With the message of an error of pincel, for what is not accepted.
        """
        reporter = ClientProgress(context)
        if self._limiter.statistics().borrowed_tokens:
            await context.report_progress(0, 1, "waiting for the work before this")
        try:
            return await to_thread.run_sync(partial(work, reporter.show), limiter=self._limiter)
        except (PincelError, ApiError) as error:
            raise ToolError(str(error)) from error


class ClientProgress:
    """Tells a client how far a job is, as a share of 1 that only grows; called in the thread of the job."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._began = self._told = time.monotonic()
        self._share = 0.0
        # Of the scale that is painted: where it begins, and its part of the whole.
        self._begin, self._span = 0.0, 1.0

    def show(self, event: Event) -> None:
        """Take one event; raises what ends a job that was cancelled."""
        from_thread.check_cancelled()
        if isinstance(event, ScaleStart):
            self._begin, self._span = self._share, (1 - self._share) * event.steps / (event.steps + event.ahead)
        elif isinstance(event, Step):
            self._share = max(self._share, self._begin + self._span * event.step / max(1, event.steps))
            size = f"{event.scale[1]}×{event.scale[0]}"
            self._tell(f"step {event.step} of {event.steps} at {size}{self._left()}", due=event.step == event.steps)
        elif isinstance(event, SetupProgress):
            self._tell(f"{event.what}: {event.done} of {event.total}")
        elif isinstance(event, TileProgress):
            self._tell(f"tile {event.done} of {event.total}")

    def _left(self) -> str:
        seconds = (time.monotonic() - self._began) * (1 - self._share) / self._share if self._share else None
        return f", {duration(seconds)} left" if seconds else ""

    def _tell(self, message: str, *, due: bool = False) -> None:
        if due or time.monotonic() - self._told >= PAUSE:
            self._told = time.monotonic()
            # The protocol wants a number that grows with each message.
            self._share = min(1.0, self._share + 1e-6)
            from_thread.run(self._context.report_progress, self._share, 1.0, message)
