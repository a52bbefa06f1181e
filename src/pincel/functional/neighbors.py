"""Style by nearest neighbors: features of a picture, and those of the style that are most alike."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

# Of the picture's features and of the style's, compared at a time: a table of 16 MiB, which stays in the caches of a processor.
MINE, THEIRS = 512, 8192
# Below it a squared length counts as this: such a feature has no direction.
TINY = 1e-8
# Pairs up to which features are compared in all channels; beyond, where there are at least so many channels, by a quarter as many principal
# directions, or by the most there are (docs/speed.md).
FEW_PAIRS = 2**22
MANY_CHANNELS, SHARE, MOST_DIRECTIONS = 256, 4, 256
# Features that principal directions are found from, and rounds of finding them.
SAMPLE, ROUNDS = 4096, 2


def nearest(mine: Tensor, theirs: Sequence[Tensor], factors: Sequence[float] | None = None) -> Tensor:
    r"""Find the most similar feature of some sets, by the cosine of the angle between centered features.

    .. math:: \operatorname{argmax}_q \; f_q \cos(F_p - \bar F, S_q - \bar S)

    Args:
        mine: Shape (C, M), a feature a column; centered by their mean.
        theirs: The sets, (C, N) each; centered by the mean of all of them.
        factors: Of the similarity to each set, which make a set count more than another; 1 when None.

    Returns:
        Shape (M,): numbers of columns, counted through all sets, of which the first counts where several are as near.

    Differs:
        Where there are many features of many channels, they are compared by the directions in which the style's features lie most, a
        quarter as many as channels and 256 at most.
        Features that a network computed in bfloat16 are compared in bfloat16, so that rounding decides between the nearest ones.

    Paper:
        Kolkin, Kucera, Paris, Sýkora, Shechtman, Shakhnarovich 2022, "Neural Neighbor Style Transfer"; utils/stylize.py of the authors'
        code, replace_features.
    """
    theirs = [each.detach() for each in theirs]
    middle = torch.stack([each.sum(1) for each in theirs]).sum(0)[:, None] / sum(each.shape[1] for each in theirs)
    centered = _directions(mine.detach() - mine.detach().mean(1, keepdim=True))
    basis = _principal_directions(centered, theirs, middle)
    dtype = torch.bfloat16 if _is_bfloat16(mine) else mine.dtype
    centered = (centered if basis is None else basis @ centered).to(dtype)
    best = mine.new_full((mine.shape[1],), -torch.inf, dtype=dtype)
    indices = torch.zeros(mine.shape[1], dtype=torch.long, device=mine.device)
    start = 0
    for each, factor in zip(theirs, factors or [1.0] * len(theirs), strict=True):
        for block in torch.split(each, THEIRS, dim=1):
            directions = factor * _directions(block - middle)
            similarity, found = _most_similar(centered, (directions if basis is None else basis @ directions).to(dtype))
            better = similarity > best
            best, indices = similarity.where(better, best), (found + start).where(better, indices)
            start += block.shape[1]
    return indices


def compared_channels(channels: int, pairs: int) -> int:
    """Return in how many channels :func:`nearest` compares so many pairs of features."""
    return min(channels // SHARE, MOST_DIRECTIONS) if channels >= MANY_CHANNELS and pairs > FEW_PAIRS else channels


def pick(theirs: Sequence[Tensor], indices: Tensor) -> Tensor:
    """Return columns (C, M) by their numbers, as :func:`nearest` counts them; differentiable."""
    picked = theirs[0].new_zeros(len(theirs[0]), len(indices))
    start = 0
    for each in theirs:
        here = (indices >= start) & (indices < start + each.shape[1])
        picked[:, here] = each[:, indices[here] - start]
        start += each.shape[1]
    return picked


def neighbor_distance(found: Tensor, target: Sequence[Tensor], factors: Sequence[float] | None = None) -> Tensor:
    r"""Mean distance of each feature to its nearest neighbor in the style, by the angle between them.

    .. math:: \frac{1}{M} \sum_p \min_q \left( 1 - \cos(F_p - \bar F, S_q - \bar S) \right)

    Args:
        found: Shape (C, M), a feature a column.
        target: Sets of features, (C, N) each.
        factors: As of :func:`nearest`; they choose neighbors, and do not count in the distance.

    Returns:
        A scalar from 0 to 2. The gradient moves each feature towards its neighbor, which is chosen again in each evaluation.

    Paper:
        Kolkin et al. 2022, "Neural Neighbor Style Transfer", the final pass ("feature splitting"); after Li, Wand 2016, "Combining Markov
        Random Fields and Convolutional Neural Networks for Image Synthesis", eq. 2 and 3, whose features are patches of 3×3.
    """
    theirs = torch.cat([*target], dim=1)
    neighbors = theirs[:, nearest(found, target, factors)] - theirs.mean(1, keepdim=True)
    return (1 - (_directions(found - found.mean(1, keepdim=True)) * _directions(neighbors)).sum(0)).mean()


def column_distance(found: Tensor, target: Tensor) -> Tensor:
    r"""Mean distance of each feature to the one it is to become, by the angle between them.

    .. math:: \frac{1}{M} \sum_p \left( 1 - \cos(F_p, T_p) \right)

    Args:
        found: Shape (C, M), a feature a column.
        target: Likewise. A position whose target is 0 in every channel has none, and does not count.

    Returns:
        A scalar from 0 to 2; 0 where no position has a target.

    Paper:
        Kolkin et al. 2022, "Neural Neighbor Style Transfer"; utils/stylize.py of the authors' code, optimize_output_im.

    Differs:
        In the authors' code squared lengths below 1e-8 count as that, as here, and those above 1e8, too.
    """
    wanted = target.square().sum(0)
    lengths = (found.square().sum(0).clamp_min(TINY) * wanted.clamp_min(TINY)).sqrt()
    distances = (1 - (found * target).sum(0) / lengths).where(wanted > 0, 0.0)
    return distances.sum() / (wanted > 0).sum().clamp_min(1)


def _principal_directions(mine: Tensor, theirs: Sequence[Tensor], middle: Tensor) -> Tensor | None:
    """Return the directions that the sets lie in most, (D, C), each of length 1; None where comparing all channels costs little.

    Paper:
        Halko, Martinsson, Tropp 2011, "Finding Structure with Randomness", algorithm 4.4, from features of the sets instead of noise.
    """
    count = sum(each.shape[1] for each in theirs)
    directions = compared_channels(len(mine), mine.shape[1] * count)
    if directions == len(mine):
        return None
    step = -(-count // SAMPLE)
    sample = torch.cat([_directions(each[:, ::step] - middle) for each in theirs], dim=1)
    basis = sample[:, :: max(1, sample.shape[1] // directions)][:, :directions]
    for _ in range(ROUNDS):
        basis = torch.linalg.qr(sample @ (sample.T @ basis)).Q
    return basis.T


def _is_bfloat16(features: Tensor) -> bool:
    """Return whether features have no more bits than bfloat16, but for what was rounded when windows were added up."""
    return features.dtype == torch.float32 and torch.allclose(features, features.bfloat16().float(), rtol=1e-6, atol=0)


def _most_similar(mine: Tensor, theirs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the largest product of each of some columns of one set with any of another, and the number of that."""
    largest = [(part.T @ theirs).max(1) for part in torch.split(mine, MINE, dim=1)]
    return torch.cat([each.values for each in largest]), torch.cat([each.indices for each in largest])


def _directions(features: Tensor) -> Tensor:
    return features / features.square().sum(0, keepdim=True).clamp_min(TINY).sqrt()
