"""The folder of a training: the files in it, and whether a training may begin there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pincel.backbones import native
from pincel.backbones.specs import ModelSpec
from pincel.classify import state, statistics
from pincel.classify.record import RECORD
from pincel.errors import OutputError
from pincel.files import check_output, csv_text, one_line, quoted, write_text

HISTORY = "history.csv"
COLUMNS = (
    *("epoch", "steps", "rate", "train_loss", "train_top1_error", "train_top5_error"),
    *("val_loss", "val_top1_error", "val_top5_error", "seconds", "best"),
)


@dataclass(frozen=True)
class TrainingFolder:
    """A folder of ``pincel train``.

    Attributes:
        path: Where it is.
    """

    path: Path

    @property
    def network(self) -> Path:
        """The best network so far."""
        return self.path / native.NAME

    @property
    def statistics(self) -> Path:
        """Mean image and colors of the training set."""
        return self.path / statistics.FILE

    @property
    def checkpoint(self) -> Path:
        """The state of the training."""
        return self.path / state.FILE

    def check_new(self) -> None:
        """Check that a training can begin here.

        Raises:
            OutputError: If it cannot be written to, or holds a training.
        """
        if self.path.is_file():
            raise OutputError(one_line("output: is a file", quoted(self.path), "a folder, new or empty", "another name"))
        if self.checkpoint.exists() or self.network.exists():
            hint = "--resume to go on with it, or another folder"
            raise OutputError(one_line("output: the folder holds a training", quoted(self.path), "a new or an empty folder", hint))
        check_output(self.path / RECORD, what="output")

    def write_network(self, spec: ModelSpec, weights: state.Weights) -> None:
        """Write the network; raises OutputError."""
        plain = {name: (weight.detach().cpu(), bias.detach().cpu()) for name, (weight, bias) in weights.items()}
        native.write_network(self.network, spec, plain)

    def write_history(self, history: list[dict[str, Any]]) -> None:
        """Write a row for each epoch as CSV; raises OutputError."""
        write_text(self.path / HISTORY, csv_text(history, COLUMNS), what="history")

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write the record as JSON; raises OutputError."""
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        write_text(self.path / RECORD, text + "\n", what="record")
