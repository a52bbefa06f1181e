"""Content: how the places of the content picture are alike at a layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.functional.similarity import self_similarity_distance
from pincel.losses import SIMILARITY
from pincel.losses.base import Term
from pincel.losses.spread import placed
from pincel.types import LayerWeights, Window

# Positions of a layer that are compared, at most, each with each.
POSITIONS = 1024


def sampled(layer: str, features: Tensor, window: Window) -> dict[str, Tensor]:
    """Return layer → a window's part in the features (1, C, h, w) of positions on an even grid, as :func:`placed` does."""
    stride = math.ceil(math.sqrt(math.prod(window.whole) / POSITIONS))
    (top, height, rows), (left, width, columns) = (
        _on_grid(begin, length, stride) for begin, length in ((window.top, window.height), (window.left, window.width))
    )
    grid = (len(range(stride // 2, window.whole[0], stride)), len(range(stride // 2, window.whole[1], stride)))
    return {layer: placed(features[..., rows, columns], Window(top, left, height, width, grid), window)}


def _on_grid(begin: int, length: int, stride: int) -> tuple[int, int, slice]:
    """Return first place and number of places of a grid in a stretch of positions, and which of the stretch they are."""
    first, end = (max(0, -(-(edge - stride // 2) // stride)) for edge in (begin, begin + length))
    start = stride // 2 + first * stride - begin
    return first, end - first, slice(start, start + (end - first) * stride, stride)


@dataclass(frozen=True)
class SimilarityLoss:
    """J_content as self-similarity, at each content layer.

    Attributes:
        targets: layer → :func:`sampled` features of the content picture, (1, C, h, w).
        layer_weights: layer → weight.
        weight: α.
        share: Weight among the terms of content.
    """

    targets: Mapping[str, Tensor]
    layer_weights: LayerWeights
    weight: float
    share: float

    @property
    def layers(self) -> frozenset[str]:
        """The content layers."""
        return frozenset(self.targets)

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the window's features on the grid."""
        return sampled(layer, features, window)[layer]

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield one term a layer."""
        for layer, target in self.targets.items():
            value = self_similarity_distance(statistics[layer][0].flatten(1), target[0].flatten(1))
            yield Term("content", layer, self.weight, self.share * self.layer_weights[layer], value, SIMILARITY)
