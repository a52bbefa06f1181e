"""Content as self-similarity: which positions of a picture have similar features, whatever these are."""

from __future__ import annotations

import torch
from torch import Tensor

# Avoids a division by zero at a position where all features are 0.
TINY = 1e-8


def self_similarity_distance(found: Tensor, target: Tensor) -> Tensor:
    r"""Mean difference of the normalized cosine distances between positions, in two feature maps.

    .. math::
        \frac{1}{N} \sum_{ij} \left| \frac{D_{ij}}{\sum_i D_{ij}} - \frac{D^T_{ij}}{\sum_i D^T_{ij}} \right|,
        \qquad D_{ij} = 1 - \cos(F_i, F_j)

    Args:
        found: Features at N positions, (C, N).
        target: At the same positions of the other, (C, N).

    Returns:
        A scalar from 0 to 2.

    Paper:
        Kolkin, Salavon, Shakhnarovich 2019, "Style Transfer by Relaxed Optimal Transport and Self-Similarity", eq. 9; the sum is divided by
        N rather than N², as in the authors' code, so that the value does not shrink with N.

    Example:
        >>> import torch
        >>> eye = torch.eye(3)
        >>> float(self_similarity_distance(5 * eye, eye))
        0.0
    """
    return (_shares(found) - _shares(target)).abs().sum() / found.shape[1]


def _shares(features: Tensor) -> Tensor:
    """Return D over the sums of its columns, (N, N)."""
    unit = features / (features.square().sum(0) + TINY).sqrt()
    distances = (1 - unit.T @ unit).clamp_min(0)
    # The distance of a position to itself is 0, also after rounding.
    distances = distances * (1 - torch.eye(len(distances)).to(distances))
    return distances / (distances.sum(0) + TINY)
