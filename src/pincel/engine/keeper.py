"""When checkpoints of a run are written, and which are kept."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pincel.engine.checkpoint import KEPT, checkpoint_files, next_file, write_checkpoint
from pincel.errors import CheckpointError, OptionError, OutputError
from pincel.files import check_output, one_line, quoted

# Seconds between two checkpoints.
EVERY = 30.0
# Seconds that a run must take for checkpoints to be worth it where nobody asked for them.
LONG = 120.0
# Of the time, writing takes this share at most: large canvases with a long history are gigabytes.
SHARE = 0.1


class Keeper:
    """Writes checkpoints into a folder when they are due, and removes its older ones.

    Args:
        folder: Made when first written to.
        every: Seconds between two, above 0.
        after: Seconds a run must have been going for the first.
        own: Checkpoints in the folder that belong to this run.

    Raises:
        OptionError: If ``every`` is not above 0.
    """

    def __init__(
        self,
        folder: Path,
        every: float = EVERY,
        *,
        after: float = 0.0,
        own: tuple[Path, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not every > 0:
            raise OptionError(one_line("checkpoints: the pause between two is too short", f"{every:g} s", "above 0 s", f"{EVERY:g}"))
        self.folder, self.every, self.after = folder, every, after
        self._own = list(own)
        self._clock = clock
        self._due = clock() + every if own else clock()
        self._told = bool(own)
        self._failing = False

    @property
    def command(self) -> str:
        """What to type to go on with the run."""
        return f"pincel resume {shlex.quote(str(self.folder))}"

    @property
    def holds(self) -> bool:
        """Whether there is a checkpoint of this run."""
        return bool(self._own)

    def is_due(self, seconds: float) -> bool:
        """Tell whether it is time for a checkpoint, ``seconds`` into the run."""
        return seconds >= self.after and self._clock() >= self._due

    def write(self, values: Mapping[str, Any]) -> list[str]:
        """Write a checkpoint; if that fails, the ones before stay.

        Returns:
            What there is to say, a sentence each.
        """
        began = self._clock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = next_file(self.folder)
            write_checkpoint(path, values)
        except (OutputError, OSError) as error:
            self._due = self._clock() + self.every
            told, self._failing = self._failing, True
            return [] if told else [f"A checkpoint could not be written; the run goes on. {error}"]
        self._failing = False
        self._own = [*self._own, path][-KEPT:]
        self._remove(self._own)
        now = self._clock()
        self._due = now + max(self.every, (now - began) / SHARE)
        told, self._told = self._told, True
        return [] if told else [f"Checkpoints are written every {self.every:g} s; should the run be cut short, go on with: {self.command}"]

    def discard(self) -> None:
        """Remove the checkpoints of this run, and the folder if nothing else is in it."""
        if self._own:
            self._remove(())
            with suppress(OSError):
                self.folder.rmdir()

    def _remove(self, kept: list[Path] | tuple[Path, ...]) -> None:
        """Remove all checkpoints but some, and what was half written when a process was killed."""
        for path in (*checkpoint_files(self.folder), *self.folder.glob(".pincel-*.safetensors")):
            if path not in kept:
                with suppress(OSError):
                    path.unlink()


def new_folder(folder: Path) -> Path:
    """Make sure that a run can begin to write checkpoints into a folder that was asked for by name.

    Raises:
        OutputError: If it cannot be written to.
        CheckpointError: If there are checkpoints in it, which would be replaced.
    """
    check_output(folder / next_file(folder).name, what="checkpoint")
    if checkpoint_files(folder):
        failed, hint = "checkpoint: the folder holds those of another run", f"pincel resume {shlex.quote(str(folder))}"
        raise CheckpointError(one_line(failed, quoted(folder), "a new or an empty folder", hint))
    return folder
