"""Progress of ``pincel video``: events as JSON, and a preview."""

from __future__ import annotations

import json
from pathlib import Path

from pincel.cli.painting import as_json
from pincel.cli.terminal import echo
from pincel.errors import OutputError, PictureError
from pincel.films.base import FrameDone, FrameStep, ScanProgress, VideoEvent
from pincel.films.progress import FilmBar


class VideoBar(FilmBar):
    """Shows the events of a film, as JSON too.

    Args:
        quiet: Show nothing.
        json_lines: Also print each event on standard output.
        preview: File for the newest painted frame.
    """

    def __init__(self, *, quiet: bool = False, json_lines: bool = False, preview: Path | None = None) -> None:
        super().__init__(quiet=quiet)
        self._json, self._preview = json_lines, preview

    def show(self, event: VideoEvent) -> None:
        """Show one event."""
        if self._json and not isinstance(event, FrameStep | ScanProgress):
            echo(json.dumps(as_json(event)))
        if self._preview and isinstance(event, FrameDone) and not event.known:
            self._show_preview(Path(event.file))
        super().show(event)

    def _show_preview(self, frame: Path) -> None:
        from pincel.images.io import load_picture, save_picture, to_pil

        try:
            save_picture(to_pil(load_picture(frame).pixels), self._preview)  # type: ignore[arg-type]
        except (OutputError, PictureError) as error:
            # A preview that cannot be written does not end the run.
            self.notify(f"There will be no preview. {error}")
            self._preview = None
