"""The progress of a study, reported to whoever shows it; and requests to end it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from pincel.engine.events import Event, Notice, ScaleStart, SetupProgress, Step

T = TypeVar("T")
E_co = TypeVar("E_co", covariant=True)


class StoppableRun(Protocol[E_co]):
    """What yields events and can be asked to end."""

    def __iter__(self) -> Iterator[E_co]:
        """Yield its events."""

    def stop(self, reason: str) -> None:
        """Request the end."""


class ProgressReporter:
    """Reports the progress of a study, and remembers a request to end it.

    Attributes:
        stopped: Why the study ends with the results it has (``interrupted``, ``terminated``); empty before a request to end.
    """

    def __init__(self, show: Callable[[Event], None] | None = None) -> None:
        self._show = show or (lambda _: None)
        self._run: StoppableRun[object] | None = None
        self.stopped = ""

    def stop(self, reason: str = "stopped") -> None:
        """Request the end of the study, and of the run it follows; the results so far become the report."""
        self.stopped = reason
        if self._run is not None:
            self._run.stop(reason)

    def note(self, text: str) -> None:
        """Report a sentence."""
        self._show(Notice(text))

    def update(self, what: str, done: int, total: int) -> None:
        """Report how many of ``total`` parts are done."""
        self._show(SetupProgress(what, done, total))

    def track(self, what: str, items: Sequence[T] | Iterable[T], total: int | None = None) -> Iterator[T]:
        """Yield items and report how many are done, until the last one or a request to end."""
        count = total if total is not None else len(items)  # type: ignore[arg-type]
        self.update(what, 0, count)
        for done, item in enumerate(items, 1):
            if self.stopped:
                return
            yield item
            self.update(what, done, count)

    def follow(self, run: StoppableRun[T]) -> Iterator[T]:
        """Yield the events of a run; a request to end the study ends the run."""
        self._run = run
        try:
            yield from run
        finally:
            self._run = None

    def follow_steps(self, run: StoppableRun[object]) -> Iterator[int]:
        """Yield, after each step of a run, how many steps it has made over all scales."""
        earlier = planned = 0
        for event in self.follow(run):
            if isinstance(event, ScaleStart):
                # A coarse scale may have ended before its last step.
                earlier, planned = earlier + planned, event.steps
            elif isinstance(event, Step):
                yield earlier + event.step
