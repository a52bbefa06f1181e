"""Windows of a layer put together again."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from pincel.types import Window


class FeatureBuffer:
    """Collects the windows of layers into whole layers, without a graph.

    Attributes:
        layers: layer → (1, C, H_l, W_l), zero where no window has been given yet.
    """

    def __init__(self) -> None:
        self.layers: dict[str, Tensor] = {}

    def __call__(self, layer: str, features: Tensor, window: Window) -> Mapping[str, Tensor]:
        """Keep a window; return nothing to add up."""
        if (window.height, window.width) == window.full_size:
            self.layers[layer] = features
            return {}
        if layer not in self.layers:
            blank = features.new_zeros(*features.shape[:2], *window.full_size)
            self.layers[layer] = blank.contiguous(memory_format=torch.channels_last)
        self.layers[layer][..., window.rows, window.columns] = features
        return {}


def scatter(features: Tensor, place: Window, window: Window) -> Tensor:
    """Return features (1, C, h, w) in their place in a whole layer, and zero elsewhere: a partial sum whose mean is the layer.

    Args:
        features: Computed from those of a window.
        place: Where they belong, in the layer they add up to.
        window: The window they come from. Sums are divided by the positions of its layer, so features are multiplied by them here.
    """
    height, width = place.full_size
    border = (place.left, width - place.left - place.width, place.top, height - place.top - place.height)
    return math.prod(window.full_size) * (functional.pad(features, border) if any(border) else features)
