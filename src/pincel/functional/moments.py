"""Style by the first and second moments of features: which a Gram matrix mixes.

With the mean m of the features of a layer and their Gram matrix G, both averages over positions, the covariance is Σ = G - m mᵀ. A Gram
matrix can be right while mean and spread are both wrong; these distances see that.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

# Added to variances before their square root, as a fraction of the mean variance: the gradient of a constant channel stays finite.
FLOOR = 1e-4
# Rows of a matrix up to which double precision costs a step hardly more than single.
SMALL = 192
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

    @cached_property
    def roots(self) -> list[Tensor]:
        """Of each region a matrix S, (C, K), with S Sᵀ = Σ but for rounding; K is the rank of Σ, at most the number of positions less one.

        It is computed once: of a target, an optimization asks for it in every step.
        """
        return [_root(matrix) for matrix in self.covariance]


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

    Of features after a ReLU, most products are 0 · 0; shifted, two filters that are both 0 give 1.

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
        The root comes from an eigendecomposition and its gradient from the formula, not through the decomposition: it stays finite where
        eigenvalues coincide or vanish. With any S of :math:`\Sigma^T = S S^T`, the trace is that of :math:`(S^T \Sigma S)^{½}` too, a
        matrix as large as the rank of the style's covariance: on coarse scales, where a deep layer has few positions, it is small. A
        large one (see ``SMALL``) is decomposed in single precision where a gradient is needed, in a third of the time; the distance of
        real pictures is then within 0.02 % of that in double precision, its gradient within 2 %.
    """
    cross = torch.stack([_CrossRoot.apply(mine, root) for mine, root in zip(found.covariance, target.roots, strict=True)])  # type: ignore[no-untyped-call]
    spread = found.variance.sum(1) + target.variance.sum(1) - 2 * cross
    return ((found.mean - target.mean).square().sum(1) + spread) / found.mean.shape[1]


def _eigen(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return rising eigenvalues and eigenvectors of a symmetric matrix; NaN, as other formulas do, where it is not finite.

    Torch decomposes nothing on Apple's GPUs, so there the CPU does it. In single precision LAPACK gives up now and then, or returns NaN; in
    double it does not.
    """
    if not matrix.isfinite().all():
        return torch.full_like(matrix[:, 0], torch.nan), torch.full_like(matrix, torch.nan)
    given = matrix.cpu() if matrix.device.type == "mps" else matrix
    with suppress(torch.linalg.LinAlgError):  # type: ignore[attr-defined]
        values, vectors = torch.linalg.eigh(given)
        if values.isfinite().all() and vectors.isfinite().all():
            return values.to(matrix), vectors.to(matrix)
    values, vectors = torch.linalg.eigh(given.double())
    return values.to(matrix), vectors.to(matrix)


def _root(matrix: Tensor) -> Tensor:
    """Return S, (C, K), with S Sᵀ a symmetric matrix, positive semidefinite but for rounding, of rank K."""
    values, vectors = _eigen(matrix)
    counting = ~(values <= matrix.shape[0] * torch.finfo(matrix.dtype).eps * values[-1])
    return vectors[:, counting] * values[counting].sqrt()


class _CrossRoot(torch.autograd.Function):
    """tr (Sᵀ A S)^½ for a symmetric A; its gradient with respect to A is ½ S (Sᵀ A S)^-½ Sᵀ."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, root: Tensor) -> Tensor:
        # Every step needs a gradient; the evaluation of a finished picture needs the distance only.
        if root.shape[1] > SMALL and ctx.needs_input_grad[0]:
            root = root.float()
        values, vectors = _eigen(root.T @ matrix.to(root) @ root)
        ctx.save_for_backward(root, values, vectors)
        ctx.precision = matrix.dtype
        trace: Tensor = values.clamp_min(0).sqrt().sum(dtype=matrix.dtype)
        return trace

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        root, values, vectors = ctx.saved_tensors
        # Directions without variance get a gradient of 0 rather than an infinite one.
        inverse = torch.where(values <= 1e-7 * values[-1:], 0.0, values.clamp_min(torch.finfo(values.dtype).tiny).rsqrt())
        turned = root @ vectors
        return grad * ((turned * (0.5 * inverse)) @ turned.T).to(ctx.precision), None
