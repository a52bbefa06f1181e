"""What a loss is: features in, layer by layer; terms out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from pincel.types import Window


@dataclass(frozen=True)
class Term:
    """One number of the objective.

    Attributes:
        group: ``"content"``, ``"style"`` or ``"tv"``.
        layer: The layer it was measured at, or None for the picture itself.
        group_weight: α, β or γ.
        layer_weight: λ of the layer (1 for the picture itself).
        value: The unweighted J of the formula, a scalar tensor.
        form: Which formula, where there are several at a layer.
    """

    group: str
    layer: str | None
    group_weight: float
    layer_weight: float
    value: Tensor
    form: str = ""

    @property
    def name(self) -> str:
        """``"style:relu1_1"``, ``"style:relu1_1:mean-std"``, or the group where there is no layer."""
        return ":".join(part for part in (self.group, self.layer, self.form) if part)

    @property
    def weighted(self) -> Tensor:
        """What the term adds to the total."""
        return self.group_weight * self.layer_weight * self.value


class Loss(Protocol):
    """A wish about a picture.

    It is told about one layer at a time, while the network computes the next, and keeps what is small. So its gradient is made, and
    used up, at the moment the way back reaches the layer, and not for all layers at once.
    """

    @property
    def layers(self) -> frozenset[str]:
        """The layers it must be told about."""

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Reduce what is seen at a window of one of :attr:`layers` to what the terms are computed from.

        Args:
            layer: Its name.
            features: (B, C, window.height, window.width).
            window: Where in the layer that is.

        Returns:
            Its part in a sum over the positions of the layer. The statistic is the mean: divided once, when all windows are added up, so
            that it is the same whatever they were.
        """

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterable[Term]:
        """Turn the statistic of every layer, a mean over positions, into terms.

        Args:
            statistics: By layer.
            pixels: The picture itself, (B, 3, H, W) in the network's pixel units.
        """


class OfPixels:
    """What losses have in common that look at the picture itself and at no layer."""

    @property
    def layers(self) -> frozenset[str]:
        """None: it looks at the pixels."""
        return frozenset()

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Never asked for."""
        raise NotImplementedError
