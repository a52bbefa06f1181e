"""Objectives without a network, for the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor

from pincel.canvas.pixels import PixelCanvas
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Event, Notice, Step, Stopped
from pincel.engine.loop import Loop
from pincel.engine.problem import unbounded
from pincel.losses.base import Term
from pincel.losses.objective import Evaluation
from pincel.optim.base import Optimizer


@dataclass
class Toy:
    """½ Σ (x - 1)², whose answers can be spoiled.

    Attributes:
        spoil: (number of the evaluation, total, gradient) → what is answered instead.
        floor: Added to the total.
        project: Canvas values → those within bounds.
    """

    spoil: Callable[[int, Tensor, Tensor], tuple[Tensor, Tensor]] = lambda _, total, slope: (total, slope)
    floor: float = 0.0
    canvas: PixelCanvas = field(default_factory=PixelCanvas)
    looks: int = 0
    gradients: int = 0
    notes: tuple[str, ...] = ()
    project: Callable[[Tensor], Tensor] = unbounded

    def _look(self, x: Tensor) -> tuple[Evaluation, Tensor]:
        total, slope = self.spoil(self.looks, (x - 1).square().sum() / 2 + self.floor, x - 1)
        self.looks += 1
        return Evaluation(total, (Term("content", "relu4_2", 1, 1, total),)), slope

    @property
    def problem(self) -> Toy:
        """Itself: a toy is the evaluator and the problem in one."""
        return self

    def checked_after_each_tile(self, _: Callable[[], None]) -> Toy:
        """Return itself: there are no tiles."""
        return self

    def image(self, x: Tensor) -> Tensor:
        """Return what the canvas shows."""
        return self.canvas.image(x)

    def pixels(self, x: Tensor) -> Tensor:
        """Return what the canvas stands for."""
        return self.canvas.pixels(x)

    def measure(self, x: Tensor, _step: int = 0) -> Evaluation:
        """Evaluate."""
        return self._look(x)[0]

    def gradient(self, x: Tensor, _step: int = 0) -> tuple[Evaluation, Tensor]:
        """Evaluate and differentiate."""
        self.gradients += 1
        return self._look(x)


def start(value: float = 3.0) -> Tensor:
    """Return a canvas of (1, 3, 2, 5), all one value."""
    return torch.full((1, 3, 2, 5), value)


def loop_over(toy: Toy, optimizer: Optimizer[Any], steps: int, x: Tensor | None = None) -> Loop:
    """Return a loop that takes the toy for an evaluator."""
    return Loop(cast("Evaluator", toy), optimizer, start() if x is None else x, steps)


def sorted_out(events: list[Event]) -> tuple[list[Step], list[Notice], Stopped]:
    """Return the steps, the notices and the end, which must come once and last."""
    *before, end = events
    assert isinstance(end, Stopped)
    assert not any(isinstance(event, Stopped) for event in before)
    return [e for e in before if isinstance(e, Step)], [e for e in before if isinstance(e, Notice)], end
