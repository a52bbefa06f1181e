"""The sliced Wasserstein distance: how far apart two sets of features are, whatever their Gram matrices say."""

from __future__ import annotations

import torch
from torch import Tensor


def unit_directions(channels: int, count: int, generator: torch.Generator, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """Draw directions, every one as likely as any other.

    Args:
        channels: C of the features that are projected on them.
        count: N, how many.
        generator: Where chance comes from; the directions lie on its device.
        dtype: Their precision.

    Returns:
        Shape (N, C), every row of length 1.

    Example:
        >>> unit_directions(3, 2, torch.Generator().manual_seed(0), dtype=torch.float64).square().sum(1)
        tensor([1.0000, 1.0000], dtype=torch.float64)

    Paper:
        Heitz, Vanhoey, Chambon, Belcour 2021: V on the unit sphere of features.
    """
    drawn = torch.randn(count, channels, generator=generator, device=generator.device, dtype=dtype)
    return drawn / drawn.square().sum(1, keepdim=True).sqrt()


def sorted_projections(features: Tensor, directions: Tensor) -> Tensor:
    """Lay features upon directions and sort each by size: the quantile functions of the slices.

    Args:
        features: Shape (B, C, H, W), any range.
        directions: Shape (N, C), from :func:`unit_directions`; brought to the features' device and precision.

    Returns:
        Shape (B, N, H·W), each row rising.

    Paper:
        Heitz et al. 2021: sort(p_V), where p_V,m = <F_m, V>.
    """
    return (directions.to(features) @ features.flatten(2)).sort(dim=-1).values


def quantile_distance(ranked: Tensor, target: Tensor) -> Tensor:
    r"""Squared 2-Wasserstein distance of sorted numbers, averaged over rows: ∫ (Q(u) - R(u))² du over u from 0 to 1.

    The quantile function of n sorted numbers is a staircase of n equal steps. Where both have as many, the integral is the mean of
    :math:`(p_m - q_m)^2`. Where they have n and m, both staircases are cut at the ends of either's steps, n + m - 1 pieces, on each of
    which both are constant: nothing is interpolated, so the distance is exact.

    Args:
        ranked: Shape (…, n), each row rising.
        target: Shape (…, m), each row rising.

    Returns:
        A scalar, 0 or more.

    Example:
        >>> float(quantile_distance(torch.tensor([0.0, 4.0]), torch.tensor([0.0, 0.0, 1.0, 4.0])))
        2.25

    Differs:
        Heitz et al. 2021 compare as many positions as there are, and repeat the example s² times under a texture s times its size:
        the same number, for a repeated picture has the same quantile function. Interpolating between sorted values would be smoother,
        but would call a picture and its repetition different.
    """
    count, wanted = ranked.shape[-1], target.shape[-1]
    if count == wanted:
        return (ranked - target).square().mean()
    # Ends of steps in units of 1/(n·m), which whole numbers hold exactly; where two coincide, the piece between them has no width.
    ends = torch.cat([torch.arange(1, count + 1) * wanted, torch.arange(1, wanted) * count]).sort().values
    starts = torch.cat([torch.zeros_like(ends[:1]), ends[:-1]])
    share = ((ends - starts).double() / (count * wanted)).to(ranked)
    here, there = (starts // wanted).to(ranked.device), (starts // count).to(ranked.device)
    return ((ranked[..., here] - target[..., there]).square() * share).sum(-1).mean()


def sliced_wasserstein(features: Tensor, target: Tensor, directions: Tensor) -> Tensor:
    r"""Squared 2-Wasserstein distance of two sets of features, projected on one direction at a time, averaged.

    .. math:: L = \frac{1}{N} \sum_V \frac{1}{HW} \left\| \operatorname{sort}(V^T F) - \operatorname{sort}(V^T S) \right\|^2

    With all directions it is 0 if and only if both are the same features in whatever positions; the Gram distance is 0 already if their
    second moments agree. For directions drawn anew at each evaluation it is an unbiased estimate of the mean over all directions. Scaling
    both by s scales it by s².

    Args:
        features: Shape (B, C, H, W), any range, single or double precision.
        target: Shape (B, C, H', W'), same precision. Its number of positions may differ, see :func:`quantile_distance`.
        directions: Shape (N, C), from :func:`unit_directions`; brought to the features' device and precision.

    Returns:
        A scalar, 0 or more, in units of the features squared. Differentiable: a gradient pulls each feature to the one of its rank.

    Example:
        >>> one, other = torch.tensor([[[[1.0, 7.0]]]]), torch.tensor([[[[5.0, 5.0]]]])  # both have the Gram matrix [[25]]
        >>> float(sliced_wasserstein(one, other, torch.ones(1, 1)))
        10.0

    Paper:
        Heitz, Vanhoey, Chambon, Belcour 2021, "A Sliced Wasserstein Loss for Neural Texture Synthesis".

    Differs:
        Theirs is of one layer with as many directions as it has channels; here both are the caller's.
    """
    return quantile_distance(sorted_projections(features, directions), sorted_projections(target, directions))
