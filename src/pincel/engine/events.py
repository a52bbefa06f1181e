"""Events of a run. Progress views, the studio, the record and the tests all read the same ones.

``kind`` is what an event is called as JSON (``--json``), which the studio reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Literal, TypeAlias

from pincel.types import Image

# What a notice is about: the run and its picture, or how the run is resumed on the command line.
Topic: TypeAlias = Literal["run", "resume"]


@dataclass(frozen=True)
class Notice:
    """Something was changed or decided on the user's behalf.

    Attributes:
        text: One sentence; a :class:`pincel.translation.Note` can be shown in other languages.
        topic: What it is about.
    """

    kind: ClassVar[str] = "notice"
    text: str
    topic: Topic = "run"


@dataclass(frozen=True)
class SetupProgress:
    """Progress of work before the first step.

    Attributes:
        what: A few words; like the text of a notice.
        done: Parts finished.
        total: Parts in all.
    """

    kind: ClassVar[str] = "preparing"
    what: str
    done: int
    total: int


@dataclass(frozen=True)
class ScaleStart:
    """A new size of the canvas, coarse to fine.

    Attributes:
        index: Number of the scale, from 1.
        count: Number of scales.
        size: (height, width).
        steps: Most updates at this scale.
        ahead: Work of the scales after it, in steps at this scale, by their pixels.
    """

    kind: ClassVar[str] = "scale"
    index: int
    count: int
    size: tuple[int, int]
    steps: int
    ahead: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class TileProgress:
    """Progress within a step that evaluates its picture in tiles. Passed to a callback during the step, not yielded.

    Attributes:
        done: Tiles computed, forward and backward.
        total: Tiles in all.
    """

    kind: ClassVar[str] = "looking"
    done: int
    total: int


@dataclass(frozen=True)
class Step:
    """The objective after ``step`` updates at this scale.

    Attributes:
        step: Updates made so far; 0 is the start.
        steps: Most updates at this scale.
        scale: (height, width) of the canvas.
        total: J.
        seconds: Since the run began, targets included.
        memory: Peak bytes in use.
        preview: Returns the image in [0, 1], (1, 3, H, W).
        fetch_terms: Fetches the terms from the device.
    """

    kind: ClassVar[str] = "step"
    step: int
    steps: int
    scale: tuple[int, int]
    total: float
    seconds: float
    memory: int
    preview: Callable[[], Image] = field(repr=False)
    fetch_terms: Callable[[], Mapping[str, float]] = field(repr=False)

    @cached_property
    def terms(self) -> Mapping[str, float]:
        """Unweighted J of each group (``content``, ``style``, ``tv``) and layer (``style:relu1_1``).

        Fetched from the device when first asked for, so that a step does not wait for numbers that nobody reads.
        """
        return self.fetch_terms()


@dataclass(frozen=True)
class Stopped:
    """The run is over.

    Attributes:
        reason: ``steps`` (all made), ``settled`` (the objective hardly decreased any more), ``interrupted``, ``terminated``, ``stopped``
            (asked to), ``out of memory``, ``worker lost`` (a process that shared the work is gone), ``stationary`` (the gradient is 0) or
            ``diverged`` (nothing finite even with the step size halved again and again).
        step: The last update made, at the last scale.
        best_step: The update whose picture is kept.
    """

    kind: ClassVar[str] = "stopped"
    reason: str
    step: int
    best_step: int


Event: TypeAlias = Notice | SetupProgress | ScaleStart | TileProgress | Step | Stopped


def ignore(_: Event) -> None:
    """Do nothing with an event."""
