"""Windows of a layer put together again."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from pincel.functional.hypercolumns import resized, resizing_weights
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


def scatter_resized(features: Tensor, window: Window, size: tuple[int, int]) -> Tensor:
    """Return a window's part in its layer resized to ``size``, (1, C, *size), as :func:`scatter` does."""
    if (window.height, window.width) == window.full_size:
        return scatter(resized(features, size), Window(0, 0, *size, size), window)
    top, rows = _part(window.top, window.height, window.full_size[0], size[0])
    left, columns = _part(window.left, window.width, window.full_size[1], size[1])
    part = rows.to(features) @ features @ columns.to(features).T
    return scatter(part, Window(top, left, len(rows), len(columns), size), window)


def scatter_sampled(features: Tensor, window: Window, stride: int) -> Tensor:
    """Return a window's part in every ``stride``-th row and column of its layer, from the middle of the first ones on, as scatter does."""
    (top, height, rows), (left, width, columns) = (
        _on_grid(begin, length, stride) for begin, length in ((window.top, window.height), (window.left, window.width))
    )
    grid = (len(range(stride // 2, window.full_size[0], stride)), len(range(stride // 2, window.full_size[1], stride)))
    return scatter(features[..., rows, columns], Window(top, left, height, width, grid), window)


def _part(begin: int, length: int, full: int, size: int) -> tuple[int, Tensor]:
    """Return the first row of a resized layer that a stretch of rows is part of, and the weights of the stretch in the rows from there."""
    weights = resizing_weights(full, size)[:, begin : begin + length]
    rows = weights.any(1).nonzero().flatten()
    return (int(rows[0]), weights[rows]) if len(rows) else (0, weights[:0])


def _on_grid(begin: int, length: int, stride: int) -> tuple[int, int, slice]:
    """Return first place and number of places of a grid in a stretch of positions, and which of the stretch they are."""
    first, end = (max(0, -(-(edge - stride // 2) // stride)) for edge in (begin, begin + length))
    start = stride // 2 + first * stride - begin
    return first, end - first, slice(start, start + (end - first) * stride, stride)
