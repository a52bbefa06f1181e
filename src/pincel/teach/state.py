"""Where teaching stands, all of it: what a checkpoint holds, and goes on from to the same bytes.

All weights are one line of numbers, and the optimiser is the one that moves pictures. Nothing random is in it: crops come from their
number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pincel.engine.checkpoint import read_checkpoint, write_checkpoint
from pincel.errors import CheckpointError
from pincel.files import one_line, quoted
from pincel.optimisers.adam import Adam, AdamState
from pincel.teach.schema import TeachingRecipe

ACCEPTED = "a checkpoint that 'pincel train-style' wrote"


@dataclass
class State:
    """Where teaching stands.

    Attributes:
        numbers: All weights, one after another, (N,).
        adam: Moments.
        step: Steps made.
        seconds: Since teaching began, as of the last step.
        history: [step, J, {term: its mean}] over every so many steps.
    """

    numbers: Tensor
    adam: AdamState
    step: int = 0
    seconds: float = 0.0
    history: list[list[Any]] = field(default_factory=list)

    @classmethod
    def first(cls, weights: Mapping[str, Tensor], device: torch.device) -> State:
        """Return where teaching begins."""
        numbers = torch.cat([each.flatten() for each in weights.values()]).to(device)
        return cls(numbers, Adam().start(numbers))


def views(numbers: Tensor, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Return the weights that a line of numbers is, by name; slopes flow back to it."""
    parts = torch.split(numbers, [math.prod(shape) for shape in shapes.values()])
    return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def rate(recipe: TeachingRecipe, step: int) -> float:
    """Return the learning rate of a step, counted from 0."""
    plain = recipe.learning_rate / (1 + recipe.decay * step)
    begun = min(1.0, (step + 1) / recipe.warming) if recipe.warming else 1.0
    left, over = recipe.steps - step, recipe.cooling * recipe.steps
    return plain * begun * (min(1.0, left / over) if over > 0 else 1.0)


def optimiser(recipe: TeachingRecipe, step: int) -> Adam:
    """Return Adam at a step, with the moments of Kingma and Ba 2015, which both papers' code has."""
    return Adam(rate(recipe, step), 0.9, 0.999, 1e-8)


def write_state(path: Path, state: State, terms: Mapping[str, Any]) -> None:
    """Write a checkpoint, whole or not at all; ``terms`` is what it stands for, as plain data. Raises OutputError."""
    values = {name: getattr(state, name) for name in ("numbers", "step", "seconds")}
    history = [[step, total, dict(each)] for step, total, each in state.history]
    write_checkpoint(path, {**values, "history": history, "adam": asdict(state.adam), "terms": dict(terms)})


def read_state(path: Path, device: torch.device) -> tuple[State, dict[str, Any]]:
    """Read a checkpoint.

    Returns:
        Where teaching stands, on a device, and the terms it was written with.

    Raises:
        CheckpointError: If there is none, or it is damaged.
    """
    if not path.is_file():
        failed, hint = "checkpoint: there is none to go on from", "the same command without --resume"
        raise CheckpointError(one_line(failed, quoted(path), ACCEPTED, hint))
    try:
        values = read_checkpoint(path).values(device)
        terms = values.pop("terms")
        return State(**{**values, "adam": AdamState(**values["adam"])}), terms
    except (CheckpointError, KeyError, TypeError) as error:
        reason = str(error).partition(" · ")[0].removeprefix("checkpoint: ")
        failed = f"checkpoint: cannot be gone on from, {reason}"
        raise CheckpointError(one_line(failed, quoted(path), ACCEPTED, "another output, and train from the start")) from error
