"""Style by the first and second moments of features: what a Gram matrix leaves mixed, apart.

With the mean m of the features of a layer and their Gram matrix G, both averages over positions, the covariance is Σ = G - m mᵀ. A Gram
matrix can be right while mean and spread are both wrong; these distances see that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

# Added to variances before their root, of the mean variance: a channel that is silent everywhere has no slope to infinity.
FLOOR = 1e-4
# What Novak and Nikulin shift activations by.
SHIFT = -1.0


@dataclass(frozen=True)
class Moments:
    """Of the features of a layer, averaged over positions.

    Attributes:
        gram: (R, C, C), of R regions.
        mean: (R, C).
    """

    gram: Tensor
    mean: Tensor

    @property
    def covariance(self) -> Tensor:
        """Σ, (R, C, C)."""
        return self.gram - self.mean[:, :, None] * self.mean[:, None, :]

    @property
    def variance(self) -> Tensor:
        """Diagonal of Σ, (R, C), 0 or more."""
        return (self.gram.diagonal(dim1=1, dim2=2) - self.mean.square()).clamp_min(0)


def mean_std_distance(found: Moments, target: Moments) -> Tensor:
    r"""Difference of means and of standard deviations, channel by channel.

    .. math:: \frac{1}{C} \sum_i (\mu_i - \mu_i^T)^2 + \frac{1}{C} \sum_i (\sigma_i - \sigma_i^T)^2

    Returns:
        (R,), 0 or more.

    Paper:
        Huang, Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", eq. 13; Galerne et al. 2024
        add it to the Gram term.
    """
    floor = FLOOR * target.variance.mean(1, keepdim=True)
    spread, wanted = ((each.variance + floor).sqrt() for each in (found, target))
    return (found.mean - target.mean).square().mean(1) + (spread - wanted).square().mean(1)


def covariance_distance(found: Moments, target: Moments) -> Tensor:
    r"""Mean squared difference of covariance matrices, :math:`\frac{1}{C^2} \sum_{ij} (\Sigma_{ij} - \Sigma_{ij}^T)^2`; (R,)."""
    return (found.covariance - target.covariance).square().mean((1, 2))


def shift_distance(found: Moments, target: Moments) -> Tensor:
    r"""Mean squared difference of the Gram matrices of shifted features, F + s with s = -1; (R,).

    Of features after a ReLU, most products are 0 · 0 and say nothing; shifted, two filters that are silent together say so.

    Paper:
        Novak, Nikulin 2016, "Improving the Neural Algorithm of Artistic Style", section 3.3.
    """
    return (_shifted(found) - _shifted(target)).square().mean((1, 2))


def _shifted(moments: Moments) -> Tensor:
    mean = moments.mean
    return moments.gram + SHIFT * (mean[:, :, None] + mean[:, None, :]) + SHIFT**2


def bures_distance(found: Moments, target: Moments) -> Tensor:
    r"""Squared 2-Wasserstein distance of the normal distributions with these moments, a channel.

    .. math::
        \frac{1}{C} \left[ \|m - m^T\|^2
        + \operatorname{tr}\left(\Sigma + \Sigma^T - 2 (\Sigma^{T½} \Sigma \Sigma^{T½})^{½}\right) \right]

    Returns:
        (R,), 0 or more but for rounding.

    Paper:
        Olkin, Pukelsheim 1982; as a style loss in crowsonkb/style-transfer-pytorch.

    Differs:
        The root comes from an eigendecomposition and its slope from the formula, not through the decomposition: it stays finite where
        eigenvalues coincide or vanish.
    """
    cross = torch.stack([_CrossRoot.apply(mine, its) for mine, its in zip(found.covariance, target.covariance, strict=True)])  # type: ignore[no-untyped-call]
    spread = found.variance.sum(1) + target.variance.sum(1) - 2 * cross
    return ((found.mean - target.mean).square().sum(1) + spread) / found.mean.shape[1]


class _CrossRoot(torch.autograd.Function):
    """tr (B^½ A B^½)^½ of symmetric matrices; its slope with respect to A is ½ B^½ (B^½ A B^½)^-½ B^½."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, other: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh(other)
        root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
        values, vectors = torch.linalg.eigh(root @ matrix @ root)
        ctx.save_for_backward(root, values, vectors)
        trace: Tensor = values.clamp_min(0).sqrt().sum()
        return trace

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        root, values, vectors = ctx.saved_tensors
        # Directions in which nothing varies have no slope, rather than an infinite one.
        inverse = torch.where(values > 1e-7 * values[-1], values.clamp_min(torch.finfo(values.dtype).tiny).rsqrt(), 0.0)
        turned = root @ vectors
        return slope * 0.5 * (turned * inverse) @ turned.T, None
