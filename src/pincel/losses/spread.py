"""Style as a set of features: how they spread, along some directions, whatever their moments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pincel.formulas.neighbours import neighbour_distance
from pincel.formulas.wasserstein import quantile_distance, unit_directions
from pincel.losses.base import Term
from pincel.losses.style import Guides
from pincel.types import LayerWeights, Window

# Directions a layer: each is a sort of all its positions.
DIRECTIONS = 32
SEED = 0
# Of T², what a position must have to be in a region: a guide of ½.
HALF = 0.25


@dataclass(frozen=True)
class Rays:
    """Directions that features are laid upon.

    Attributes:
        name: ``sliced-wasserstein`` for directions drawn once and for all, ``histogram`` and ``neighbours`` for the channels themselves.
        guides: Which positions belong to which region; None for all of the picture.
    """

    name: str
    guides: Guides | None = None

    def part(self, layer: str, features: Tensor, window: Window) -> dict[str, Tensor]:
        """Return layer → (1, N, H_l, W_l): each position of a window (1, C, h, w) along each direction, and zero elsewhere.

        So parts add up to the whole layer, as every statistic does.
        """
        laid = features
        if self.name == "sliced-wasserstein":
            generator = torch.Generator().manual_seed(SEED)
            directions = unit_directions(features.shape[1], min(DIRECTIONS, features.shape[1]), generator).to(features)
            laid = torch.einsum("nc,bchw->bnhw", directions, features)
        return {layer: placed(laid, window, window)}

    def sets(self, layer: str, mean: Tensor) -> list[Tensor]:
        """Return the values (N, M) along each direction of the positions of each region; sorted, where only that counts."""
        values = mean[0].flatten(1)
        regions = [values] if self.guides is None else [values[:, square.flatten() > HALF] for square in self.guides.squares[layer]]
        return regions if self.name == "neighbours" else [region.sort(dim=1).values for region in regions]

    def distance(self, found: Tensor, target: Tensor) -> Tensor:
        """Return how far apart two sets (N, M) and (N, M') are."""
        return neighbour_distance(found, target) if self.name == "neighbours" else quantile_distance(found, target)


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
        rays: The directions.
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
            yield Term("style", layer, self.weight, self.share * weight, torch.stack(distances).mean(), self.rays.name)

    def _distance(self, layer: str, region: int, found: Tensor) -> Tensor:
        """Return the weighted mean of the distances to the styles that have a part in a region."""
        wanted = [(target[layer][region], weight) for target, weight in self.targets if target[layer][region].shape[1]]
        total = sum(weight for _, weight in wanted)
        if not found.shape[1] or total == 0:
            return found.new_zeros(())
        return torch.stack([weight / total * self.rays.distance(found, target) for target, weight in wanted]).sum()
