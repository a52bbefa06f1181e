"""A style term of nearest neighbors: in each layer, features are drawn to the most similar ones of the styles, found in each evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.functional.neighbors import neighbor_distance
from pincel.losses.style import HALF, Guides, StyleStatistic, StyleTerm
from pincel.losses.windows import scatter_sampled
from pincel.types import Window

# Positions along the longer side of a layer that are compared, about.
SIDE = 64

# Features of the positions of each region, (C, M).
Sets: TypeAlias = Sequence[Tensor]
# Of each region the sets of all styles that have it, and the factors of their similarities.
Candidates: TypeAlias = Sequence[tuple[Sequence[Tensor], Sequence[float]]]


def join(styles: Sequence[tuple[Sets, float]]) -> Candidates:
    """Return the features that several styles offer in each region; the similarity to a style with half the weight counts half."""
    most = max(weight for _, weight in styles)
    regions = range(len(styles[0][0]))
    offered = [[(sets[region], weight / most) for sets, weight in styles if sets[region].shape[1]] for region in regions]
    return [([features for features, _ in each], [factor for _, factor in each]) for each in offered]


@dataclass(frozen=True)
class SampledFeatures(StyleStatistic[Sets, Candidates]):
    """The features of each region at about 64 × 64 positions of a layer.

    Attributes:
        layers: Their names.
    """

    layers: tuple[str, ...]

    def partial_sum(self, layer: str, features: Tensor, window: Window, guides: Guides | None) -> Tensor:
        """Return (1, C, h, w): the positions of the window in their places, and zero elsewhere."""
        return scatter_sampled(features, window, stride_of(window.full_size))

    def finish(self, means: Mapping[str, Tensor], guides: Guides | None) -> dict[str, Sets]:
        """Return the set of each region."""
        return {layer: self._sets(layer, means[layer][0].flatten(1), guides) for layer in self.layers}

    def _sets(self, layer: str, values: Tensor, guides: Guides | None) -> Sets:
        if guides is None:
            return [values]
        squares = guides.squared_guides[layer][:, 0]
        stride = stride_of((squares.shape[-2], squares.shape[-1]))
        return [values[:, square[stride // 2 :: stride, stride // 2 :: stride].flatten() > HALF] for square in squares]

    def blend(self, styles: Sequence[tuple[Mapping[str, Sets], float]]) -> dict[str, Candidates]:
        """Return the sets of all styles, region by region: a neighbor may be in any of them."""
        return {layer: join([(style[layer], weight) for style, weight in styles]) for layer in self.layers}


@dataclass(frozen=True)
class NeighborTerm(StyleTerm[Sets, Candidates]):
    """The distance of features to their nearest neighbors.

    Paper:
        Kolkin et al. 2022, "Neural Neighbor Style Transfer", the final pass ("feature splitting").

    Differs:
        The authors' code draws other positions in each step; these are the same in all, so that the objective is one. It compares layers
        of at most 64 positions a side with those of another layer, by an oversight; these are compared with themselves.
    """

    def statistics(self, strides: Mapping[str, int]) -> list[SampledFeatures]:
        """Return the features of all layers."""
        return [SampledFeatures(tuple(strides))]

    def distance(self, measured: Sets, target: Candidates, convention: Convention) -> Tensor:
        """Return the mean over regions, in which those that a picture does not have count as 0."""
        pairs = zip(measured, target, strict=True)
        return torch.stack(
            [
                neighbor_distance(found, sets, factors) if sets and found.shape[1] else found.new_zeros(())
                for found, (sets, factors) in pairs
            ]
        ).mean()


def stride_of(size: tuple[int, int]) -> int:
    """Return the distance of the positions that are compared of a layer of (height, width)."""
    return max(1, max(size) // SIDE)


def sampled_places(size: tuple[int, int], stride: int) -> int:
    """Return about how many positions are compared of a layer with ``stride``, of a picture of (height, width)."""
    height, width = (max(1, side // stride) for side in size)
    step = stride_of((height, width))
    return (height // step) * (width // step)


NEIGHBORS = NeighborTerm()
