"""One bar over a whole course."""

from __future__ import annotations

from typing import ClassVar

from pincel.courses.make import PageProgress
from pincel.engine.events import Event, Notice
from pincel.progress import View


class CourseBar(View):
    """Shows the pages of a course as one bar with the time left, and behind it what is being done."""

    counted: ClassVar[bool] = False
    window: ClassVar[float] = 600.0

    def show(self, event: Event | PageProgress) -> None:
        """Show one event."""
        if isinstance(event, PageProgress):
            text = f"{event.title}: {event.what}" if event.what else event.title
            self.move("course", event.done, event.total, text)
            self.line_if_due(f"{event.done / event.total:.0%} · {text}" if event.total else text, edge=not event.what)
        elif isinstance(event, Notice):
            self.line_if_due(event.text)
