"""Where training stands, all of it: what a checkpoint holds, and goes on from to the same bytes.

Nothing random is in it: random numbers belong to a seed, an epoch and a picture; see :mod:`pincel.classify.augment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import ConfigDict
from torch import Tensor

from pincel.classify.rate import Rate
from pincel.engine.checkpoint import WRITTEN, read_training, write_checkpoint

FILE = "checkpoint.safetensors"
Weights = dict[str, tuple[Tensor, Tensor]]


@dataclass
class Counts:
    """Sums over the steps of the epoch under way.

    Attributes:
        pictures: Trained on.
        loss: Sum of their cross-entropy.
        wrong: Taken for another class.
        missed: Not among the five likeliest.
    """

    pictures: int = 0
    loss: float = 0.0
    wrong: int = 0
    missed: int = 0


@dataclass
class ClassifierState:
    """Where training stands.

    Attributes:
        weights: layer → (weight, bias).
        velocities: Likewise.
        rate: The learning rate.
        epoch: Whole epochs made.
        step: Steps made in the one under way.
        counts: Over these.
        recent: (pictures, of them wrong) of the latest steps, an epoch's worth at most.
        history: A row for each epoch.
        best: The epoch of the best network, 0 if none was judged, and its validation error and loss.
        seconds: Since training began, as of the last checkpoint.
    """

    weights: Weights
    velocities: Weights
    rate: Rate
    epoch: int = 0
    step: int = 0
    counts: Counts = field(default_factory=Counts)
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
        """Return where training begins."""
        still = {name: (torch.zeros_like(weight), torch.zeros_like(bias)) for name, (weight, bias) in weights.items()}
        return cls(weights, still, Rate(rate))

    @property
    def recent_error(self) -> float:
        """Share of the pictures of the latest steps that were taken for another class."""
        pictures = sum(count for count, _ in self.recent)
        return sum(wrong for _, wrong in self.recent) / pictures if pictures else 1.0


def write_state(path: Path, state: ClassifierState, terms: Mapping[str, Any]) -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        path: The file.
        state: Where training stands.
        terms: What it stands for: recipe, hash of the pictures and so on, as plain data.

    Raises:
        OutputError: If it cannot be written.
    """
    plain = {name: getattr(state, name) for name in ("weights", "velocities", "epoch", "step", "history", "best", "seconds")}
    recent = [list(pair) for pair in state.recent]
    write_checkpoint(path, {**plain, "recent": recent, "rate": asdict(state.rate), "counts": asdict(state.counts), "terms": dict(terms)})


def read_state(path: Path, device: torch.device) -> tuple[ClassifierState, dict[str, Any]]:
    """Read a checkpoint.

    Returns:
        Where training stands, on a device, and the terms it was written with.

    Raises:
        CheckpointError: If there is none, or it is damaged.
    """
    return read_training(
        path,
        ClassifierState,
        {"recipe": dict, "data": str},
        device,
        accepted="a folder that 'pincel train' wrote",
        instead="the same command without --resume",
    )
