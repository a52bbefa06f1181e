"""Content as the self-similarity of the positions of a layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.functional.similarity import self_similarity_distance
from pincel.losses.content import ContentTerm, FeaturePass
from pincel.losses.windows import scatter_sampled
from pincel.types import Window

# Positions of a layer that are compared, at most, each with each.
POSITIONS = 1024


def sample(features: Tensor, window: Window) -> Tensor:
    """Return a window's part in the features (1, C, h, w) of positions on an even grid; see :func:`scatter_sampled`."""
    return scatter_sampled(features, window, math.ceil(math.sqrt(math.prod(window.full_size) / POSITIONS)))


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
