"""The plainest canvas: the pixels themselves, in the units the network is fed.

Optimizing on the 0-255 scale is what the deck, Gatys' code and nearly every program after them do; learning rates are quoted for it.
"""

from __future__ import annotations

from collections.abc import Sequence
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

    @property
    def borrowed(self) -> int:
        """None: values are pixels."""
        return 0

    def encode(self, pixels: Tensor) -> Tensor:
        """Return the pixels."""
        return pixels

    def pixels(self, values: Tensor) -> Tensor:
        """Return the values."""
        return values

    def image(self, values: Tensor) -> Image:
        """Return the image in [0, 1], clipped, shape as given."""
        return (values.detach() / self.white).clamp(0, 1)

    def clipped(self, values: Tensor) -> Tensor:
        """Clip to [0, white]."""
        return values.clamp(0, self.white)


def make_pixels(white: float, _size: tuple[int, int], _styles: Sequence[Tensor] = (), _painted: float = 0.0) -> PixelCanvas:
    """Build the canvas for a white; it fits any size and any style."""
    return PixelCanvas(white)
