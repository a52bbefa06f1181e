"""The Gram matrix, and the style distance built on it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def gram_matrix(features: Tensor) -> Tensor:
    r"""Gram matrix of a feature map, averaged over positions.

    .. math:: G_{ij} = \frac{1}{HW} \sum_k F_{ik} F_{jk}

    Args:
        features: Shape (B, C, H, W), any range. Channels-last memory is used without a copy, unless it is a part of a larger map.

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
    if features.stride(1) == 1:
        rows = features.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    else:
        rows = features.reshape(batch, channels, height * width).transpose(1, 2)
    product: Tensor = _Product.apply(rows)  # type: ignore[no-untyped-call]
    return product / (height * width)


class _Product(torch.autograd.Function):
    """AᵀA for A (B, positions, C). torch would go back twice, once for either factor; the two ways are one product."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        return torch.bmm(rows.transpose(1, 2), rows)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        (rows,) = ctx.saved_tensors
        return torch.bmm(rows, slope + slope.transpose(1, 2))


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
