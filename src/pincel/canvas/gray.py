"""A canvas without colors, for eyes that see none: what is moved is one number a pixel."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pincel.functional.color import luma
from pincel.types import Image


@dataclass(frozen=True)
class GrayCanvas:
    """Gray levels between black = 0 and white, (B, 1, H, W).

    Attributes:
        white: Value of white.
    """

    white: float = 255.0

    @property
    def borrowed(self) -> int:
        """None: the channels of the picture are one."""
        return 0

    def encode(self, pixels: Tensor) -> Tensor:
        """Return the brightness of a picture (B, 3, H, W)."""
        return luma(pixels)

    def pixels(self, values: Tensor) -> Tensor:
        """Return the picture whose three channels are the values; differentiable."""
        return values.expand(-1, 3, -1, -1)

    def image(self, values: Tensor) -> Image:
        """Return it in [0, 1], clipped."""
        return (self.pixels(values.detach()) / self.white).clamp(0, 1)

    def clipped(self, values: Tensor) -> Tensor:
        """Clip to [0, white]."""
        return values.clamp(0, self.white)


def make_gray(white: float, _size: tuple[int, int]) -> GrayCanvas:
    """Build the canvas for a white; it fits any size."""
    return GrayCanvas(white)
