"""The state of a training, as a checkpoint holds it: a training that is resumed from it ends with the same bytes.

There is no random state: random numbers follow from a seed, an epoch and an image; see :mod:`pincel.classify.augment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import ConfigDict
from torch import Tensor

from pincel.classify.rate import PlateauState
from pincel.engine.checkpoint import WRITTEN, read_training, write_checkpoint

FILE = "checkpoint.safetensors"
Weights = dict[str, tuple[Tensor, Tensor]]


@dataclass
class ErrorCounts:
    """Loss and errors over some images.

    Attributes:
        images: How many.
        loss: Sum of their cross-entropy.
        top1_errors: Images taken for another class.
        top5_errors: Images whose class was not among the five likeliest.
    """

    images: int = 0
    loss: float = 0.0
    top1_errors: int = 0
    top5_errors: int = 0

    def add(self, other: ErrorCounts) -> None:
        """Add those of other images."""
        self.images += other.images
        self.loss += other.loss
        self.top1_errors += other.top1_errors
        self.top5_errors += other.top5_errors

    def means(self) -> dict[str, float]:
        """Return mean loss and errors."""
        errors = {"top1_error": self.top1_errors / self.images, "top5_error": self.top5_errors / self.images}
        return {"loss": self.loss / self.images, **errors}


@dataclass
class ClassifierState:
    """The state of a training.

    Attributes:
        weights: layer → (weight, bias).
        velocities: Likewise.
        schedule: Learning rate, and progress of the validation error.
        epoch: Whole epochs made.
        step: Steps made in the present one.
        counts: Over these.
        recent: (images, top-1 errors) of the latest steps, an epoch's worth at most.
        history: A row for each epoch.
        best: The epoch of the best network, 0 if none was evaluated, and its validation error and loss.
        seconds: Of training, as of the latest step.
    """

    weights: Weights
    velocities: Weights
    schedule: PlateauState
    epoch: int = 0
    step: int = 0
    counts: ErrorCounts = field(default_factory=ErrorCounts)
    recent: list[tuple[int, int]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=lambda: {"epoch": 0, "top1_error": float("inf"), "loss": float("inf")})
    seconds: float = 0.0
    __pydantic_config__: ClassVar[ConfigDict] = WRITTEN

    def __post_init__(self) -> None:
        """Raise ValueError for velocities of other weights."""
        pairs = (self.weights, self.velocities)
        one, other = ({name: [each.shape for each in pair] for name, pair in layers.items()} for layers in pairs)
        if one != other:
            raise ValueError("the velocities are of other weights")

    @classmethod
    def first(cls, weights: Weights, rate: float) -> ClassifierState:
        """Return the state before the first step."""
        velocities = {name: (torch.zeros_like(weight), torch.zeros_like(bias)) for name, (weight, bias) in weights.items()}
        return cls(weights, velocities, PlateauState(rate))

    @property
    def recent_error(self) -> float:
        """Fraction of the images of the latest steps that were taken for another class."""
        images = sum(count for count, _ in self.recent)
        return sum(errors for _, errors in self.recent) / images if images else 1.0


def write_state(path: Path, state: ClassifierState, terms: Mapping[str, Any]) -> None:
    """Write a checkpoint, whole or not at all; ``terms`` are recipe, hash of the images and so on, as plain data. Raises OutputError."""
    plain = {name: getattr(state, name) for name in ("weights", "velocities", "epoch", "step", "history", "best", "seconds")}
    nested = {"schedule": asdict(state.schedule), "counts": asdict(state.counts), "recent": [list(pair) for pair in state.recent]}
    write_checkpoint(path, {**plain, **nested, "terms": dict(terms)})


def read_state(path: Path, device: torch.device) -> tuple[ClassifierState, dict[str, Any]]:
    """Read a checkpoint.

    Returns:
        The state, on a device, and the terms it was written with.

    Raises:
        CheckpointError: If there is none, or it is damaged.
    """
    wanted, accepted = {"recipe": dict, "data": str}, "a folder that 'pincel train' wrote"
    return read_training(path, ClassifierState, wanted, device, accepted=accepted, instead="the same command without --resume")
