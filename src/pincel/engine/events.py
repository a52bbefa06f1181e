"""What the loop tells. The bar, the studio, the record and the tests all read the same events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from pincel.types import Image


@dataclass(frozen=True)
class Notice:
    """Something was adjusted or decided on the user's behalf.

    Attributes:
        text: One sentence.
    """

    text: str


@dataclass(frozen=True)
class Preparing:
    """Something that takes a while, before the first step.

    Attributes:
        what: A few words.
        done: Parts finished.
        total: Parts in all.
    """

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class Scale:
    """A new size of the canvas, coarse to fine.

    Attributes:
        index: Which, from 1.
        count: Of how many.
        size: (height, width).
        steps: Updates it will make at most.
    """

    index: int
    count: int
    size: tuple[int, int]
    steps: int


@dataclass(frozen=True)
class Looking:
    """How far a step has come that looks at its picture tile by tile. Told by calling, from within the step, to who asked for that.

    Attributes:
        done: Tiles looked at, there and back.
        total: Of how many.
    """

    done: int
    total: int


@dataclass(frozen=True)
class Step:
    """The objective after ``step`` updates in this scale.

    Attributes:
        step: Updates made so far; 0 is the start.
        steps: Updates asked for in this scale.
        scale: (height, width) of the canvas.
        total: J.
        seconds: Since the run began, targets included.
        memory: Peak bytes in use.
        preview: Makes the image in [0, 1], (1, 3, H, W), when called.
        read: Reads the terms from the device when called.
    """

    step: int
    steps: int
    scale: tuple[int, int]
    total: float
    seconds: float
    memory: int
    preview: Callable[[], Image] = field(repr=False)
    read: Callable[[], Mapping[str, float]] = field(repr=False)

    @cached_property
    def terms(self) -> Mapping[str, float]:
        """Unweighted J of each group (``content``, ``style``, ``tv``) and layer (``style:relu1_1``).

        Read from the device when first asked for, so that a step nobody looks at does not wait for its numbers.
        """
        return self.read()


@dataclass(frozen=True)
class Stopped:
    """The run is over.

    Attributes:
        reason: ``steps`` (all made), ``settled`` (the objective hardly fell any more), ``interrupted``, ``terminated``, ``stopped``
            (asked to), ``out of memory``, ``worker lost`` (a process that shared the work is gone), ``stationary`` (no gradient left) or
            ``diverged`` (nothing finite ahead even with the boldness halved again and again).
        step: The last update made, in the last scale.
        best_step: The update whose picture is kept.
    """

    reason: str
    step: int
    best_step: int


Event: TypeAlias = Notice | Preparing | Scale | Looking | Step | Stopped
