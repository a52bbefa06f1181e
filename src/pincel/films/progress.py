"""Progress of films: cuts, frames, writing."""

from __future__ import annotations

import time

from rich.console import Console

from pincel.engine.events import Notice
from pincel.films.base import FrameDone, FrameStep, MuxProgress, PlanReady, ScanProgress, VideoEvent
from pincel.progress import INTERVAL, View

SCANNING, PAINTING, WRITING = "looking for cuts", "painting frames", "writing"


class FilmBar(View):
    """Shows the events of a film."""

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        super().__init__(quiet=quiet, console=console)
        self._total = self._frames = self._new = 0
        self._moved = self._seconds = 0.0

    def notify(self, text: str) -> None:
        """Print a sentence."""
        self.line(text, style="dim")

    def show(self, event: VideoEvent) -> None:
        """Show one event."""
        if isinstance(event, Notice):
            self.notify(event.text)
        elif isinstance(event, ScanProgress):
            self.move(SCANNING, event.done, event.total)
        elif isinstance(event, PlanReady):
            self._total = event.frames
            self.notify(f"{event.frames} frames to paint, in {event.scenes} scene{'s' * (event.scenes > 1)}.")
        elif isinstance(event, FrameStep):
            self._step(event)
        elif isinstance(event, FrameDone):
            self._frame(event)
        elif isinstance(event, MuxProgress):
            self.move(WRITING, event.done, event.total)

    def _step(self, event: FrameStep) -> None:
        now = time.monotonic()
        if now - self._moved >= INTERVAL and event.steps:
            self._moved = now
            self.move(PAINTING, self._frames + event.step / event.steps, self._total, f"frame {event.index} · J {event.total:.4g}")

    def _frame(self, event: FrameDone) -> None:
        self._frames += 1
        if not event.known:
            self._seconds, self._new = self._seconds + event.seconds, self._new + 1
        self.move(PAINTING, self._frames, self._total, f"frame {event.index}")
        if self._new:
            left = self._seconds / self._new * (self._total - self._frames)
            done = f"{self._frames}/{self._total} · J {event.total:.4g} · {event.seconds:.1f} s · {left:.0f} s left"
            self.line_if_due(f"frame {event.index}: {done}")
