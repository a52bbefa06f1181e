"""How an any-style network gives features the statistics of a style: channel by channel, or with what channels do together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from pincel.feedforward.operations import EPSILON

# Added to variances, as a share of their mean, before a covariance is inverted: directions that hardly occur stay small.
FLOOR = 1e-3
# Steps of the iteration for roots, and the smallest root of an eigenvalue, as a share of the norm's, that they are made for: with the
# covariances that FLOOR leaves, features are off by about a thousandth.
ITERATIONS, LEAST = 12, 3e-4


@dataclass(frozen=True)
class Covariance:
    """Mean and covariance of features over all positions.

    Attributes:
        mean: (C,).
        matrix: (C, C).
    """

    mean: Tensor
    matrix: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Covariance:
        """Measure (1, C, H, W)."""
        points = features.flatten(2)[0]
        mean = points.mean(1)
        centered = points - mean[:, None]
        return cls(mean, centered @ centered.T / points.shape[1])


@dataclass(frozen=True)
class StyleTarget:
    """What features are to have; of several styles, the weighted mean of both.

    Attributes:
        mean: (C,).
        spread: Standard deviations (C,), or the root of the covariance (C, C).
    """

    mean: Tensor
    spread: Tensor

    @classmethod
    def mix(cls, targets: Sequence[StyleTarget], shares: Sequence[float]) -> StyleTarget:
        """Return the weighted mean; shares add up to 1."""
        mean = torch.stack([share * each.mean for each, share in zip(targets, shares, strict=True)]).sum(0)
        spread = torch.stack([share * each.spread for each, share in zip(targets, shares, strict=True)]).sum(0)
        return cls(mean, spread)


class Transform(Protocol):
    """A way of giving features the statistics of a style."""

    def target(self, style: Covariance) -> StyleTarget:
        """Return what features are to have, of those of one style."""

    def apply(self, x: Tensor, own: Covariance, target: StyleTarget, strength: float | Tensor) -> Tensor:
        """Return features, (1, C, H, W), moved towards a target: 0 leaves them as they are, 1 moves them there, 2 as far again."""


class AdaptiveNorm:
    r"""Mean and deviation of each channel: :math:`\sigma(s) \frac{c - \mu(c)}{\sigma(c)} + \mu(s)`.

    Paper:
        Huang, Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", eq. 8; its strength, eq. 14.
    """

    def target(self, style: Covariance) -> StyleTarget:
        """Return means and deviations."""
        return StyleTarget(style.mean, _deviation(style))

    def apply(self, x: Tensor, own: Covariance, target: StyleTarget, strength: float | Tensor) -> Tensor:
        """Move means and deviations linearly; a deviation that would be below 0 is 0."""
        deviation = _deviation(own)
        factor = deviation.lerp(target.spread, strength).clamp_min(0) / deviation
        return (x - _channels(own.mean)) * _channels(factor) + _channels(own.mean.lerp(target.mean, strength))


class WhiteningColoring:
    r"""Mean and covariance: :math:`T (c - \mu(c)) + \mu(s)`, with that T of all with :math:`T \Sigma_c T = \Sigma_s` that changes least.

    .. math:: T = \Sigma_c^{-1/2} (\Sigma_c^{1/2} \Sigma_s \Sigma_c^{1/2})^{1/2} \Sigma_c^{-1/2}

    Paper:
        Li, Fang, Yang, Wang, Lu, Yang 2017, "Universal Style Transfer via Feature Transforms"; the map is that of Lu, Zhao, Yao, Chen, Xu,
        Zhang 2019, "A Closed-Form Solution to Universal Style Transfer", eq. 7.

    Differs:
        A thousandth of the mean variance is added to all variances. Roots are found by iteration, which other programs can do as well.
    """

    def target(self, style: Covariance) -> StyleTarget:
        """Return mean and root of the covariance."""
        return StyleTarget(style.mean, matrix_roots(_firm(style.matrix))[0])

    def apply(self, x: Tensor, own: Covariance, target: StyleTarget, strength: float | Tensor) -> Tensor:
        """Move features towards those transformed once, and on towards those transformed twice."""
        root, inverse = matrix_roots(_firm(own.matrix))
        middle = matrix_roots(root @ target.spread @ target.spread @ root)[0]
        once = inverse @ middle @ inverse
        share = torch.as_tensor(strength, dtype=x.dtype, device=x.device)
        one = torch.eye(len(once), dtype=x.dtype, device=x.device)
        matrix = one + share.clamp(max=1) * (once - one) + (share - 1).clamp(min=0) * (once @ once - once)
        offset = own.mean.lerp(target.mean, share) - matrix @ own.mean
        moved = matrix @ x.flatten(2)[0] + offset[:, None]
        return moved.view_as(x)


TRANSFORMS: Mapping[str, Transform] = {"adain": AdaptiveNorm(), "wct": WhiteningColoring()}


def matrix_roots(matrix: Tensor, iterations: int = ITERATIONS) -> tuple[Tensor, Tensor]:
    r"""Return :math:`A^{1/2}` and :math:`A^{-1/2}` of a symmetric positive definite matrix, by products of matrices alone.

    Paper:
        Higham 2008, "Functions of Matrices", eq. 6.35: the coupled Newton-Schulz iteration; scaled by the Frobenius norm it converges.
        Chen, Chow 2014, "A Stable Scaling of Newton-Schulz for Improving the Sign Function Computation of a Hermitian Matrix": each step
        is scaled so that the smallest and the largest root of an eigenvalue, :data:`LEAST` and 1 at first, go to one place, which saves
        nearly half of the steps.
    """
    norm = matrix.square().sum().sqrt()
    one = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    root, inverse, least = matrix / norm, one, LEAST
    for _ in range(iterations):
        scale = math.sqrt(3 / (1 + least + least**2))
        factor = 0.5 * scale * (3 * one - scale**2 * (inverse @ root))
        root, inverse, least = root @ factor, factor @ inverse, 0.5 * scale * least * (3 - scale**2 * least**2)
    return root * norm.sqrt(), inverse / norm.sqrt()


def _firm(matrix: Tensor) -> Tensor:
    """Add a share of the mean variance to all variances; something, where all are 0."""
    one = torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    return matrix + (FLOOR * matrix.diagonal().mean() + EPSILON) * one


def _deviation(statistics: Covariance) -> Tensor:
    return (statistics.matrix.diagonal() + EPSILON).sqrt()


def _channels(values: Tensor) -> Tensor:
    """Return (C,) as (1, C, 1, 1)."""
    return values.view(1, -1, 1, 1)
