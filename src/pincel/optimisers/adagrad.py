"""AdaGrad that forgets, with momentum: every pixel has a rate of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pincel.optimisers.base import Change, Holdings, check_range


@dataclass(frozen=True)
class AdagradState:
    """Sum of squared gradients, velocity, boldness after failures (1 = as asked)."""

    squares: Tensor
    velocity: Tensor
    boldness: float = 1.0


@dataclass(frozen=True)
class Adagrad:
    r"""AdaGrad with decaying sums and momentum: :math:`G := \mu G + g^2,\; m := \mu m - g / (1/\eta + \sqrt G),\; x := x + m`.

    Where the gradient is small the step is η·g, as of gradient descent; where it is large it is about one grey level.

    Attributes:
        learning_rate: η, in grey levels a unit of gradient, above 0.
        momentum: μ, of the sum as of the velocity, 0 or more and below 1.

    Paper:
        Mahendran, Vedaldi 2016 (IJCV), section 3.3, after Duchi et al. 2011; ``core/nnpreimage.m`` of aravindhm/nnpreimage.
    """

    learning_rate: float = 1e6
    momentum: float = 0.9

    def __post_init__(self) -> None:
        check_range("Learning rate", self.learning_rate, 0, open_low=True)
        check_range("Adagrad option momentum", self.momentum, 0, 1)

    def start(self, x: Tensor) -> AdagradState:
        """Nothing summed, no velocity."""
        return AdagradState(torch.zeros_like(x), torch.zeros_like(x))

    def step(self, x: Tensor, gradient: Tensor, state: AdagradState) -> tuple[Tensor, AdagradState]:
        """Move against the gradient, at each pixel's own rate."""
        squares = torch.addcmul(self.momentum * state.squares, gradient, gradient)
        rate = squares.sqrt().add_(1 / self.learning_rate).reciprocal_().mul_(state.boldness)
        velocity = torch.addcmul(self.momentum * state.velocity, gradient, rate, value=-1)
        return x + velocity, replace(state, squares=squares, velocity=velocity)

    def damped(self, state: AdagradState) -> AdagradState:
        """Forget everything and halve the rate, for good."""
        return AdagradState(torch.zeros_like(state.squares), torch.zeros_like(state.velocity), state.boldness / 2)

    def carried(self, state: AdagradState, change: Change) -> AdagradState:
        """Keep moving; a squared gradient shrinks twice."""
        squares = change.step(state.squares).clamp(min=0) * change.ratio**2
        return replace(state, squares=squares, velocity=change.step(state.velocity))

    def holdings(self, steps: int) -> Holdings:
        """Both; the next ones, the rate, and the place."""
        return Holdings(kept=2, borrowed=4)

    def lighter(self) -> None:
        """None is."""
        return

    def trimmed(self, state: AdagradState) -> AdagradState:
        """Return it all."""
        return state
