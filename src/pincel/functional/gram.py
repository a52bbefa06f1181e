"""The Gram matrix, and the style distance built on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from pincel.functional.sums import accum_dtype


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
    height, width = features.shape[-2:]
    return gram_sum(features, [(slice(0, height), slice(0, width))]).to(features.dtype) / (height * width)


def gram_sum(features: Tensor, blocks: Sequence[tuple[slice, slice]], weights: Tensor | None = None) -> Tensor:
    r"""Sum of products of every two channels over the positions of some blocks.

    .. math:: S_{ij} = \sum_k w_k F_{ik} F_{jk}

    Args:
        features: Shape (B, C, H, W), any range.
        blocks: (rows, columns) of each, covering all positions once. Products within a block are added up in the precision of the
            features, the blocks in float64: the sum hardly depends on their order, nor on which of them are added up where.
        weights: w of each position, (1, 1, H, W), 0 or more; 1 when left out. With the square of a guide T it is the guided Gram
            matrix of Gatys et al. 2017, that of T ∘ F.

    Returns:
        Shape (B, C, C), in float64 where the device has it.
    """
    product: Tensor = _Products.apply(features, blocks, weights, False)  # type: ignore[no-untyped-call]
    return product


def moment_sum(features: Tensor, blocks: Sequence[tuple[slice, slice]], weights: Tensor | None = None) -> Tensor:
    r"""Sums of products and of values, in one pass: :func:`gram_sum` with :math:`\sum_k w_k F_{ik}` as a last column.

    Args:
        features: As for :func:`gram_sum`.
        blocks: As for :func:`gram_sum`.
        weights: As for :func:`gram_sum`.

    Returns:
        Shape (B, C, C + 1), in float64 where the device has it.
    """
    sums: Tensor = _Products.apply(features, blocks, weights, True)  # type: ignore[no-untyped-call]
    return sums


class _Products(torch.autograd.Function):
    """AᵀA, block by block. torch would go back twice, once for either factor; the two ways are one product."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, blocks: Sequence[tuple[slice, slice]], weights: Tensor | None, means: bool) -> Tensor:
        ctx.save_for_backward(features, weights)
        batch, channels = features.shape[:2]
        total = torch.zeros(batch, channels, channels + means, dtype=accum_dtype(features), device=features.device)
        for rows, columns in blocks:
            part = _positions(features[..., rows, columns])
            other = part if weights is None else part * _positions(weights[..., rows, columns])
            total[..., :channels] += torch.bmm(part.transpose(1, 2), other)
            if means:
                total[..., channels] += other.sum(1)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        features, weights = ctx.saved_tensors
        batch, channels, height, width = features.shape
        products, sums = grad[..., :channels], grad[..., channels:]
        both = (products + products.transpose(1, 2)).to(features.dtype)
        # Nothing is added up over positions here, so nothing needs to go by blocks.
        if sums.shape[-1]:
            back = torch.baddbmm(sums.transpose(1, 2).to(features.dtype), _positions(features), both)
        else:
            back = torch.bmm(_positions(features), both)
        if weights is not None:
            back *= _positions(weights)
        return back.view(batch, height, width, channels).permute(0, 3, 1, 2), None, None, None


def _positions(features: Tensor) -> Tensor:
    """Return (B, H·W, C); of a whole map in channels-last memory, without a copy."""
    batch, channels, height, width = features.shape
    return features.permute(0, 2, 3, 1).reshape(batch, height * width, channels)


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
