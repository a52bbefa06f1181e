"""Hypercolumns: the features of several layers at one place of a picture, one below the other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

# Pixels between neighboring hypercolumns.
STRIDE = 4


def hypercolumns(layers: Sequence[Tensor]) -> Tensor:
    r"""Return the hypercolumns of a picture.

    .. math:: \left[ \frac{1}{C_1} F^1, \dots, \frac{1}{C_L} F^L \right]

    Args:
        layers: Features of each layer, (1, C_l, H_l, W_l).

    Returns:
        Shape (1, ΣC_l, H_1, W_1): other layers are brought to the size of the first one, see :func:`resized`.

    Paper:
        Kolkin et al. 2022, "Neural Neighbor Style Transfer"; utils/featureExtract.py of the authors' code: each layer is divided by its
        channels, "so # of channels doesn't dominate cosine distance", and resized to a quarter of the picture.
    """
    size = layers[0].shape[-2:]
    return torch.cat([resized(each, size) / each.shape[1] for each in layers], dim=1)


def resized(features: Tensor, size: Sequence[int]) -> Tensor:
    """Resize (1, C, H, W) to (height, width), bilinear, the corner positions on each other: where it shrinks, positions are left out."""
    return (
        features
        if features.shape[-2:] == tuple(size)
        else functional.interpolate(features, tuple(size), mode="bilinear", align_corners=True)
    )


def resizing_weights(length: int, size: int) -> Tensor:
    """Return the matrix (size, length), float64, by which :func:`resized` multiplies columns, and rows."""
    places = torch.arange(size, dtype=torch.float64) * ((length - 1) / max(1, size - 1))
    return (1 - (places[:, None] - torch.arange(length)).abs()).clamp_min(0)
