"""The folder of a training: what is in it, and whether a training may begin or go on there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pincel.backbones import native
from pincel.classify import record, state, statistics
from pincel.errors import OutputError
from pincel.files import check_output, one_line, quoted


@dataclass(frozen=True)
class Folder:
    """A folder of ``pincel train``.

    Attributes:
        path: Where.
    """

    path: Path

    @property
    def network(self) -> Path:
        """The best network so far."""
        return self.path / native.NAME

    @property
    def statistics(self) -> Path:
        """Mean picture and colors of the training set."""
        return self.path / statistics.FILE

    @property
    def checkpoint(self) -> Path:
        """Where training stands."""
        return self.path / state.FILE

    def check_new(self) -> None:
        """Make sure that a training can begin here.

        Raises:
            OutputError: If it cannot be written to, or holds a training.
        """
        if self.path.is_file():
            raise OutputError(one_line("output: is a file", quoted(self.path), "a folder, new or empty", "another name"))
        if self.checkpoint.exists() or self.network.exists():
            hint = "--resume to go on with it, or another folder"
            raise OutputError(one_line("output: the folder holds a training", quoted(self.path), "a new or an empty folder", hint))
        check_output(self.path / record.RECORD, what="output")
