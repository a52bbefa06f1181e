"""Style as a set of features: how they spread, along some directions, whatever their moments."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from pincel.functional.neighbors import neighbor_distance
from pincel.functional.wasserstein import quantile_distance, unit_directions
from pincel.losses.base import Term
from pincel.losses.style import Guides
from pincel.types import LayerWeights, Window

# Directions a layer: each is a sort of all its positions.
DIRECTIONS = 32
SEED = 0
# Of T², what a position must have to be in a region: a guide of ½.
HALF = 0.25


@dataclass(frozen=True)
class Spread:
    """One way of comparing sets of features.

    Attributes:
        name: As the user says it.
        lay: (1, C, h, w) → the features along some directions, (1, N, h, w).
        arranged: A set (N, M) → the same in the order that it is compared in.
        distance: Between two of these, (N, M) and (N, M').
    """

    name: str
    lay: Callable[[Tensor], Tensor]
    arranged: Callable[[Tensor], Tensor]
    distance: Callable[[Tensor, Tensor], Tensor]


def _as_it_is(values: Tensor) -> Tensor:
    return values


def _ranked(values: Tensor) -> Tensor:
    return values.sort(dim=1).values


def _sliced(features: Tensor) -> Tensor:
    return torch.einsum("nc,bchw->bnhw", _directions(features.shape[1]).to(features), features)


@cache
def _directions(channels: int) -> Tensor:
    """Draw directions once and for all: the objective is the same in every evaluation, and in every process."""
    return unit_directions(channels, min(DIRECTIONS, channels), torch.Generator().manual_seed(SEED))


SLICED = Spread("sliced-wasserstein", _sliced, _ranked, quantile_distance)
HISTOGRAM = Spread("histogram", _as_it_is, _ranked, quantile_distance)
NEIGHBOURS = Spread("neighbours", _as_it_is, _as_it_is, neighbor_distance)


@dataclass(frozen=True)
class Rays:
    """A way of comparing, and where.

    Attributes:
        spread: The way.
        guides: Which positions belong to which region; None for all of the picture.
    """

    spread: Spread
    guides: Guides | None = None

    def part(self, layer: str, features: Tensor, window: Window) -> dict[str, Tensor]:
        """Return layer → (1, N, H_l, W_l): each position of a window (1, C, h, w) along each direction, and zero elsewhere.

        So parts add up to the whole layer, as every statistic does.
        """
        return {layer: placed(self.spread.lay(features), window, window)}

    def sets(self, layer: str, mean: Tensor) -> list[Tensor]:
        """Return the values (N, M) along each direction of the positions of each region."""
        values = mean[0].flatten(1)
        regions = [values] if self.guides is None else [values[:, square.flatten() > HALF] for square in self.guides.squares[layer]]
        return [self.spread.arranged(region) for region in regions]


def placed(features: Tensor, place: Window, window: Window) -> Tensor:
    """Return features (1, C, h, w) in their place in the whole layer, and zero elsewhere, so that windows add up to it.

    Args:
        features: What was seen.
        place: Where it belongs.
        window: The window it was seen at: what is added up will be divided by all its layer's positions, and is multiplied by them here.
    """
    height, width = place.whole
    border = (place.left, width - place.left - place.width, place.top, height - place.top - place.height)
    return math.prod(window.whole) * (functional.pad(features, border) if any(border) else features)


@dataclass(frozen=True)
class SpreadLoss:
    """Distance to the set of features of the style: squared 2-Wasserstein along directions, averaged, or to the nearest neighbours.

    Attributes:
        rays: How sets are compared, and where.
        targets: Of each style picture layer → :meth:`Rays.sets` of each region, and its weight. Weights are made to sum to 1 in each
            region.
        layer_weights: layer → λ.
        weight: β.
        share: Weight among the terms of style.

    Paper:
        Heitz, Vanhoey, Chambon, Belcour 2021, "A Sliced Wasserstein Loss for Neural Texture Synthesis". Along channels, Risser, Wilmot,
        Barnes 2017, "Stable and Controllable Neural Texture Synthesis and Style Transfer Using Histogram Losses": the distance to a
        feature map whose histograms are matched is the distance of sorted values.

    Differs:
        Directions are the same in every evaluation, so that the objective is one; of regions those positions count whose guide is above ½.
    """

    rays: Rays
    targets: Sequence[tuple[Mapping[str, Sequence[Tensor]], float]]
    layer_weights: LayerWeights
    weight: float
    share: float

    @property
    def layers(self) -> frozenset[str]:
        """The style layers."""
        return frozenset(self.layer_weights)

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the window's positions along the directions; see :meth:`Rays.part`."""
        return self.rays.part(layer, features, window)[layer]

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield one term a layer, the mean over its regions."""
        for layer, weight in self.layer_weights.items():
            regions = self.rays.sets(layer, statistics[layer])
            distances = [self._distance(layer, index, found) for index, found in enumerate(regions)]
            yield Term("style", layer, self.weight, self.share * weight, torch.stack(distances).mean(), self.rays.spread.name)

    def _distance(self, layer: str, region: int, found: Tensor) -> Tensor:
        """Return the weighted mean of the distances to the styles that have a part in a region."""
        wanted = [(target[layer][region], weight) for target, weight in self.targets if target[layer][region].shape[1]]
        total = sum(weight for _, weight in wanted)
        if not found.shape[1] or total == 0:
            return found.new_zeros(())
        return torch.stack([weight / total * self.rays.spread.distance(found, target) for target, weight in wanted]).sum()
