"""What training tells. The bar, the history on the disk and the tests read the same events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pincel.engine.events import Notice, Preparing


@dataclass(frozen=True)
class Began:
    """Everything is ready, and the first step comes next.

    Attributes:
        name: Of the recipe.
        classes: How many.
        pictures: Part → how many.
        parameters: Weights and biases of the network.
        device: Where it is trained.
        epoch: Whole epochs that were made before.
        step: Steps that were made of the next one.
        epochs: At most.
    """

    name: str
    classes: int
    pictures: Mapping[str, int]
    parameters: int
    device: str
    epoch: int
    step: int
    epochs: int


@dataclass(frozen=True)
class Learnt:
    """A step was made.

    Attributes:
        epoch: Which, from 1.
        epochs: At most.
        step: Steps made in this epoch.
        steps: Of an epoch.
        loss: Mean cross-entropy of the batch, before the step.
        top1_error: Share of the batch that was taken for another class, in the views and with the units of this step.
        top5_error: Share whose class was not among the five likeliest.
        rate: Learning rate.
        pace: Pictures a second, lately; of all processes together.
        seconds: Since training began, also before it was resumed.
        left: Seconds until the last epoch or the end of its time, judged by the pace.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    top1_error: float
    top5_error: float
    rate: float
    pace: float
    seconds: float
    left: float


@dataclass(frozen=True)
class Judging:
    """Pictures that were not learnt from are looked at.

    Attributes:
        what: A few words.
        done: Pictures looked at.
        total: Of how many.
    """

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class Epoch:
    """An epoch is over, and judged by the pictures held out: the central crop of each.

    Attributes:
        epoch: Which, from 1.
        epochs: At most.
        steps: Made so far, in all epochs.
        train_loss: Mean over the epoch, while learning.
        train_top1_error: Likewise.
        train_top5_error: Likewise.
        val_loss: Of the pictures held out.
        val_top1_error: Likewise.
        val_top5_error: Likewise.
        rate: Learning rate of this epoch.
        seconds: Since training began.
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
class Ended:
    """Training is over.

    Attributes:
        reason: ``epochs`` (all made), ``settled`` (the error has stalled at the lowest rate), ``error`` (of training, low enough), ``time``
            (used up), ``interrupted``, ``terminated`` or ``stopped`` (asked to).
        epochs: Whole epochs made.
        steps: Made in all.
    """

    reason: str
    epochs: int
    steps: int


TrainingEvent: TypeAlias = Notice | Preparing | Began | Learnt | Judging | Epoch | Ended
