"""The content distance."""

from __future__ import annotations

from torch import Tensor

from pincel.functional.sums import accum_dtype


def feature_distance(features: Tensor, target: Tensor) -> Tensor:
    r"""Mean squared difference of two feature maps, *d* of every published content term.

    .. math:: d = \frac{1}{C H W} \sum_{ij} (F_{ij} - P_{ij})^2

    Args:
        features: Shape (B, C, H, W), any range.
        target: Same shape.

    Returns:
        A scalar, 0 or more.

    Example:
        >>> import torch
        >>> float(feature_distance(torch.ones(1, 1, 2, 2), torch.tensor([[[[1.0, 3.0], [1.0, 1.0]]]])))
        1.0

    Paper:
        The deck: J_content = d/4. Gatys, Ecker, Bethge 2015, eq. 1: L_content = (C·H·W/2)·d.
    """
    return difference_sum(features, target).to(features.dtype) / features.numel()


def difference_sum(features: Tensor, target: Tensor) -> Tensor:
    """Sum of the squared differences of two feature maps of one shape, a scalar in float64 where the device has it."""
    return (features - target).square().sum(dtype=accum_dtype(features))
