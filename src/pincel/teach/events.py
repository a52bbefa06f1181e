"""What teaching tells."""

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
        parameters: Numbers that are learnt.
        pictures: How many crops are taken of.
        styles: How many it learns to paint after.
        device: Where.
        step: Steps that were made before.
        steps: In all.
    """

    name: str
    parameters: int
    pictures: int
    styles: int
    device: str
    step: int
    steps: int


@dataclass(frozen=True)
class Learnt:
    """A step was made.

    Attributes:
        step: Steps made.
        steps: In all.
        total: Mean J of its crops, before the step.
        terms: content, style, tv: means of each before its weight.
        rate: Learning rate.
        seconds: Since teaching began, also before it was resumed.
        left: Seconds until the last step, judged by the pace of the latest.
    """

    step: int
    steps: int
    total: float
    terms: Mapping[str, float]
    rate: float
    seconds: float
    left: float


@dataclass(frozen=True)
class Ended:
    """Teaching is over.

    Attributes:
        reason: ``steps`` (all made), ``time`` (used up), ``interrupted``, ``terminated`` or ``stopped`` (asked to).
        step: Steps made.
    """

    reason: str
    step: int


TeachingEvent: TypeAlias = Notice | Preparing | Began | Learnt | Ended
