"""Style by nearest neighbors: the features at each position should match those at some position of the style."""

from __future__ import annotations

import torch
from torch import Tensor

# Positions compared, of either picture: a grid of about so many is taken of more.
MOST = 16384
# Of the picture's, at a time.
CHUNK = 2048
# Below it a feature has no direction.
TINY = 1e-8


def neighbor_distance(found: Tensor, target: Tensor) -> Tensor:
    r"""Mean distance of each feature to its nearest neighbor in the style, by the angle between them.

    .. math:: \frac{1}{M} \sum_p \min_q \left( 1 - \cos(F_p - \bar S, S_q - \bar S) \right)

    Args:
        found: Shape (C, M), a feature a column.
        target: Shape (C, N).

    Returns:
        A scalar from 0 to 2. The gradient moves each feature towards its neighbor, which is chosen again in each evaluation.

    Paper:
        Li, Wand 2016, "Combining Markov Random Fields and Convolutional Neural Networks for Image Synthesis", eq. 2 and 3; with centered
        angles, Kolkin et al. 2022, "Neural Neighbor Style Transfer", eq. 2.

    Differs:
        Single positions of the layers asked for, where Li and Wand compare patches of 3×3 and Kolkin et al. many layers at once. Both are
        centered by the mean of the style. Of more than 16,384 positions, those of a regular grid are compared.
    """
    middle = target.mean(1, keepdim=True)
    mine, theirs = (_directions(_thinned(each) - middle) for each in (found, target))
    with torch.no_grad():
        nearest = torch.cat([(part.T @ theirs).argmax(1) for part in torch.split(mine, CHUNK, dim=1)])
    return (1 - (mine * theirs[:, nearest]).sum(0)).mean()


def _thinned(features: Tensor) -> Tensor:
    """Return every nth column."""
    return features[:, :: -(-features.shape[1] // MOST)]


def _directions(features: Tensor) -> Tensor:
    lengths: Tensor = features.square().sum(0, keepdim=True).sqrt()
    return features / lengths.clamp_min(TINY)
