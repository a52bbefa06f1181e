"""Adam."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from pincel.optim.base import CanvasChange, Optimizer, check_range


@dataclass(frozen=True)
class AdamState:
    """First and second moments, shaped as the canvas, and the number of steps taken."""

    first: Tensor
    second: Tensor
    steps: int = 0


@dataclass(frozen=True)
class Adam(Optimizer[AdamState]):
    """Adam with bias-corrected moments.

    Attributes:
        learning_rate: About the largest change of a pixel in one step, in gray levels.
        beta1: Decay of the mean gradient.
        beta2: Decay of the mean squared gradient.
        eps: Added to the root of the second moment.

    Paper:
        Kingma, Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1. The default rate is that of crowsonkb's
        style-transfer-pytorch (0.02 on a [0, 1] scale), rounded.
    """

    learning_rate: float = 5.0
    beta1: float = 0.9
    beta2: float = 0.99
    eps: float = 1e-8
    state_types: ClassVar = (AdamState,)

    def __post_init__(self) -> None:
        check_range("Learning rate", self.learning_rate, 0, open_low=True)
        check_range("Adam option beta1", self.beta1, 0, 1)
        check_range("Adam option beta2", self.beta2, 0, 1)
        check_range("Adam option eps", self.eps, 0)

    def init(self, x: Tensor) -> AdamState:
        """Return moments of 0."""
        return AdamState(torch.zeros_like(x), torch.zeros_like(x))

    def step(self, x: Tensor, grad: Tensor, state: AdamState, step_scale: float = 1.0) -> tuple[Tensor, AdamState]:
        """Move by the ratio of the moments."""
        steps = state.steps + 1
        first = torch.lerp(grad, state.first, self.beta1)
        # In place where only this step uses it: canvases can be gigabytes.
        second = torch.mul(grad, grad).lerp_(state.second, self.beta2)
        spread = (second / (1 - self.beta2**steps)).sqrt_().add_(self.eps)
        # 0/0 where a pixel has never had a gradient: it does not move.
        spread[spread == 0] = torch.inf
        length = self.learning_rate * step_scale / (1 - self.beta1**steps)
        return torch.addcdiv(x, first, spread, value=-length), AdamState(first, second, steps)

    def rescale(self, state: AdamState, change: CanvasChange) -> AdamState:
        """Resample both moments, as crowsonkb's style-transfer-pytorch does; a squared gradient shrinks by the square of the ratio."""
        second = change.step(state.second).clamp(min=0) * change.ratio**2
        return replace(state, first=change.grad(state.first), second=second)
