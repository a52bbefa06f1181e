"""One bar over a whole course."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.console import Console

from pincel.courses.make import PageProgress
from pincel.engine.events import Event, Notice
from pincel.progress import View, duration


class CourseBar(View):
    """Shows the pages of a course as one bar with the time left, and behind it what is being done."""

    counted: ClassVar[bool] = False
    window: ClassVar[float] = 600.0

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        super().__init__(quiet=quiet, console=console)
        # When the first event came, in seconds.
        self._began = 0.0

    def show(self, event: Event | PageProgress) -> None:
        """Show one event."""
        if isinstance(event, PageProgress):
            text = f"{event.title}: {event.what}" if event.what else event.title
            self.move("course", event.done, event.total, text)
            self.line_if_due(f"{event.done / (event.total or 1):.0%} · {text}{self._left(event)}", edge=not event.what)
        elif isinstance(event, Notice):
            self.line_if_due(event.text)

    def _left(self, event: PageProgress) -> str:
        """Return the time left for a line, at the pace so far; nothing while there is none."""
        now = time.monotonic()
        self._began = self._began or now
        if not event.done or event.done == event.total:
            return ""
        return f" · {duration((now - self._began) * (event.total - event.done) / event.done)} left"
