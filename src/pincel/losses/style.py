"""Style: the Gram matrices the style pictures have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from pincel.formulas.conventions import Convention
from pincel.formulas.gram import gram_distance, gram_sum
from pincel.losses.base import Term
from pincel.types import BLOCK, LayerWeights, Window


@dataclass(frozen=True)
class StyleLoss:
    """J_style^[l] at each style layer.

    Attributes:
        targets: layer → Gram matrix to reach, (1, C, C).
        layer_weights: layer → λ.
        weight: β.
        convention: Which publication's factor.
    """

    targets: Mapping[str, Tensor]
    layer_weights: LayerWeights
    weight: float
    convention: Convention

    @property
    def layers(self) -> frozenset[str]:
        """The style layers."""
        return frozenset(self.targets)

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the products of every two channels, added up over the window."""
        return gram_part(layer, features, window)[layer]

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield one term a layer."""
        for layer, target in self.targets.items():
            value = self.convention.style * gram_distance(statistics[layer], target)
            yield Term("style", layer, self.weight, self.layer_weights[layer], value)


def gram_part(layer: str, features: Tensor, window: Window) -> dict[str, Tensor]:
    """Return layer → the part of a window (1, C, h, w) in the sum whose mean is the Gram matrix of the layer."""
    return {layer: gram_sum(features, window.blocks(max(1, BLOCK // window.stride)))}


def blended_grams(styles: Sequence[tuple[Mapping[str, Tensor], float]]) -> dict[str, Tensor]:
    """Weighted average of the Gram matrices of several styles.

    A mean of second moments is the second moment of the pooled pictures, so the blend is itself the style of something.

    Args:
        styles: layer → (1, C, C), the Gram matrices of each style picture, with its weight. The weights are made to sum to 1.

    Returns:
        layer → (1, C, C).
    """
    total = sum(weight for _, weight in styles)
    (first, weight), *others = styles
    blend = {layer: gram * (weight / total) for layer, gram in first.items()}
    for grams, share in others:
        blend = {layer: gram + grams[layer] * (share / total) for layer, gram in blend.items()}
    return blend
