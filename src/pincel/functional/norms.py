"""Norms of the distance of colors from the mean, which keep a picture rebuilt from its code in the range of colors."""

from __future__ import annotations

import torch
from torch import Tensor

from pincel.functional.natural import SIGMA


def alpha_norm(picture: Tensor, alpha: float) -> Tensor:
    r"""α-norm of the paper of 2015, as its code weighs it: :math:`\frac{1}{n \sigma^2} \sum |x|^\alpha`.

    Args:
        picture: x, (B, C, H, W) in gray levels from the mean.
        alpha: α, 1 or more; 6 in the paper: nearly a bound on the range.

    Returns:
        (B,), one number a picture.

    Example:
        >>> import torch
        >>> x = torch.tensor([[[[3.0, -3.0]]]])
        >>> float(alpha_norm(x, 2) * SIGMA**2)
        9.0

    Paper:
        Mahendran, Vedaldi 2015, section 2; ``core/invert_nn.m`` of aravindhm/deep-goggle: λ/2 Σx⁶/σ², with one σ² = 27098² for all
        sizes.

    Differs:
        σ² is that of as many values as the picture has, n·68.9²: the same at 227×227, and the weight keeps its meaning at other sizes.
    """
    return picture.abs().pow(alpha).sum((1, 2, 3)) / (picture[0].numel() * SIGMA**2)


def range_norm(picture: Tensor, alpha: float) -> Tensor:
    r"""Soft bound on the norm of colors: :math:`\frac{1}{HW} \sum_{ij} \big(\sum_c x_{ijc}^2\big)^{\alpha/2}`.

    Args:
        picture: x, (B, C, H, W) in gray levels from the mean.
        alpha: α, 1 or more.

    Returns:
        (B,), one number a picture.

    Example:
        >>> import torch
        >>> float(range_norm(torch.tensor([[[[3.0]], [[4.0]]]]), 4))
        625.0

    Paper:
        Mahendran, Vedaldi 2016 (IJCV), section 3.1.1.
    """
    return picture.square().sum(1).pow(alpha / 2).mean((1, 2))


def clip_norm(picture: Tensor, bound: float) -> Tensor:
    r"""Clip the norm of every color: :math:`x_{ij} \min(1, B_+ / \|x_{ij}\|)`.

    Args:
        picture: x, (B, C, H, W) in gray levels from the mean.
        bound: B₊, above 0.

    Paper:
        Mahendran, Vedaldi 2016 (IJCV), section 3.1.1: B₊ = 160, twice the typical length.
    """
    length = picture.square().sum(1, keepdim=True).sqrt()
    return picture * (bound / length.clamp(min=torch.finfo(picture.dtype).tiny)).clamp(max=1)
