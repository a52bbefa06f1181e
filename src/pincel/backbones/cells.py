"""Histograms of gradient directions in square cells, the first step of HOG and SIFT.

Paper:
    Dalal and Triggs 2005 and Lowe 2004, in the form of Mahendran and Vedaldi 2015, section 3.1 (``hog_net.m`` and ``dsift_net.m`` of
    deep-goggle), where both are layers of a network. Directions are those of the gradient, from dark to bright: bin 0 points right, bin k
    is turned clockwise by 2πk/K, as rows are counted downwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

# (gradients (B, 2, H, W), K) → (B, K, H, W), 0 or more: how much of each gradient goes into each of K bins of direction.
Binning = Callable[[Tensor, int], Tensor]

# A shorter gradient has no direction (the constant of the released code); its square is still above 0 in float32.
MIN_LENGTH = 1e-10


def image_gradients(gray: Tensor) -> Tensor:
    r"""Half the difference of the two neighbors, across and down.

    .. math:: g_x = (x_{i,j+1} - x_{i,j-1})/2, \quad g_y = (x_{i+1,j} - x_{i-1,j})/2

    Args:
        gray: Shape (B, 1, H, W), gray levels.

    Returns:
        Shape (B, 2, H - 2, W - 2), gray levels a pixel: of all pixels that have four neighbors.

    Example:
        >>> image_gradients(torch.tensor([[[[0.0, 1.0, 0.0], [2.0, 9.0, 6.0], [0.0, 7.0, 0.0]]]])).flatten()
        tensor([2., 3.])
    """
    across = gray[..., 1:-1, 2:] - gray[..., 1:-1, :-2]
    down = gray[..., 2:, 1:-1] - gray[..., :-2, 1:-1]
    return torch.cat([across, down], dim=1) / 2


def hard_bins(gradients: Tensor, directions: int) -> Tensor:
    r"""Assign the length of each gradient to the bin of the nearest direction.

    .. math:: v_k = |g| \cdot [k = \arg\max_l \langle g, d_l \rangle]

    Args:
        gradients: g, shape (B, 2, H, W).
        directions: K.

    Returns:
        Shape (B, K, H, W). Of two equally near directions the first is taken. Differentiation takes the choice as given; the derivative at
        a gradient of length 0 is 0.

    Example:
        >>> hard_bins(torch.tensor([-3.0, 4.0]).view(1, 2, 1, 1), 4).flatten()
        tensor([0., 5., 0., 0.])

    Paper:
        Felzenszwalb, Girshick, McAllester, Ramanan 2010, section 6.1; the binning layer of ``hog_net.m``.
    """
    length = _length(gradients)
    with torch.no_grad():
        across, down = gradients[:, :1], gradients[:, 1:]
        x, y = _bin_directions(directions).to(gradients).view(2, 1, directions, 1, 1)
        nearest = (x * across + y * down).argmax(1, keepdim=True)
    return length.new_zeros(_shape(gradients, directions)).scatter(1, nearest, length)


def soft_bins(gradients: Tensor, directions: int) -> Tensor:
    r"""Split the length of each gradient between the two nearest directions.

    .. math:: v_k = |g| \max(0, 1 - \tfrac{K}{2\pi} \angle(g, d_k))

    Args:
        gradients: g, shape (B, 2, H, W).
        directions: K.

    Returns:
        Shape (B, K, H, W); the bins add up to the length. The derivative is finite everywhere, and 0 at a gradient of length 0.

    Example:
        >>> soft_bins(torch.tensor([3.0, 3.0 * math.sqrt(3)]).view(1, 2, 1, 1), 4).flatten()
        tensor([2., 4., 0., 0.])

    Paper:
        Mahendran and Vedaldi 2015, section 3.1 ("HOGb"); dense SIFT has always done so.

    Differs:
        The released code computes the angle as arccos(⟨g, d⟩/\|g\|), whose derivative is infinite on a direction, and smooths it there by a
        constant of 1e-7; arctan needs none. Below :data:`MIN_LENGTH` all goes to bin 0.
    """
    length = _length(gradients)
    across, down = gradients[:, :1], gradients[:, 1:]
    # A gradient of length 0 would have a direction with an infinite derivative.
    angle = torch.atan2(down, across.masked_fill(length <= MIN_LENGTH, 1.0)) * (directions / (2 * math.pi))
    before = angle.detach().floor()
    share = angle - before
    first = before.long() % directions
    votes = length.new_zeros(_shape(gradients, directions)).scatter(1, first, length * (1 - share))
    return votes.scatter(1, (first + 1) % directions, length * share)


def pool_cells(votes: Tensor, cell: int, around: int = 0) -> Tensor:
    r"""Sum votes in square cells with bilinear weights: each pixel contributes to the four cells with the nearest centers.

    .. math:: c_{pq} = \sum_{ij} a_{i-pb} \, a_{j-qb} \, v_{ij}, \quad a_t = 1 - |t + \tfrac12 - b|/b, \quad t = 0 … 2b - 1

    Args:
        votes: Shape (B, K, H, W).
        cell: Side b of a cell in pixels; each sums a square of 2b, every b pixels.
        around: Rows and columns of zeros added to the votes: half before, half after.

    Returns:
        Shape (B, K, ⌊(H + around)/b⌋ - 1, ⌊(W + around)/b⌋ - 1). Pixels after the last square do not contribute.
    """
    across = _pool_columns(votes, cell, around)
    return _pool_columns(across.transpose(-1, -2), cell, around).transpose(-1, -2)


def _pool_columns(votes: Tensor, cell: int, around: int) -> Tensor:
    """Sum along rows. A square is two segments of b pixels; each segment is the second of one square and the first of the next."""
    width, before = votes.shape[-1], around // 2
    segments = (width + around) // cell
    # Negative padding crops pixels that belong to no cell.
    padded = functional.pad(votes, (before, segments * cell - width - before))
    rising = (torch.arange(cell, dtype=votes.dtype, device=votes.device) + 0.5) / cell
    sums = padded.reshape(*padded.shape[:-1], segments, cell) @ torch.stack([rising, rising.flip(0)], dim=1)
    return sums[..., :-1, 0] + sums[..., 1:, 1]


def _length(gradients: Tensor) -> Tensor:
    """Return the length of each gradient, (B, 1, H, W); torch takes its derivative at 0 as 0."""
    length: Tensor = torch.linalg.vector_norm(gradients, dim=1, keepdim=True)
    return length


def _shape(gradients: Tensor, directions: int) -> tuple[int, int, int, int]:
    return gradients.shape[0], directions, gradients.shape[2], gradients.shape[3]


def _bin_directions(directions: int) -> Tensor:
    """Return cosines and sines of the directions, (2, K), float64.

    Rounded to 15 digits, so that mirrored directions are mirrored to the last bit: a gradient straight down is as near to 80° as to 100°,
    and the choice must not depend on the library that computes sines.
    """
    angles = [2 * math.pi * k / directions for k in range(directions)]
    return torch.tensor([[round(math.cos(a), 15) for a in angles], [round(math.sin(a), 15) for a in angles]], dtype=torch.float64)
