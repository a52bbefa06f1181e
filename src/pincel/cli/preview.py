"""``--preview``: the picture so far, in a small file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pincel.cli.painting import check_distinct
from pincel.engine.events import Event, Step
from pincel.errors import OutputError

if TYPE_CHECKING:
    from pincel.cli.painting import Outputs

# Seconds between two previews.
PAUSE = 1.0
# Fraction of the time that writing may take.
OVERHEAD = 0.05
# Long side in pixels, at most.
SIDE = 640

preview_option = click.option(
    "--preview", metavar="FILE", help=f"Write the picture so far to a small file ({SIDE} pixels at most), about once a second."
)


class Preview:
    """Writes the picture so far now and then; a preview that cannot be written does not end the run.

    Args:
        path: The file, replaced each time.
        notify: Called once if it cannot be written.
        clock: Seconds.
    """

    def __init__(self, path: Path, notify: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._notify, self._clock = path, notify, clock
        self._due = clock()
        self._failing = False

    def show(self, event: Event) -> None:
        """Write the picture of a step, unless the last one was written just now."""
        began = self._clock()
        if not isinstance(event, Step) or began < self._due:
            return
        try:
            self._write(event)
        except OutputError as error:
            if not self._failing:
                self._notify(f"There will be no preview. {error}")
            self._failing = True
        now = self._clock()
        self._due = began + max(PAUSE, (now - began) / OVERHEAD)

    def _write(self, event: Step) -> None:
        from pincel.images.io import save_picture, to_pil

        picture = to_pil(event.preview().cpu())
        picture.thumbnail((SIDE, SIDE))
        save_picture(picture, self._path)


def check_preview(text: str | None, outputs: Outputs, inputs: list[Path]) -> Path | None:
    """Check the file of ``--preview`` before the run, and return it.

    Raises:
        OutputError: For an unknown extension, an unwritable folder, or a file that is an input or another output.
    """
    from pincel.files import check_output
    from pincel.images.io import check_format

    if text is None:
        return None
    path = Path(text)
    check_format(path)
    check_distinct([path, *outputs.files])
    return check_output(path, inputs=inputs, what="preview")
