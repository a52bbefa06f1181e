"""The guided image filter: removes grain and keeps edges."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from pincel.functional.color import luminance

# Of the window, in pixels: grain is finer, brush strokes are wider.
RADIUS = 2


def guided_denoise(picture: Tensor, strength: float, radius: int = RADIUS) -> Tensor:
    r"""Smooth what varies less than ``strength`` around its mean, and leave what varies more.

    In each square, a line is fitted from the luminance Y to each color p, with slope :math:`\operatorname{cov}(Y, p) /
    (\operatorname{var} Y + \epsilon^2)`; a pixel is the mean over the lines of all squares around it. Where luminance varies much
    more than ε its edges are kept; where it does not, the square is averaged. Color noise of constant luminance is removed in either case.

    Args:
        picture: (1, 3, H, W) in [0, 1].
        strength: ε, a share of full contrast, above 0.
        radius: Of the squares, in pixels.

    Returns:
        (1, 3, H, W) in [0, 1].

    Paper:
        He, Sun, Tang 2013, "Guided Image Filtering", eqs. 5, 6 and 8, with the picture's own luminance as the guide.
    """
    guide = luminance(picture)[:, :1]
    mean, means = _mean(guide, radius), _mean(picture, radius)
    variance = (_mean(guide.square(), radius) - mean.square()).clamp_min_(0)
    slope = (_mean(guide * picture, radius) - mean * means) / (variance + strength**2)
    offset = means - slope * mean
    smooth: Tensor = torch.addcmul(_mean(offset, radius), _mean(slope, radius), guide)
    return smooth.clamp_(0, 1)


def _mean(picture: Tensor, radius: int) -> Tensor:
    """Return the mean over squares of side 2·radius + 1; at the border, over what there is of them."""
    return functional.avg_pool2d(picture, 2 * radius + 1, stride=1, padding=radius, count_include_pad=False)
