"""The Gram matrix, and the style distance built on it."""

from __future__ import annotations

import torch
from torch import Tensor


def gram_matrix(features: Tensor) -> Tensor:
    r"""Gram matrix of a feature map, averaged over positions.

    .. math:: G_{ij} = \frac{1}{HW} \sum_k F_{ik} F_{jk}

    Args:
        features: Shape (B, C, H, W), any range. Channels-last memory is used without a copy.

    Returns:
        Shape (B, C, C), symmetric and positive semidefinite.

    Example:
        >>> gram_matrix(torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]]))
        tensor([[[ 2.5000,  5.5000],
                 [ 5.5000, 12.5000]]])

    Paper:
        Gatys, Ecker, Bethge 2016, eq. 3; the deck's ``Gram = A·Aᵀ``.

    Differs:
        Paper and deck do not divide by H·W; they divide the squared difference by (H·W)² later, which is the same number
        and overflows sooner in half precision.
    """
    batch, channels, height, width = features.shape
    if features.is_contiguous(memory_format=torch.channels_last):
        rows = features.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
        product = torch.bmm(rows.transpose(1, 2), rows)
    else:
        columns = features.reshape(batch, channels, height * width)
        product = torch.bmm(columns, columns.transpose(1, 2))
    return product / (height * width)


def gram_distance(gram: Tensor, target: Tensor) -> Tensor:
    r"""Mean squared difference of two Gram matrices, *g* of every published style term.

    .. math:: g = \frac{1}{C^2} \sum_{ij} (G_{ij} - A_{ij})^2

    Args:
        gram: Shape (B, C, C), from :func:`gram_matrix`.
        target: Same shape.

    Returns:
        A scalar, 0 or more.

    Example:
        >>> float(gram_distance(torch.zeros(1, 2, 2), torch.full((1, 2, 2), 3.0)))
        9.0

    Paper:
        Gatys, Ecker, Bethge 2015, eq. 4: E_l = g/4. The deck: J_style^[l] = g/4.
    """
    return (gram - target).square().mean()
