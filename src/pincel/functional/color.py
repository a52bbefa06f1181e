"""Color transfer from one picture to another.

Every method moves a picture's colors, as points in RGB, to match those of a target. The linear ones, x' = A(x - μ) + μ_T, match mean and
covariance; they differ in which of the many A with A Σ Aᵀ = Σ_T they use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

# Added to the variance of each channel, so that a picture of one color has variances above 0.
FLOOR = 1e-5
# Points of a channel's quantile function.
QUANTILES = 1024
# Of the histogram that ranks come from.
BINS = 100
# Luma of Rec. 601, as YUV and JPEG have it.
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class ColorStatistics:
    """Statistics of a picture's colors.

    Attributes:
        mean: (3,), float64.
        covariance: (3, 3), float64.
        quantiles: (3, QUANTILES), float64, of each channel, rising.
    """

    mean: Tensor
    covariance: Tensor
    quantiles: Tensor


Matcher: TypeAlias = Callable[[Tensor, ColorStatistics], Tensor]


def color_statistics(pixels: Tensor) -> ColorStatistics:
    """Return the statistics of the colors of a picture (1, 3, H, W)."""
    points = _points(pixels)
    mean = points.mean(1)
    centered = points - mean[:, None]
    # Quantiles at the middles of equal shares; of fewer pixels than that, some are repeated.
    ranks = ((torch.arange(QUANTILES, dtype=torch.float64) + 0.5) / QUANTILES * points.shape[1]).long()
    return ColorStatistics(mean, centered @ centered.T / points.shape[1], points.sort(dim=1).values[:, ranks.to(points.device)])


def pool_statistics(colors: Sequence[tuple[ColorStatistics, float]]) -> ColorStatistics:
    """Return the color statistics of several pictures taken together.

    Args:
        colors: Of each, with a weight of 0 or more; at least one above 0.

    Returns:
        Mean and covariance of all points, each weighing as its picture does; of the quantiles, the mean.
    """
    total = sum(weight for _, weight in colors)
    shares = [(each, weight / total) for each, weight in colors if weight > 0]
    mean = torch.stack([share * each.mean for each, share in shares]).sum(0)
    spreads = [share * (each.covariance + torch.outer(each.mean - mean, each.mean - mean)) for each, share in shares]
    return ColorStatistics(mean, torch.stack(spreads).sum(0), torch.stack([share * each.quantiles for each, share in shares]).sum(0))


def cholesky(pixels: Tensor, target: ColorStatistics) -> Tensor:
    """A = L_T L⁻¹, with Σ = L Lᵀ: red decides most, blue least.

    Args:
        pixels: (1, 3, H, W), any range.
        target: What mean and covariance are to become.

    Returns:
        The same shape, unclipped.

    Paper:
        Gatys, Bethge, Hertzmann, Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer", section 3.1.
    """
    own = color_statistics(pixels)
    factor, wanted = (torch.linalg.cholesky(_firm(each.covariance)) for each in (own, target))
    return _moved(pixels, torch.linalg.solve_triangular(factor, wanted, upper=False, left=False), own, target)


def pca(pixels: Tensor, target: ColorStatistics, floor: float = FLOOR) -> Tensor:
    """A = Σ_T^½ Σ^-½, the matching of image analogies; arguments as for :func:`cholesky`, and what is added to variances.

    Paper:
        Gatys et al. 2016, section 3.1, their choice; Hertzmann et al. 2001.
    """
    own = color_statistics(pixels)
    return _moved(pixels, _power(target.covariance, 0.5, floor) @ _power(own.covariance, -0.5, floor), own, target)


def monge(pixels: Tensor, target: ColorStatistics) -> Tensor:
    """A = Σ^-½ (Σ^½ Σ_T Σ^½)^½ Σ^-½: of all linear maps, the one that changes colors least; arguments as for :func:`cholesky`.

    Paper:
        Pitié, Kokaram 2007, "The linear Monge-Kantorovitch color mapping"; ``sym`` in the code of Gatys et al. 2016.
    """
    own = color_statistics(pixels)
    root, inverse = _power(own.covariance, 0.5), _power(own.covariance, -0.5)
    middle = _power(root @ _firm(target.covariance) @ root, 0.5, floor=0.0)
    return _moved(pixels, inverse @ middle @ inverse, own, target)


def histogram(pixels: Tensor, target: ColorStatistics) -> Tensor:
    """Each channel by itself: the value of a pixel becomes the target's value of the same rank; arguments as for :func:`cholesky`.

    Ranks come from a histogram of 100 bins with straight lines between, as in the code of Gatys et al.: where many pixels have one value,
    such as clipped white, values close to it stay close to it.

    Paper:
        Gonzalez, Woods, "Digital Image Processing", histogram specification.
    """
    points = _points(pixels)
    matched = torch.empty_like(points)
    for channel, values in enumerate(points):
        low, high = float(values.min()), float(values.max())
        bins = torch.histc(values, BINS, low, high) if high > low else values.new_full((BINS,), len(values) / BINS)
        below = torch.cat([bins.new_zeros(1), bins.cumsum(0)]) / len(values)
        place = (values - low) / (high - low) * BINS if high > low else torch.full_like(values, BINS / 2)
        rank = _between(below, place)
        # Quantiles are known at the middles of equal shares of the points.
        matched[channel] = _between(target.quantiles[channel].to(values), rank * QUANTILES - 0.5)
    return matched.view(1, *pixels.shape[1:]).to(pixels.dtype)


def _between(known: Tensor, place: Tensor) -> Tensor:
    """Return values at places 0 … n - 1 of a list, and between them."""
    inside = place.clamp(0, len(known) - 1)
    low = inside.floor().long().clamp(max=len(known) - 2)
    return known[low].lerp(known[low + 1], inside - low)


def luminance(pixels: Tensor) -> Tensor:
    """Return Y of (1, 3, H, W) three times over: the picture in gray."""
    return luma(pixels).expand_as(pixels).contiguous()


def with_luminance_of(pixels: Tensor, other: Tensor) -> Tensor:
    """Give a picture the luminance of another and leave its chroma (U, V) as it is.

    Chroma depends on differences of channels only, so the same is added to all three. Where that would lead out of the range of colors,
    the luminance goes as far as it can: the chroma is kept exactly.

    Args:
        pixels: (1, 3, H, W) in [0, 1].
        other: Same shape.

    Returns:
        Same shape, in [0, 1].
    """
    change = luma(other) - luma(pixels)
    least, most = -pixels.amin(1, keepdim=True), 1 - pixels.amax(1, keepdim=True)
    return pixels + torch.minimum(torch.maximum(change, least), most)


def luma(pixels: Tensor) -> Tensor:
    """Return Y of (B, 3, H, W), the weighted sum of the channels, (B, 1, H, W)."""
    return (pixels * pixels.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _points(pixels: Tensor) -> Tensor:
    """Return (3, N), float64."""
    return pixels[0].flatten(1).double()


def _moved(pixels: Tensor, matrix: Tensor, own: ColorStatistics, target: ColorStatistics) -> Tensor:
    moved = matrix @ (_points(pixels) - own.mean[:, None]) + target.mean[:, None].to(pixels.device)
    return moved.view(1, *pixels.shape[1:]).to(pixels.dtype)


def _firm(covariance: Tensor) -> Tensor:
    return covariance + FLOOR * torch.eye(3, dtype=covariance.dtype, device=covariance.device)


def _power(covariance: Tensor, exponent: float, floor: float = FLOOR) -> Tensor:
    """Return a power of a symmetric positive matrix."""
    values, vectors = torch.linalg.eigh(covariance)
    power: Tensor = (vectors * (values.clamp_min(0) + floor) ** exponent) @ vectors.T
    return power
