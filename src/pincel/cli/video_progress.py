"""Progress of a film on the terminal: cuts, frames, writing; or a line now and then where there is no terminal."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pincel.cli.painting import event_name
from pincel.cli.progress import GLANCE, View
from pincel.cli.terminal import say
from pincel.engine.events import Notice
from pincel.errors import OutputError, PictureError
from pincel.video.base import FrameDone, FrameStep, MuxProgress, PlanReady, ScanProgress, VideoEvent

LOOKING, PAINTING, WRITING = "looking for cuts", "painting frames", "writing"


class VideoBar(View):
    """Shows the events of a film.

    Args:
        quiet: Show nothing.
        json_lines: Print each event on standard output, too.
        preview: Keep the newest painted frame here.
    """

    def __init__(self, *, quiet: bool = False, json_lines: bool = False, preview: Path | None = None) -> None:
        super().__init__(quiet=quiet)
        self._json, self._preview = json_lines, preview
        self._total = self._frames = self._new = 0
        self._moved = self._seconds = 0.0

    def tell(self, text: str) -> None:
        """Say a sentence."""
        self.line(text, style="dim")

    def show(self, event: VideoEvent) -> None:
        """Show one event."""
        if self._json and not isinstance(event, FrameStep | ScanProgress):
            say(json.dumps(as_json(event)))
        if isinstance(event, Notice):
            self.tell(event.text)
        elif isinstance(event, ScanProgress):
            self.move(LOOKING, event.done, event.total)
        elif isinstance(event, PlanReady):
            self._total = event.frames
            self.tell(f"{event.frames} frames to paint, in {event.scenes} scene{'s' * (event.scenes > 1)}.")
        elif isinstance(event, FrameStep):
            self._stroke(event)
        elif isinstance(event, FrameDone):
            self._painted(event)
        elif isinstance(event, MuxProgress):
            self.move(WRITING, event.done, event.total)

    def _stroke(self, event: FrameStep) -> None:
        now = time.monotonic()
        if now - self._moved >= GLANCE and event.steps:
            self._moved = now
            self.move(PAINTING, self._frames + event.step / event.steps, self._total, f"frame {event.index} · J {event.total:.4g}")

    def _painted(self, event: FrameDone) -> None:
        self._frames += 1
        if not event.known:
            self._seconds, self._new = self._seconds + event.seconds, self._new + 1
        if self._preview and not event.known:
            self._show_preview(Path(event.file))
        self.move(PAINTING, self._frames, self._total, f"frame {event.index}")
        if self._new:
            left = self._seconds / self._new * (self._total - self._frames)
            done = f"{self._frames}/{self._total} · J {event.total:.4g} · {event.seconds:.1f} s · {left:.0f} s left"
            self.line_if_due(f"frame {event.index}: {done}")

    def _show_preview(self, frame: Path) -> None:
        from pincel.images.io import load_picture, save_picture, to_pil

        try:
            save_picture(to_pil(load_picture(frame).pixels), self._preview)  # type: ignore[arg-type]
        except (OutputError, PictureError) as error:
            # A preview is no reason to lose the film.
            self.tell(f"There will be no preview. {error}")
            self._preview = None


def as_json(event: VideoEvent) -> dict[str, Any]:
    """Return an event as plain data."""
    return {"event": event_name(event), **asdict(event)}
