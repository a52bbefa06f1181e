"""Any optimiser, kept inside the range of colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from torch import Tensor

from pincel.optimisers.base import Optimiser, S


@dataclass(frozen=True)
class Clamped(Generic[S]):
    """Project onto [low, high] after every step of another optimiser, never inside its evaluation.

    Attributes:
        inner: The optimiser that moves.
        low: Black.
        high: White.
    """

    inner: Optimiser[S]
    low: float
    high: float

    def start(self, x: Tensor) -> S:
        """As the inner optimiser."""
        return self.inner.start(x)

    def step(self, x: Tensor, gradient: Tensor, state: S) -> tuple[Tensor, S]:
        """Step, then clip."""
        moved, state = self.inner.step(x, gradient, state)
        return moved.clamp(self.low, self.high), state

    def damped(self, state: S) -> S:
        """As the inner optimiser."""
        return self.inner.damped(state)
