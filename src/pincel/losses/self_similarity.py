"""Content as the self-similarity of the positions of a layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.functional.similarity import self_similarity_distance
from pincel.losses.content import ContentTerm, FeaturePass
from pincel.losses.windows import scatter
from pincel.types import Window

# Positions of a layer that are compared, at most, each with each.
POSITIONS = 1024


def sample(features: Tensor, window: Window) -> Tensor:
    """Return a window's part in the features (1, C, h, w) of positions on an even grid, as :func:`scatter` does."""
    stride = math.ceil(math.sqrt(math.prod(window.full_size) / POSITIONS))
    (top, height, rows), (left, width, columns) = (
        _on_grid(begin, length, stride) for begin, length in ((window.top, window.height), (window.left, window.width))
    )
    grid = (len(range(stride // 2, window.full_size[0], stride)), len(range(stride // 2, window.full_size[1], stride)))
    return scatter(features[..., rows, columns], Window(top, left, height, width, grid), window)


def _on_grid(begin: int, length: int, stride: int) -> tuple[int, int, slice]:
    """Return first place and number of places of a grid in a stretch of positions, and which of the stretch they are."""
    first, end = (max(0, -(-(edge - stride // 2) // stride)) for edge in (begin, begin + length))
    start = stride // 2 + first * stride - begin
    return first, end - first, slice(start, start + (end - first) * stride, stride)


@dataclass(frozen=True)
class SelfSimilarityTerm(ContentTerm):
    """Difference of the self-similarity matrices of some positions of a layer; the targets are :func:`sample` of the content."""

    def targets(self, extract: FeaturePass, gather: Callable[[str, Tensor], Tensor]) -> Mapping[str, Tensor]:
        """Return the features on the grid."""
        return extract(lambda layer, features, window: {layer: sample(features, window)})

    def partial_sum(self, features: Tensor, window: Window, target: Tensor) -> Tensor:
        """Return the window's features on the grid."""
        return sample(features, window)

    def distance(self, mean: Tensor, target: Tensor, convention: Convention) -> Tensor:
        """Return the difference of the self-similarity matrices."""
        return self_similarity_distance(mean[0].flatten(1), target[0].flatten(1))


SELF_SIMILARITY = SelfSimilarityTerm()
