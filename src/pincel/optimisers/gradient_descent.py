"""Plain gradient descent, the deck's update."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pincel.optimisers.base import Change, Holdings, check_range


@dataclass(frozen=True)
class DescentState:
    """The velocity, and how bold a step may be after failures (1 = as asked)."""

    velocity: Tensor
    boldness: float = 1.0


@dataclass(frozen=True)
class GradientDescent:
    r"""G := G - lr·dJ/dG, with heavy-ball momentum by option: v := μv - lr·dJ/dG, G := G + v.

    Attributes:
        learning_rate: lr, in grey levels a unit of gradient.
        momentum: μ, 0 or more and below 1.

    Paper:
        The deck prints lr = 1; Polyak 1964 for the momentum.
    """

    learning_rate: float = 1.0
    momentum: float = 0.0

    def __post_init__(self) -> None:
        check_range("Learning rate", self.learning_rate, 0, open_low=True)
        check_range("GradientDescent option momentum", self.momentum, 0, 1)

    def start(self, x: Tensor) -> DescentState:
        """No velocity."""
        return DescentState(torch.zeros_like(x))

    def step(self, x: Tensor, gradient: Tensor, state: DescentState) -> tuple[Tensor, DescentState]:
        """Move against the gradient."""
        velocity = self.momentum * state.velocity - self.learning_rate * state.boldness * gradient
        return x + velocity, replace(state, velocity=velocity)

    def damped(self, state: DescentState) -> DescentState:
        """Stand still and halve the rate, for good: a rate that led to infinity once would do so again."""
        return DescentState(torch.zeros_like(state.velocity), state.boldness / 2)

    def carried(self, state: DescentState, change: Change) -> DescentState:
        """Keep moving."""
        return replace(state, velocity=change.step(state.velocity))

    def holdings(self, steps: int) -> Holdings:
        """Velocity; the next one, two on the way to it, and the place."""
        return Holdings(kept=1, borrowed=4)

    def lighter(self) -> None:
        """None is."""
        return

    def trimmed(self, state: DescentState) -> DescentState:
        """Return it all."""
        return state
