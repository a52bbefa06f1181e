"""What a loss is: features in, terms out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from pincel.types import Features


@dataclass(frozen=True)
class Term:
    """One number of the objective.

    Attributes:
        group: ``"content"``, ``"style"`` or ``"tv"``.
        layer: The layer it was measured at, or None for the picture itself.
        group_weight: α, β or γ.
        layer_weight: λ of the layer (1 for the picture itself).
        value: The unweighted J of the formula, a scalar tensor.
    """

    group: str
    layer: str | None
    group_weight: float
    layer_weight: float
    value: Tensor

    @property
    def name(self) -> str:
        """``"style:relu1_1"``, or the group where there is no layer."""
        return f"{self.group}:{self.layer}" if self.layer else self.group

    @property
    def weighted(self) -> Tensor:
        """What the term adds to the total."""
        return self.group_weight * self.layer_weight * self.value


class Loss(Protocol):
    """A wish about a picture."""

    @property
    def layers(self) -> frozenset[str]:
        """The layers it must be given."""

    def __call__(self, features: Features, pixels: Tensor) -> Iterable[Term]:
        """Measure features and the picture they came from (B, 3, H, W, in the network's pixel units)."""
