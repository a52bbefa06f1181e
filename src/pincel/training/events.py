"""The events of a training, for progress views and records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pincel.engine.events import Notice, SetupProgress


@dataclass(frozen=True)
class TrainStart:
    """Everything is loaded; the first step comes next.

    Attributes:
        name: Name of the recipe.
        parameters: Number of trained values.
        data: Name → count of what it is trained on: ``classes``, ``train``, ``val``; or ``pictures``, ``styles``.
        device: Where it is trained.
        step: Steps made before, of the epoch if there are epochs.
        steps: Of the training, or of an epoch if there are epochs.
        epoch: Whole epochs made before.
        epochs: At most; 0 for a training that is counted in steps.
    """

    name: str
    parameters: int
    data: Mapping[str, int]
    device: str
    step: int
    steps: int
    epoch: int = 0
    epochs: int = 0


@dataclass(frozen=True)
class StepEnd:
    """A step was made.

    Attributes:
        step: Steps made, of the epoch if there are epochs.
        steps: Of the training, or of an epoch if there are epochs.
        metrics: Means over the batch before the step: ``loss``, ``top1_error``, ``top5_error``; or ``J`` and its terms.
        rate: Learning rate.
        throughput: Images a second over the latest steps, of all processes together.
        seconds: Of training, also before it was resumed.
        left: Seconds until the last step or the time limit, at this throughput.
        epoch: Which, from 1; 0 for a training that is counted in steps.
        epochs: At most; likewise.
    """

    step: int
    steps: int
    metrics: Mapping[str, float]
    rate: float
    throughput: float
    seconds: float
    left: float
    epoch: int = 0
    epochs: int = 0


@dataclass(frozen=True)
class EvalProgress:
    """Progress of an evaluation on images that were not trained on.

    Attributes:
        what: Name of the evaluation.
        done: Images evaluated.
        total: Of how many.
    """

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class EpochEnd:
    """An epoch is over and the network was evaluated on the validation set, on the central crop of each image.

    Attributes:
        epoch: Which, from 1.
        epochs: At most.
        steps: Made so far, in all epochs.
        train_loss: Mean over the steps of the epoch.
        train_top1_error: Likewise.
        train_top5_error: Likewise.
        val_loss: Of the validation set.
        val_top1_error: Likewise.
        val_top5_error: Likewise.
        rate: Learning rate of this epoch.
        seconds: Of training, also before it was resumed.
        best: Whether this is the best network so far.
    """

    epoch: int
    epochs: int
    steps: int
    train_loss: float
    train_top1_error: float
    train_top5_error: float
    val_loss: float
    val_top1_error: float
    val_top5_error: float
    rate: float
    seconds: float
    best: bool


@dataclass(frozen=True)
class TrainEnd:
    """Training is over.

    Attributes:
        reason: ``steps`` or ``epochs`` (all made), ``settled`` (the validation error has stalled at the lowest rate), ``error`` (the
            training error is low enough), or one of :data:`pincel.training.trainer.REASONS`.
        steps: Made in all.
        epochs: Whole epochs made.
    """

    reason: str
    steps: int
    epochs: int = 0


TrainingEvent: TypeAlias = Notice | SetupProgress | TrainStart | StepEnd | EvalProgress | EpochEnd | TrainEnd
