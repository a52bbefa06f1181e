"""Any optimiser, which begins anew in every phase of a schedule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic

from torch import Tensor

from pincel.optimisers.base import Change, Holdings, Optimiser, S


@dataclass(frozen=True)
class Fresh(Generic[S]):
    """Takes nothing along from one phase to the next.

    Attributes:
        inner: The optimiser that moves.
    """

    inner: Optimiser[S]

    def start(self, x: Tensor) -> S:
        """As the inner optimiser."""
        return self.inner.start(x)

    def step(self, x: Tensor, gradient: Tensor, state: S) -> tuple[Tensor, S]:
        """As the inner optimiser."""
        return self.inner.step(x, gradient, state)

    def damped(self, state: S) -> S:
        """As the inner optimiser."""
        return self.inner.damped(state)

    def carried(self, state: S, change: Change) -> Any:
        """Return nothing: the loop then asks for a start."""
        return None

    def holdings(self, steps: int) -> Holdings:
        """As the inner optimiser."""
        return self.inner.holdings(steps)

    def lighter(self) -> Fresh[S] | None:
        """Return one around a lighter inner optimiser."""
        inner = self.inner.lighter()
        return None if inner is None else replace(self, inner=inner)

    def trimmed(self, state: S) -> S:
        """As the inner optimiser."""
        return self.inner.trimmed(state)
