"""Adam."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pincel.optimisers.base import Change, Holdings, check_range


@dataclass(frozen=True)
class AdamState:
    """First and second moments, steps taken, boldness after failures (1 = as asked)."""

    first: Tensor
    second: Tensor
    steps: int = 0
    boldness: float = 1.0


@dataclass(frozen=True)
class Adam:
    """Adam with bias-corrected moments.

    Attributes:
        learning_rate: About the largest change of a pixel in one step, in grey levels.
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

    def __post_init__(self) -> None:
        check_range("Learning rate", self.learning_rate, 0, open_low=True)
        check_range("Adam option beta1", self.beta1, 0, 1)
        check_range("Adam option beta2", self.beta2, 0, 1)
        check_range("Adam option eps", self.eps, 0)

    def start(self, x: Tensor) -> AdamState:
        """No moments yet."""
        return AdamState(torch.zeros_like(x), torch.zeros_like(x))

    def step(self, x: Tensor, gradient: Tensor, state: AdamState) -> tuple[Tensor, AdamState]:
        """Move by the ratio of the moments."""
        steps = state.steps + 1
        first = torch.lerp(gradient, state.first, self.beta1)
        # In place where only this step sees it: canvases can be gigabytes.
        second = torch.mul(gradient, gradient).lerp_(state.second, self.beta2)
        spread = (second / (1 - self.beta2**steps)).sqrt_().add_(self.eps)
        # 0/0 where a pixel has never had a gradient: it stays.
        spread[spread == 0] = torch.inf
        length = self.learning_rate * state.boldness / (1 - self.beta1**steps)
        moved = torch.addcdiv(x, first, spread, value=-length)
        return moved, AdamState(first, second, steps, state.boldness)

    def damped(self, state: AdamState) -> AdamState:
        """Forget the moments and halve the rate."""
        return AdamState(torch.zeros_like(state.first), torch.zeros_like(state.second), 0, state.boldness / 2)

    def carried(self, state: AdamState, change: Change) -> AdamState:
        """Resample both moments, as crowsonkb's style-transfer-pytorch does; a squared gradient shrinks twice."""
        second = change.step(state.second).clamp(min=0) * change.ratio**2
        return replace(state, first=change.slope(state.first), second=second)

    def holdings(self, steps: int) -> Holdings:
        """Both moments; the next ones, the spread, and the place."""
        return Holdings(kept=2, borrowed=4)

    def lighter(self) -> None:
        """None is."""
        return

    def trimmed(self, state: AdamState) -> AdamState:
        """Return it all."""
        return state
