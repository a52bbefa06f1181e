"""``--preview``: the picture so far, in one small file, for whoever watches a run from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pincel.engine.events import Event, Step
from pincel.errors import OutputError

if TYPE_CHECKING:
    from pincel.cli.painting import Outputs

# Seconds between two.
PAUSE = 1.0
# Of the time, writing takes this share at most.
SHARE = 0.05
# Long side in pixels, at most.
SIDE = 640

preview_option = click.option(
    "--preview", metavar="FILE", help=f"Keep the picture so far in a small file ({SIDE} pixels at most), renewed about once a second."
)


class Preview:
    """Writes the picture so far when it is time for it; a preview that cannot be written is no reason to lose the run.

    Args:
        path: The file, replaced whole each time.
        tell: Is told, once, if it cannot be written.
    """

    def __init__(self, path: Path, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._tell, self._clock = path, tell, clock
        self._due = clock()
        self._failing = False

    def show(self, event: Event) -> None:
        """Write the picture of a step, unless the last one is too young."""
        began = self._clock()
        if not isinstance(event, Step) or began < self._due:
            return
        try:
            self._write(event)
        except OutputError as error:
            if not self._failing:
                self._tell(f"There will be no preview. {error}")
            self._failing = True
        now = self._clock()
        self._due = began + max(PAUSE, (now - began) / SHARE)

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
    others = {other.resolve() for other in (outputs.picture, outputs.record, outputs.sheet) if other}
    if path.resolve() in others:
        raise OutputError(f"Two outputs would be written to one file: {path}. Give each its own name.")
    return check_output(path, inputs=inputs, what="preview")
