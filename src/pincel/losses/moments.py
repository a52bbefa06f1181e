"""Style terms that are distances of moments: of Gram matrices, or of means and covariances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.functional.gram import gram_distance, gram_sum, moment_sum
from pincel.functional.moments import Moments, bures_distance, covariance_distance, mean_std_distance, shift_distance
from pincel.losses.base import Loss
from pincel.losses.style import Guides, StyleLoss, StyleStatistic, StyleTerm
from pincel.types import REDUCTION_BLOCK, Window


@dataclass(frozen=True)
class RegionMoments:
    """Moments of the features of a layer, in each region.

    Attributes:
        averages: Gram matrices (R, C, C); where means were measured too, these are a last column, (R, C, C + 1).
        present: 1 for each region that has positions in the layer, 0 for the others, (R,).
    """

    averages: Tensor
    present: Tensor

    @property
    def gram(self) -> Tensor:
        """(R, C, C)."""
        return self.averages[..., : self.averages.shape[1]]

    @cached_property
    def moments(self) -> Moments:
        """Gram matrices and means, with all that formulas derive from them and keep; only where means were measured."""
        return Moments(self.averages[..., :-1], self.averages[..., -1])


@dataclass(frozen=True)
class FeatureStatistics(StyleStatistic[RegionMoments, RegionMoments]):
    """Gram matrix of each layer in each region, and on request the mean of each channel.

    Attributes:
        layers: Their names.
        means: Whether means are measured too.
    """

    layers: tuple[str, ...]
    means: bool = False

    def covers(self, other: StyleStatistic[Any, Any]) -> bool:
        """Return whether the other one is the same, or the same without means."""
        return isinstance(other, FeatureStatistics) and self.layers == other.layers and self.means >= other.means

    def partial_sum(self, layer: str, features: Tensor, window: Window, guides: Guides | None) -> Tensor:
        """Return sums of products of every two channels, (R, C, C); with means, (R, C, C + 1)."""
        blocks = window.blocks(max(1, REDUCTION_BLOCK // window.stride))
        add_up = moment_sum if self.means else gram_sum
        if guides is None:
            return add_up(features, blocks)
        squares = guides.squared_guides[layer][..., window.rows, window.columns]
        return torch.cat([add_up(features, blocks, square[None]) for square in squares])

    def finish(self, means: Mapping[str, Tensor], guides: Guides | None) -> dict[str, RegionMoments]:
        """Return averages over the positions of each region; zero for a region that no position of the layer belongs to."""
        return {layer: normalize(layer, means[layer], guides) for layer in self.layers}

    def blend(self, styles: Sequence[tuple[Mapping[str, RegionMoments], float]]) -> dict[str, RegionMoments]:
        """Return weighted means of the moments, region by region; zero for a region that no style has."""
        return {layer: weighted_mean([(style[layer], weight) for style, weight in styles]) for layer in self.layers}


def normalize(layer: str, means: Tensor, guides: Guides | None) -> RegionMoments:
    """Return averages over regions, of sums divided by all positions of the layer."""
    if guides is None:
        return RegionMoments(means, torch.ones(1))
    norms = guides.norms[layer]
    factors = guides.squared_guides[layer][0].numel() / norms
    averages = means * factors.where(norms > 0, 0.0).to(means).view(-1, 1, 1)
    return RegionMoments(averages, (norms > 0).float())


def weighted_mean(styles: Sequence[tuple[RegionMoments, float]]) -> RegionMoments:
    """Return the mean of the moments of several styles, weighted among those that have the region.

    A mean of second moments is the second moment of the images taken together, so the result is the style of an image too.
    """
    averages = torch.stack([style.averages for style, _ in styles])
    weights = torch.stack([weight * style.present.double() for style, weight in styles])
    shares = (weights / weights.sum(0).clamp_min(torch.finfo(weights.dtype).tiny)).to(averages)
    return RegionMoments((shares[:, :, None, None] * averages).sum(0), (weights.sum(0) > 0).float())


@dataclass(frozen=True)
class GramTerm(StyleTerm[RegionMoments, RegionMoments]):
    """Mean squared difference of Gram matrices, times the factor of the convention: J_style of Gatys, Ecker, Bethge 2015."""

    def statistics(self, strides: Mapping[str, int]) -> list[FeatureStatistics]:
        """Return Gram matrices of all layers."""
        return [FeatureStatistics(tuple(strides))]

    def distance(self, measured: RegionMoments, target: RegionMoments, convention: Convention) -> Tensor:
        """Return the Gram loss of a layer; of regions, their mean."""
        return convention.style(target.averages.shape[1]) * gram_distance(measured.gram, target.gram)


@dataclass(frozen=True)
class MomentTerm(StyleTerm[RegionMoments, RegionMoments]):
    """A distance of means and Gram matrices.

    Attributes:
        formula: (of the image, of the style) → the distance in each region, (R,).
    """

    formula: Callable[[Moments, Moments], Tensor]

    def statistics(self, strides: Mapping[str, int]) -> list[FeatureStatistics]:
        """Return means and Gram matrices of all layers."""
        return [FeatureStatistics(tuple(strides), means=True)]

    def distance(self, measured: RegionMoments, target: RegionMoments, convention: Convention) -> Tensor:
        """Return the mean over regions, in which those that the layer does not have count as 0."""
        distances = self.formula(measured.moments, target.moments)
        return (distances * measured.present.to(distances)).mean()


def measured_moments(losses: Iterable[Loss], layer: str) -> Moments | None:
    """Return means and Gram matrices of the styles at a layer, if one of these losses has measured them."""
    for loss in losses:
        if (
            isinstance(loss, StyleLoss)
            and isinstance(loss.style_statistic, FeatureStatistics)
            and loss.style_statistic.means
            and layer in loss.targets
        ):
            moments: Moments = loss.targets[layer].moments
            return moments
    return None


GRAM = GramTerm()
MEAN_STD = MomentTerm(mean_std_distance)
COVARIANCE = MomentTerm(covariance_distance)
W2 = MomentTerm(bures_distance)
SHIFT = MomentTerm(shift_distance)
