"""Progress of a film on the terminal: cuts, frames, writing; or a line now and then where there is no terminal."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pincel.cli.progress import PAUSE
from pincel.cli.terminal import say
from pincel.engine.events import Notice
from pincel.errors import OutputError, PictureError
from pincel.film.base import Assembled, Counted, FilmEvent, Painted, Planned, Stroke

LOOKING, PAINTING, WRITING = "looking for cuts", "painting frames", "writing"
# Between two moves of the bar.
GLANCE = 0.1


class FilmBar:
    """Shows events of a film as they come. Use as a context manager.

    Args:
        quiet: Show nothing.
        json_lines: Print each event on standard output, too.
        preview: Keep the newest painted frame here.
    """

    def __init__(self, *, quiet: bool = False, json_lines: bool = False, preview: Path | None = None) -> None:
        self.console = Console(stderr=True, quiet=quiet, highlight=False)
        self._json, self._preview = json_lines, preview
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("[cyan]{task.fields[said]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=self.console,
            disable=quiet or not self.console.is_terminal,
            # A frame can take minutes; the default window forgets them too soon to estimate.
            speed_estimate_period=1800,
        )
        self._tasks: dict[str, TaskID] = {}
        self._total = 0
        self._told = self._moved = 0.0
        self._frames = 0
        self._seconds = 0.0
        self._new = 0

    def __enter__(self) -> FilmBar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def tell(self, text: str) -> None:
        """Say a sentence."""
        self.console.print(text, style="dim", soft_wrap=True, markup=False)

    def show(self, event: FilmEvent) -> None:
        """Show one event."""
        if self._json and not isinstance(event, Stroke | Counted):
            say(json.dumps(as_json(event)))
        if isinstance(event, Notice):
            self.tell(event.text)
        elif isinstance(event, Counted):
            self._update(LOOKING, event.done, event.total)
        elif isinstance(event, Planned):
            self._total = event.frames
            self.tell(f"{event.frames} frames to paint, in {event.scenes} scene{'s' * (event.scenes > 1)}.")
        elif isinstance(event, Stroke):
            self._stroke(event)
        elif isinstance(event, Painted):
            self._painted(event)
        elif isinstance(event, Assembled):
            self._update(WRITING, event.done, event.total)

    def _stroke(self, event: Stroke) -> None:
        now = time.monotonic()
        if now - self._moved >= GLANCE and event.steps:
            self._moved = now
            self._update(PAINTING, self._frames + event.step / event.steps, self._total, f"frame {event.index} · J {event.total:.4g}")

    def _painted(self, event: Painted) -> None:
        self._frames += 1
        if not event.known:
            self._seconds, self._new = self._seconds + event.seconds, self._new + 1
        if self._preview and not event.known:
            self._show_preview(Path(event.file))
        self._update(PAINTING, self._frames, self._total, f"frame {event.index}")
        now = time.monotonic()
        if not self.console.is_terminal and self._new and now - self._told >= PAUSE:
            self._told = now
            left = self._seconds / self._new * (self._total - self._frames)
            self.console.print(
                f"frame {event.index}: {self._frames}/{self._total} · J {event.total:.4g} · {event.seconds:.1f} s · {left:.0f} s left",
                soft_wrap=True,
                markup=False,
            )

    def _update(self, what: str, done: float, total: int, said: str = "") -> None:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total, said=said)
        self._progress.update(self._tasks[what], completed=done, total=total, said=said)

    def _show_preview(self, frame: Path) -> None:
        from pincel.image.io import load_picture, save_picture, to_pil

        try:
            save_picture(to_pil(load_picture(frame).pixels), self._preview)  # type: ignore[arg-type]
        except (OutputError, PictureError) as error:
            # A preview is no reason to lose the film.
            self.tell(f"There will be no preview. {error}")
            self._preview = None


def as_json(event: FilmEvent) -> dict[str, Any]:
    """Return an event as plain data."""
    return {"event": type(event).__name__.lower(), **asdict(event)}
