"""The plainest canvas: the pixels themselves, in the units the network is fed.

Optimising on the 0-255 scale is what the deck, Gatys' code and nearly every program after them do; learning rates are quoted for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pincel.types import Image


@dataclass(frozen=True)
class PixelCanvas:
    """Pixels between black = 0 and white.

    Attributes:
        white: Value of white: 255, or 256 in jcjohnson/neural-style.
    """

    white: float = 255.0

    def encode(self, image: Image) -> Tensor:
        """Turn an image in [0, 1] into canvas values, same shape."""
        return image * self.white

    def pixels(self, canvas: Tensor) -> Tensor:
        """Return the pixels a canvas stands for, unbounded: here itself."""
        return canvas

    def image(self, canvas: Tensor) -> Image:
        """Return the image in [0, 1] a canvas stands for, clipped."""
        return (canvas.detach() / self.white).clamp(0, 1)
