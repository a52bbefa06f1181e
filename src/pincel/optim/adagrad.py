"""AdaGrad with decaying sums and momentum: every pixel has a rate of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from pincel.optim.base import CanvasChange, Optimizer, check_range


@dataclass(frozen=True)
class AdagradState:
    """Sum of squared gradients and velocity, both shaped as the canvas."""

    squares: Tensor
    velocity: Tensor


@dataclass(frozen=True)
class Adagrad(Optimizer[AdagradState]):
    r"""AdaGrad with decaying sums and momentum: :math:`G := \mu G + g^2,\; m := \mu m - g / (1/\eta + \sqrt G),\; x := x + m`.

    Where the gradient is small the step is η·g, as of gradient descent; where it is large it is about one gray level.

    Attributes:
        learning_rate: η, in gray levels per unit of gradient, above 0.
        momentum: μ, of the sum and of the velocity, 0 or more and below 1.

    Paper:
        Mahendran, Vedaldi 2016 (IJCV), section 3.3, after Duchi et al. 2011; ``core/nnpreimage.m`` of aravindhm/nnpreimage.
    """

    learning_rate: float = 1e6
    momentum: float = 0.9
    state_types: ClassVar = (AdagradState,)

    def __post_init__(self) -> None:
        check_range("Learning rate", self.learning_rate, 0, open_low=True)
        check_range("Adagrad option momentum", self.momentum, 0, 1)

    def init(self, x: Tensor) -> AdagradState:
        """Return a sum and a velocity of 0."""
        return AdagradState(torch.zeros_like(x), torch.zeros_like(x))

    def step(self, x: Tensor, grad: Tensor, state: AdagradState, step_scale: float = 1.0) -> tuple[Tensor, AdagradState]:
        """Move against the gradient, each pixel at its own rate."""
        squares = torch.addcmul(self.momentum * state.squares, grad, grad)
        rate = squares.sqrt().add_(1 / self.learning_rate).reciprocal_().mul_(step_scale)
        velocity = torch.addcmul(self.momentum * state.velocity, grad, rate, value=-1)
        return x + velocity, AdagradState(squares, velocity)

    def rescale(self, state: AdagradState, change: CanvasChange) -> AdagradState:
        """Resample both; a squared gradient shrinks by the square of the ratio."""
        squares = change.step(state.squares).clamp(min=0) * change.ratio**2
        return AdagradState(squares, change.step(state.velocity))
