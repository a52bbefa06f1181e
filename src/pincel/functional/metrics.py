"""How close two pictures are, or two feature maps, in figures that need no unit or a familiar one."""

from __future__ import annotations

import math

from torch import Tensor


def mean_difference(first: Tensor, second: Tensor) -> float:
    """Mean absolute difference of two pictures of one shape, in their unit."""
    return float((first - second).abs().mean())


def psnr(first: Tensor, second: Tensor, white: float = 255.0) -> float:
    r"""Peak signal-to-noise ratio in decibels, :math:`10 \log_{10} (w^2 / \mathrm{mean} (x - y)^2)`; infinite for equal pictures.

    Args:
        first: Any shape, from 0 to ``white``.
        second: The same shape.
        white: w, the largest value there is.
    """
    error = float((first - second).square().mean())
    return 10 * math.log10(white**2 / error) if error > 0 else math.inf


def relative_error(first: Tensor, second: Tensor) -> float | None:
    r"""Norm of the difference over the norm of the first, :math:`\|x - y\| / \|x\|`; nothing where the first is zero all over.

    Args:
        first: Any shape.
        second: The same shape.
    """
    size = float(first.norm())
    return float((first - second).norm()) / size if size > 0 else None
