"""Decides when a checkpoint of a run is due, and which checkpoints are kept."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pincel.engine.checkpoint import KEPT, checkpoint_files, next_file, write_checkpoint
from pincel.engine.events import Notice
from pincel.errors import CheckpointError, OutputError
from pincel.files import check_between_saves, check_output, one_line, quoted
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Seconds between two checkpoints.
EVERY = 30.0
# Seconds from which a run writes checkpoints where none were asked for.
LONG = 120.0
# Largest fraction of the time spent writing: large canvases with a long history are gigabytes.
MAX_TIME_FRACTION = 0.1


class CheckpointManager:
    """Writes checkpoints into a folder when they are due, and removes its older ones.

    Args:
        folder: Created by the first write.
        every: Seconds between two checkpoints, above 0, at most a week.
        after: Seconds into the run before which none is written.
        paths: Checkpoints in the folder that belong to this run.
        clock: Returns the time in seconds.

    Raises:
        OptionError: If ``every`` is not above 0, or more than a week.
    """

    def __init__(
        self,
        folder: Path,
        every: float = EVERY,
        *,
        after: float = 0.0,
        paths: tuple[Path, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_between_saves(every, EVERY)
        self.folder, self.every, self.after = folder, every, after
        self._paths = list(paths)
        self._clock = clock
        self._due = clock() + every if paths else clock()
        self._announced = bool(paths)
        self._failing = False

    @property
    def command(self) -> str:
        """Command line that resumes the run."""
        return f"pincel resume {shlex.quote(str(self.folder))}"

    @property
    def exists(self) -> bool:
        """Whether there is a checkpoint of this run."""
        return bool(self._paths)

    def is_due(self, seconds: float) -> bool:
        """Return whether a checkpoint is due, ``seconds`` into the run."""
        return seconds >= self.after and self._clock() >= self._due

    def write(self, values: Mapping[str, Any]) -> list[Notice]:
        """Write a checkpoint and remove older ones; if writing fails, those stay. Return notices."""
        began = self._clock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = next_file(self.folder)
            write_checkpoint(path, values)
        except (OutputError, OSError) as error:
            self._due = self._clock() + self.every
            announced, self._failing = self._failing, True
            text = Note(_("A checkpoint could not be written; the run goes on. {error}"), error=error)
            return [] if announced else [Notice(text)]
        self._failing = False
        self._paths = [*self._paths, path][-KEPT:]
        self._remove(self._paths)
        now = self._clock()
        self._due = now + max(self.every, (now - began) / MAX_TIME_FRACTION)
        announced, self._announced = self._announced, True
        text = Note(
            _("Checkpoints are written every {seconds:g} s; should the run be cut short, go on with: {command}"),
            seconds=self.every,
            command=self.command,
        )
        return [] if announced else [Notice(text, topic="resume")]

    def discard(self) -> None:
        """Remove the checkpoints of this run, and the folder if nothing else is in it."""
        if self._paths:
            self._remove(())
            with suppress(OSError):
                self.folder.rmdir()

    def _remove(self, kept: list[Path] | tuple[Path, ...]) -> None:
        """Remove all checkpoints but those to keep, and temporary files of a process that was killed."""
        for path in (*checkpoint_files(self.folder), *self.folder.glob(".pincel-*.safetensors")):
            if path not in kept:
                with suppress(OSError):
                    path.unlink()


def new_folder(folder: Path) -> Path:
    """Return a folder given by the user after checking that a new run can write checkpoints into it.

    Raises:
        OutputError: If it cannot be written to.
        CheckpointError: If it holds checkpoints, which would be replaced.
    """
    check_output(folder / next_file(folder).name, what="checkpoint")
    if checkpoint_files(folder):
        failed, hint = "checkpoint: the folder holds those of another run", f"pincel resume {shlex.quote(str(folder))}"
        raise CheckpointError(one_line(failed, quoted(folder), "a new or an empty folder", hint))
    return folder
