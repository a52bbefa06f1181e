"""The state of a training, as a checkpoint holds it: a training that is resumed from it ends with the same bytes.

All weights are one flat tensor, and the optimizer is that of image optimization. There is no random state: a crop follows from its number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import ConfigDict
from torch import Tensor

from pincel.engine.checkpoint import WRITTEN, read_training, write_checkpoint
from pincel.optim.adam import Adam, AdamState
from pincel.training.schema import StyleTrainingRecipe

ACCEPTED = "a checkpoint that 'pincel train-style' wrote"


@dataclass
class StyleState:
    """The state of a training.

    Attributes:
        params: All weights, one after another, (N,).
        adam: Moments.
        step: Steps made.
        seconds: Of training, as of the latest step.
        history: [step, J, {term: its mean}], each over some steps.
    """

    params: Tensor
    adam: AdamState
    step: int = 0
    seconds: float = 0.0
    history: list[list[Any]] = field(default_factory=list)
    __pydantic_config__: ClassVar[ConfigDict] = WRITTEN

    def __post_init__(self) -> None:
        """Raise ValueError for moments of other weights, or history of another form."""
        if not self.params.shape == self.adam.first.shape == self.adam.second.shape or self.params.ndim != 1:
            raise ValueError("the moments are of other weights")
        if any(len(row) != 3 or not isinstance(row[2], dict) for row in self.history):
            raise ValueError("its history is of another form")

    @classmethod
    def first(cls, weights: Mapping[str, Tensor], device: torch.device) -> StyleState:
        """Return the state before the first step."""
        params = torch.cat([each.flatten() for each in weights.values()]).to(device)
        return cls(params, Adam().init(params))


def unflatten(params: Tensor, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Return the weights in a flat tensor by name; differentiable."""
    parts = torch.split(params, [math.prod(shape) for shape in shapes.values()])
    return {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}


def rate(recipe: StyleTrainingRecipe, step: int) -> float:
    """Return the learning rate of a step, counted from 0."""
    decayed = recipe.learning_rate / (1 + recipe.decay * step)
    warmup = min(1.0, (step + 1) / recipe.warming) if recipe.warming else 1.0
    left, cooldown = recipe.steps - step, recipe.cooling * recipe.steps
    return decayed * warmup * (min(1.0, left / cooldown) if cooldown > 0 else 1.0)


def optimizer(recipe: StyleTrainingRecipe, step: int) -> Adam:
    """Return Adam at a step, with the moments of Kingma and Ba 2015, which both papers' code has."""
    return Adam(rate(recipe, step), 0.9, 0.999, 1e-8)


def write_state(path: Path, state: StyleState, terms: Mapping[str, Any]) -> None:
    """Write a checkpoint, whole or not at all; ``terms`` are recipe and hashes, as plain data. Raises OutputError."""
    values = {name: getattr(state, name) for name in ("params", "step", "seconds")}
    history = [[step, total, dict(each)] for step, total, each in state.history]
    write_checkpoint(path, {**values, "history": history, "adam": asdict(state.adam), "terms": dict(terms)})


def read_state(path: Path, device: torch.device) -> tuple[StyleState, dict[str, Any]]:
    """Read a checkpoint.

    Returns:
        The state, on a device, and the terms it was written with.

    Raises:
        CheckpointError: If there is none, or it is damaged.
    """
    wanted = {"recipe": dict, "data": object, "styles": object}
    return read_training(path, StyleState, wanted, device, accepted=ACCEPTED, instead="the same command without --resume")
