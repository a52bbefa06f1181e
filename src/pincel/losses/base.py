"""What a loss is: features in, layer by layer; terms out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from pincel.types import Window

# Formulas of which a term is named after its layer alone.
DEFAULT_FORMULAS = frozenset(["features", "gram"])


@dataclass(frozen=True)
class Term:
    """One number of the objective.

    Attributes:
        group: ``"content"``, ``"style"``, ``"tv"``; ``"temporal"`` in films, ``"inner"``, ``"code"`` in inversion, ``"copy"`` in training.
        layer: The layer it was measured at, or None for the image itself.
        group_weight: α, β or γ.
        layer_weight: λ of the layer (1 for the image itself).
        value: The unweighted J of the formula, a scalar tensor.
        formula: Which one, where there are several for a group.
    """

    group: str
    layer: str | None
    group_weight: float
    layer_weight: float
    value: Tensor
    formula: str = ""

    @property
    def name(self) -> str:
        """``"style:relu1_1"``, ``"style:relu1_1:mean-std"``, or the group where there is no layer."""
        formula = "" if self.formula in DEFAULT_FORMULAS else self.formula
        return ":".join(part for part in (self.group, self.layer, formula) if part)

    @property
    def weighted(self) -> Tensor:
        """What the term adds to the total."""
        return self.group_weight * self.layer_weight * self.value


class Loss(Protocol):
    """A differentiable loss on an image or its features.

    It is given one layer at a time, while the network computes the next, and keeps only a small statistic of it. So the gradient with
    respect to a layer is made, and used up, when the backward pass reaches that layer, and not for all layers at once.
    """

    @property
    def layers(self) -> frozenset[str]:
        """The layers the loss needs."""

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Reduce the features in a window of one of :attr:`layers` to what the terms are computed from.

        Args:
            layer: Its name.
            features: (B, C, window.height, window.width).
            window: Where in the layer that is.

        Returns:
            A part of a sum over the positions of the layer. The statistic is the mean: the sum over all windows, divided once by the
            number of positions, so that it does not depend on how the layer was cut.
        """

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterable[Term]:
        """Turn the statistic of every layer, a mean over positions, into terms.

        Args:
            statistics: By layer.
            pixels: The image itself, (B, 3, H, W) in the network's pixel units.
        """


class PixelLoss:
    """Base of losses that depend on the image itself and on no layer."""

    @property
    def layers(self) -> frozenset[str]:
        """None."""
        return frozenset()

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Never called, for there are no layers."""
        raise NotImplementedError
