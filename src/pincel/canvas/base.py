"""What a canvas is: the values an optimizer changes, and the picture they stand for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from pincel.types import Image


@dataclass(frozen=True)
class Canvas(ABC):
    """A parametrization of a picture.

    Attributes:
        white: Value of white in the network's pixel units; black is 0.
        rescalable: Whether steps and gradients can be brought to a canvas of another size; an optimizer begins anew where they cannot.
    """

    white: float
    rescalable: ClassVar[bool] = True

    @property
    def scratch(self) -> int:
        """Temporary memory for turning values into pixels or back, in pictures, the result included."""
        return 0

    @abstractmethod
    def encode(self, pixels: Tensor) -> Tensor:
        """Return the values of a picture (B, 3, H, W) in the network's pixel units."""

    @abstractmethod
    def pixels(self, values: Tensor) -> Tensor:
        """Return the picture of some values, unbounded; differentiable."""

    def size_of(self, values: Tensor) -> tuple[int, int]:
        """Return (height, width) of the picture of some values."""
        return values.shape[-2], values.shape[-1]

    def image(self, values: Tensor) -> Image:
        """Return the image of some values, clipped to [0, 1]."""
        return (self.pixels(values.detach()) / self.white).clamp(0, 1)

    def clipped(self, values: Tensor) -> Tensor:
        """Return the values of the same picture with its pixels clipped to the range of colors."""
        return self.encode(self.pixels(values).clamp(0, self.white))
