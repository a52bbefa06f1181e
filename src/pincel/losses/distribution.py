"""Style terms that are distances of sets of features, whatever their moments: style as a distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import torch
from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.functional.wasserstein import quantile_distance, unit_directions
from pincel.losses.style import HALF, Guides, StyleStatistic, StyleTerm
from pincel.losses.windows import scatter
from pincel.types import Window

# Directions a layer: each is a sort of all its positions.
DIRECTIONS = 32
SEED = 0

# Features of the positions of each region, (N, M), and those of each style image with its weight.
Sets: TypeAlias = Sequence[Tensor]
WeightedSets: TypeAlias = Sequence[tuple[Sets, float]]


def _unchanged(values: Tensor) -> Tensor:
    return values


def _sorted(values: Tensor) -> Tensor:
    return values.sort(dim=1).values


def _project(features: Tensor) -> Tensor:
    return torch.einsum("nc,bchw->bnhw", _directions(features.shape[1]).to(features), features)


@cache
def _directions(channels: int) -> Tensor:
    """Draw directions once: the objective is the same in every evaluation, and in every process."""
    return unit_directions(channels, min(DIRECTIONS, channels), torch.Generator().manual_seed(SEED))


@dataclass(frozen=True)
class RegionFeatures(StyleStatistic[Sets, WeightedSets]):
    """The features at all positions of each region, along some directions.

    Attributes:
        layers: Their names.
        project: (1, C, h, w) → the features along the directions, (1, N, h, w).
        sort: A set (N, M) → the same set in the order that it is compared in.
    """

    layers: tuple[str, ...]
    project: Callable[[Tensor], Tensor]
    sort: Callable[[Tensor], Tensor]

    def partial_sum(self, layer: str, features: Tensor, window: Window, guides: Guides | None) -> Tensor:
        """Return (1, N, H_l, W_l): each position of the window in its place, and zero elsewhere."""
        return scatter(self.project(features), window, window)

    def finish(self, means: Mapping[str, Tensor], guides: Guides | None) -> dict[str, Sets]:
        """Return the set of each region."""
        return {layer: self._sets(layer, means[layer][0].flatten(1), guides) for layer in self.layers}

    def _sets(self, layer: str, values: Tensor, guides: Guides | None) -> Sets:
        if guides is None:
            return [self.sort(values)]
        return [self.sort(values[:, square.flatten() > HALF]) for square in guides.squared_guides[layer]]

    def blend(self, styles: Sequence[tuple[Mapping[str, Sets], float]]) -> dict[str, WeightedSets]:
        """Return the sets of all styles: the distance is the weighted mean of those to each."""
        return {layer: [(style[layer], weight) for style, weight in styles] for layer in self.layers}


@dataclass(frozen=True)
class DistributionDistance(StyleTerm[Sets, WeightedSets]):
    """A distance of sets of features.

    Attributes:
        project: As in :class:`RegionFeatures`.
        sort: As in :class:`RegionFeatures`.
        formula: Distance of two sets, (N, M) and (N, M').

    Paper:
        Heitz, Vanhoey, Chambon, Belcour 2021, "A Sliced Wasserstein Loss for Neural Texture Synthesis". Along channels, Risser, Wilmot,
        Barnes 2017, "Stable and Controllable Neural Texture Synthesis and Style Transfer Using Histogram Losses": the distance to a
        feature map whose histograms are matched is the distance of sorted values.

    Differs:
        Directions are the same in every evaluation, so that the objective is one; of regions those positions count whose guide is above ½.
    """

    project: Callable[[Tensor], Tensor]
    sort: Callable[[Tensor], Tensor]
    formula: Callable[[Tensor, Tensor], Tensor]

    def statistics(self, strides: Mapping[str, int]) -> list[RegionFeatures]:
        """Return the features of all layers."""
        return [RegionFeatures(tuple(strides), self.project, self.sort)]

    def distance(self, measured: Sets, target: WeightedSets, convention: Convention) -> Tensor:
        """Return the mean over regions."""
        return torch.stack([self._regional(found, index, target) for index, found in enumerate(measured)]).mean()

    def _regional(self, found: Tensor, region: int, target: WeightedSets) -> Tensor:
        """Return the weighted mean of the distances to the styles that have the region."""
        styles = [(sets[region], weight) for sets, weight in target if sets[region].shape[1]]
        total = sum(weight for _, weight in styles)
        if not found.shape[1] or total == 0:
            return found.new_zeros(())
        return torch.stack([weight / total * self.formula(found, style) for style, weight in styles]).sum()


SLICED_WASSERSTEIN = DistributionDistance(_project, _sorted, quantile_distance)
HISTOGRAM = DistributionDistance(_unchanged, _sorted, quantile_distance)
