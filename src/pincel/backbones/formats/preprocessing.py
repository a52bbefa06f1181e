"""Weight files whose first layer is the preprocessing, as those made for AdaIN.

Paper:
    Huang, Belongie, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", 2017: the encoder begins with a 1×1
    convolution that takes RGB from 0 to 1 to 255 · BGR minus the mean color of VGG.

Differs:
    It is removed, since preprocessing belongs to the spec here; folded into the next convolution, it would give zeros beyond the border
    another color.
"""

from __future__ import annotations

import torch

from pincel.backbones.formats.weight_file import Channels, StoredLayer

Mean = tuple[float, float, float]


def remove_preprocessing(layers: tuple[StoredLayer, ...], channels: Channels) -> tuple[tuple[StoredLayer, ...], Channels, Mean | None]:
    """Remove a first layer that only scales colors to 255, orders them and subtracts a mean.

    Args:
        layers: All of a file.
        channels: Order of colors if there is no such layer.

    Returns:
        The layers without it, the order of colors in the next one, and the mean, RGB, from 0 to 255; or as given, and no mean.
    """
    if not layers or layers[0].weight.shape != (3, 3, 1, 1) or layers[0].bias is None:
        return layers, channels, None
    first, shift = layers[0].weight[:, :, 0, 0].float(), [-float(each) for each in layers[0].bias]
    orders: tuple[tuple[Channels, torch.Tensor], ...] = (("rgb", torch.eye(3)), ("bgr", torch.eye(3).flip(1)))
    for order, turned in orders:
        if torch.allclose(first, 255 * turned, rtol=0, atol=1e-3):
            red, green, blue = shift if order == "rgb" else reversed(shift)
            return layers[1:], order, (red, green, blue)
    return layers, channels, None
