"""Statistics of photographs: the directions of their gradients, and the largest activations of channels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from pincel.functional.color import luma
from pincel.samples import PREFIX, sample_names

# Bins of directions, 20 degrees each.
BINS = 18
# Files of the samples that are photographs, more or less: paintings are no measure of what is natural.
SCENES = "scene-"


def sample_photographs() -> tuple[str, ...]:
    """Return the samples that are photographs, as ``sample:NAME``."""
    return tuple(PREFIX + name for name, path in sample_names().items() if path.name.startswith(SCENES))


def gradient_histogram(picture: Tensor) -> Tensor:
    r"""Return which share of the gradients of brightness points where, weighted by their length, (18,), float64.

    .. math:: h_b = \frac{\sum_{\theta(p) \in b} |\nabla x(p)|}{\sum_p |\nabla x(p)|}, \qquad \theta = \operatorname{atan2}(-x_t, x_s)

    with Sobel's differences across (s) and down (t), the border repeated, and bins (-180°, -160°], … (160°, 180°], the first with
    both ends.

    Args:
        picture: (1, 3, H, W), in any range.

    Returns:
        18 shares that add up to 1; zeros for a picture of one gray.

    Example:
        >>> edge = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(1, 3, 4, 4)
        >>> int(gradient_histogram(edge).argmax())  # the bin of 0°
        8

    Paper:
        Mahendran, Vedaldi 2016 (IJCV), where they ask how natural their pictures are; ``experiments/exp_naturalness.m`` of
        aravindhm/nnpreimage, with ``imgradient`` of Matlab.
    """
    gray = functional.pad(luma(picture.double()), (1, 1, 1, 1), mode="replicate")
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], dtype=gray.dtype, device=gray.device)
    across, down = functional.conv2d(gray, torch.stack([sobel, sobel.T])[:, None])[0]
    # A gradient straight to the left is at -180°, as there: a zero is taken for -0.
    degrees = torch.rad2deg(torch.atan2(-(down + 0.0), across))
    place = (torch.ceil((degrees + 180) * BINS / 360) - 1).clamp(0, BINS - 1).long()
    length = torch.hypot(across, down)
    sums = torch.zeros(BINS, dtype=gray.dtype, device=gray.device).index_add_(0, place.flatten(), length.flatten())
    return (sums / sums.sum().clamp(min=1e-300)).cpu()


def intersection(first: Tensor, second: Tensor) -> float:
    """Return the intersection of two histograms, 0 to 1: the sum of the smaller of each two shares."""
    return float(torch.minimum(first, second).sum())


def mutual_intersection(histograms: Sequence[Tensor]) -> float:
    """Return the mean intersection of each of some histograms with the mean of the others; nan if there is only one."""
    if len(histograms) < 2:
        return math.nan
    whole = torch.stack(list(histograms))
    others = (whole.sum(0, keepdim=True) - whole) / (len(whole) - 1)
    return float(torch.minimum(whole, others).sum(1).mean())


def channel_peaks(features: Tensor) -> Tensor:
    """Return the largest activation of each channel, (C,), from (1, C, …)."""
    return features[0].flatten(1).amax(1).double().cpu()


def channel_units(largest: Tensor) -> Tensor:
    """Return the unit of each channel's activation, (C,), above 0: its largest activation for photographs.

    Where that is 0, the unit is the median of the other channels, or 1 if all are 0.

    Args:
        largest: (C,), of all photographs.
    """
    awake = largest[largest > 0]
    unit = float(awake.median()) if len(awake) else 1.0
    return torch.where(largest > 0, largest, unit)
