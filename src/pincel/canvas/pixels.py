"""The plainest canvas: the pixels themselves, in the units the network is fed.

Optimizing on the 0-255 scale is what the deck, Gatys' code and nearly every program after them do; learning rates are quoted for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from pincel.canvas.base import Canvas


@dataclass(frozen=True)
class PixelCanvas(Canvas):
    """Pixels; white is 255, or 256 in jcjohnson/neural-style."""

    white: float = 255.0

    def encode(self, pixels: Tensor) -> Tensor:
        """Return the pixels."""
        return pixels

    def pixels(self, values: Tensor) -> Tensor:
        """Return the values."""
        return values


def make_pixels(white: float, _size: tuple[int, int], _styles: Sequence[Tensor] = (), _band_limit: float = 0.0) -> PixelCanvas:
    """Return the canvas for a white; it fits any size and any style."""
    return PixelCanvas(white)
