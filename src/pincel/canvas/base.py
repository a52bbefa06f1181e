"""What a canvas is: the values an optimizer moves, and the picture they stand for."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from pincel.types import Image


class Canvas(Protocol):
    """A way of writing a picture down."""

    @property
    def borrowed(self) -> int:
        """Pictures of memory that it takes to turn values into pixels or back, the result included."""

    def encode(self, pixels: Tensor) -> Tensor:
        """Return the values that stand for a picture (1, 3, H, W) in the network's pixel units."""

    def pixels(self, values: Tensor) -> Tensor:
        """Return the picture that values stand for, unbounded; differentiable."""

    def image(self, values: Tensor) -> Image:
        """Return the image in [0, 1] that values stand for, clipped."""

    def clipped(self, values: Tensor) -> Tensor:
        """Return the values of the same picture with its pixels clipped to the range of colors."""
