"""How steep a picture is and in which direction, voted into bins of direction and gathered in square cells: what HOG and SIFT begin with.

Paper:
    Dalal and Triggs 2005 and Lowe 2004, in the form of Mahendran and Vedaldi 2015, section 3.1 (``hog_net.m`` and ``dsift_net.m`` of
    deep-goggle), where both are layers of a network. Directions are those of the slope, from dark to bright: bin 0 points right, bin k is
    turned clockwise by 2πk/K, as rows are counted downwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

# (slopes (B, 2, H, W), K) → (B, K, H, W), 0 or more: how much of each slope goes into each of K bins of direction.
Binning = Callable[[Tensor, int], Tensor]

# Where a slope is shorter it has no direction (the constant of the released code). Its square still is a number in float32.
MIN_LENGTH = 1e-10


def image_gradients(gray: Tensor) -> Tensor:
    r"""Half the difference of the two neighbors, across and down.

    .. math:: g_x = (x_{i,j+1} - x_{i,j-1})/2, \quad g_y = (x_{i+1,j} - x_{i-1,j})/2

    Args:
        gray: Shape (B, 1, H, W), gray levels.

    Returns:
        Shape (B, 2, H - 2, W - 2), gray levels a pixel: of all pixels that have four neighbors.

    Example:
        >>> slopes(torch.tensor([[[[0.0, 1.0, 0.0], [2.0, 9.0, 6.0], [0.0, 7.0, 0.0]]]])).flatten()
        tensor([2., 3.])
    """
    across = gray[..., 1:-1, 2:] - gray[..., 1:-1, :-2]
    down = gray[..., 2:, 1:-1] - gray[..., :-2, 1:-1]
    return torch.cat([across, down], dim=1) / 2


def hard_bins(steep: Tensor, directions: int) -> Tensor:
    r"""Give the length of each slope to the bin of the nearest direction.

    .. math:: v_k = |g| \cdot [k = \arg\max_l \langle g, d_l \rangle]

    Args:
        steep: Slopes g, shape (B, 2, H, W).
        directions: K.

    Returns:
        Shape (B, K, H, W). Of two directions that are equally near the first is taken. The gradient takes the choice as given; that of a
        slope of length 0 is 0.

    Example:
        >>> hard_bins(torch.tensor([-3.0, 4.0]).view(1, 2, 1, 1), 4).flatten()
        tensor([0., 5., 0., 0.])

    Paper:
        Felzenszwalb, Girshick, McAllester, Ramanan 2010, section 6.1; the binning layer of ``hog_net.m``.
    """
    length = _length(steep)
    with torch.no_grad():
        across, down = steep[:, :1], steep[:, 1:]
        x, y = _bin_directions(directions).to(steep).view(2, 1, directions, 1, 1)
        nearest = (x * across + y * down).argmax(1, keepdim=True)
    return length.new_zeros(_shape(steep, directions)).scatter(1, nearest, length)


def soft_bins(steep: Tensor, directions: int) -> Tensor:
    r"""Share the length of each slope between the two directions it lies between.

    .. math:: v_k = |g| \max(0, 1 - \tfrac{K}{2\pi} \angle(g, d_k))

    Args:
        steep: Slopes g, shape (B, 2, H, W).
        directions: K.

    Returns:
        Shape (B, K, H, W); the bins add up to the length. The gradient is finite everywhere; that of a slope of length 0 is 0.

    Example:
        >>> soft_bins(torch.tensor([3.0, 3.0 * math.sqrt(3)]).view(1, 2, 1, 1), 4).flatten()
        tensor([2., 4., 0., 0.])

    Paper:
        Mahendran and Vedaldi 2015, section 3.1 ("HOGb"); dense SIFT has always done so.

    Differs:
        The released code finds the angle as arccos(⟨g, d⟩/\|g\|), whose slope is infinite on a direction, and rounds it off there by a
        constant of 1e-7; the same angle comes from arctan here, and needs none. Below :data:`MIN_LENGTH` all goes to bin 0.
    """
    length = _length(steep)
    across, down = steep[:, :1], steep[:, 1:]
    # Where there is no slope, its direction would have an infinite gradient; its length is no number to speak of.
    angle = torch.atan2(down, across.masked_fill(length <= MIN_LENGTH, 1.0)) * (directions / (2 * math.pi))
    before = angle.detach().floor()
    share = angle - before
    first = before.long() % directions
    votes = length.new_zeros(_shape(steep, directions)).scatter(1, first, length * (1 - share))
    return votes.scatter(1, (first + 1) % directions, length * share)


def pool_cells(votes: Tensor, cell: int, around: int = 0) -> Tensor:
    r"""Add up votes in square cells, each pixel shared between the four cells whose middles it lies between.

    .. math:: c_{pq} = \sum_{ij} a_{i-pb} \, a_{j-qb} \, v_{ij}, \quad a_t = 1 - |t + \tfrac12 - b|/b, \quad t = 0 … 2b - 1

    Args:
        votes: Shape (B, K, H, W).
        cell: Side b of a cell in pixels; each sees a square of 2b, every b pixels.
        around: Rows and columns of zeros first put around the votes: half before, half behind.

    Returns:
        Shape (B, K, ⌊(H + around)/b⌋ - 1, ⌊(W + around)/b⌋ - 1). Pixels behind the last square are not seen.
    """
    across = _pool_columns(votes, cell, around)
    return _pool_columns(across.transpose(-1, -2), cell, around).transpose(-1, -2)


def _pool_columns(votes: Tensor, cell: int, around: int) -> Tensor:
    """Do so along the rows. A square is two stretches of b pixels, and each stretch is the second of one and the first of the next."""
    width, before = votes.shape[-1], around // 2
    stretches = (width + around) // cell
    # A negative number of zeros behind cuts off what no cell sees.
    long = functional.pad(votes, (before, stretches * cell - width - before))
    rising = (torch.arange(cell, dtype=votes.dtype, device=votes.device) + 0.5) / cell
    sums = long.reshape(*long.shape[:-1], stretches, cell) @ torch.stack([rising, rising.flip(0)], dim=1)
    return sums[..., :-1, 0] + sums[..., 1:, 1]


def _length(steep: Tensor) -> Tensor:
    """Return the length of each slope, (B, 1, H, W); torch takes its gradient at 0 for 0."""
    length: Tensor = torch.linalg.vector_norm(steep, dim=1, keepdim=True)
    return length


def _shape(steep: Tensor, directions: int) -> tuple[int, int, int, int]:
    return steep.shape[0], directions, steep.shape[2], steep.shape[3]


def _bin_directions(directions: int) -> Tensor:
    """Return cosines and sines of the directions, (2, K), float64.

    Rounded to 15 digits, so that mirrored directions are mirrored to the last bit: a slope straight down is as near to 80° as to 100°, and
    which of them is taken must not hang on the library that makes the sines.
    """
    angles = [2 * math.pi * k / directions for k in range(directions)]
    return torch.tensor([[round(math.cos(a), 15) for a in angles], [round(math.sin(a), 15) for a in angles]], dtype=torch.float64)
