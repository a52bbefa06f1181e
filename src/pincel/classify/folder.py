"""The folder of a training: what is in it, and whether a training may begin or go on there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pincel.backbones import native
from pincel.classify import record, state, statistics
from pincel.classify.schema import TrainingRecipe
from pincel.errors import CheckpointError, OutputError
from pincel.files import check_output, one_line, quoted

# What a run may change when it goes on: how long, and what it is called.
FREE = ("name", "summary", "epochs")


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
        """Mean picture and colours of the training set."""
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


def check_same(recipe: TrainingRecipe, data: str, terms: Mapping[str, Any]) -> None:
    """Make sure that a run goes on with what it began with.

    Args:
        recipe: As asked for now.
        data: Hash of the pictures now.
        terms: As written in the checkpoint.

    Raises:
        CheckpointError: If a value of the recipe, or the pictures, have changed.
    """
    for name, value in recipe.model_dump(mode="json").items():
        if name not in FREE and value != terms["recipe"].get(name):
            failed = f"checkpoint: the training began with another value of {name.replace('_', '-')}"
            raise CheckpointError(one_line(failed, str(value), str(terms["recipe"].get(name)), "leave it out, or train in another folder"))
    if data != terms["data"]:
        failed = "checkpoint: the pictures are not those the training began with"
        raise CheckpointError(one_line(failed, f"SHA-256 {data[:12]}", terms["data"][:12], "put them back, or train in another folder"))
