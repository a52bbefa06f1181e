"""Any optimiser, kept inside the range of colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic

from torch import Tensor

from pincel.optimisers.base import Change, Holdings, Optimiser, S


@dataclass(frozen=True)
class Clamped(Generic[S]):
    """Project after every step of another optimiser, never inside its evaluation.

    Attributes:
        inner: The optimiser that moves.
        project: Values → the nearest values allowed, such as a canvas's ``clipped``.
    """

    inner: Optimiser[S]
    project: Callable[[Tensor], Tensor]

    def start(self, x: Tensor) -> S:
        """As the inner optimiser."""
        return self.inner.start(x)

    def step(self, x: Tensor, gradient: Tensor, state: S) -> tuple[Tensor, S]:
        """Step, then project."""
        moved, state = self.inner.step(x, gradient, state)
        return self.project(moved), state

    def damped(self, state: S) -> S:
        """As the inner optimiser."""
        return self.inner.damped(state)

    def carried(self, state: S, change: Change) -> S:
        """As the inner optimiser."""
        return self.inner.carried(state, change)

    def holdings(self, steps: int) -> Holdings:
        """As the inner optimiser, or less than it borrows."""
        return self.inner.holdings(steps)

    def lighter(self) -> Clamped[S] | None:
        """Return one around a lighter inner optimiser."""
        inner = self.inner.lighter()
        return None if inner is None else replace(self, inner=inner)

    def trimmed(self, state: S) -> S:
        """As the inner optimiser."""
        return self.inner.trimmed(state)
