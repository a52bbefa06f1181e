"""A canvas without colors, for representations that have none: one number per pixel."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pincel.canvas.base import Canvas
from pincel.functional.color import luma


@dataclass(frozen=True)
class GrayCanvas(Canvas):
    """Gray levels, (B, 1, H, W)."""

    def encode(self, pixels: Tensor) -> Tensor:
        """Return the luma of a picture (B, 3, H, W)."""
        return luma(pixels)

    def pixels(self, values: Tensor) -> Tensor:
        """Return the picture whose three channels are the values; differentiable."""
        return values.expand(-1, 3, -1, -1)

    def clipped(self, values: Tensor) -> Tensor:
        """Clip to [0, white]."""
        return values.clamp(0, self.white)
