"""Plain gradient descent, the deck's update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from pincel.optim.base import CanvasChange, MemoryUse, Optimizer, check_range


@dataclass(frozen=True)
class DescentState:
    """The velocity, shaped as the canvas."""

    velocity: Tensor


@dataclass(frozen=True)
class GradientDescent(Optimizer[DescentState]):
    r"""G := G - lr·dJ/dG, with heavy-ball momentum by option: v := μv - lr·dJ/dG, G := G + v.

    Attributes:
        learning_rate: lr, in gray levels per unit of gradient.
        momentum: μ, 0 or more and below 1.

    Paper:
        The deck prints lr = 1; Polyak 1964 for the momentum.
    """

    learning_rate: float = 1.0
    momentum: float = 0.0
    state_types: ClassVar = (DescentState,)

    def __post_init__(self) -> None:
        check_range("Learning rate", self.learning_rate, 0, open_low=True)
        check_range("GradientDescent option momentum", self.momentum, 0, 1)

    def init(self, x: Tensor) -> DescentState:
        """Return a velocity of 0."""
        return DescentState(torch.zeros_like(x))

    def step(self, x: Tensor, grad: Tensor, state: DescentState, step_scale: float = 1.0) -> tuple[Tensor, DescentState]:
        """Move against the gradient."""
        velocity = self.momentum * state.velocity - self.learning_rate * step_scale * grad
        return x + velocity, DescentState(velocity)

    def rescale(self, state: DescentState, change: CanvasChange) -> DescentState:
        """Resample the velocity."""
        return DescentState(change.step(state.velocity))

    def memory(self, steps: int) -> MemoryUse:
        """Return the velocity; within a step the next one, two products of it, and the new canvas."""
        return MemoryUse(state=1, scratch=4)
