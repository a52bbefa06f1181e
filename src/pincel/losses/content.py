"""Content: the features the content picture has at a layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.formulas.content import feature_distance
from pincel.formulas.conventions import Convention
from pincel.losses.base import Term
from pincel.types import LayerWeights


@dataclass(frozen=True)
class ContentLoss:
    """J_content at each content layer.

    Attributes:
        targets: layer → features of the content picture, (1, C, H, W).
        layer_weights: layer → weight.
        weight: α.
        convention: Which publication's factor.
    """

    targets: Mapping[str, Tensor]
    layer_weights: LayerWeights
    weight: float
    convention: Convention

    @property
    def layers(self) -> frozenset[str]:
        """The content layers."""
        return frozenset(self.targets)

    def statistic(self, layer: str, features: Tensor) -> Tensor:
        """Return the mean squared difference."""
        return feature_distance(features, self.targets[layer])

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield one term a layer."""
        for layer, target in self.targets.items():
            value = self.convention.content(target[0].numel()) * statistics[layer]
            yield Term("content", layer, self.weight, self.layer_weights[layer], value)
