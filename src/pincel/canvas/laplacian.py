"""A canvas of the coefficients of a Laplacian pyramid: a step moves large forms and fine detail alike.

An optimizer that moves every value by about as much, such as Adam, moves a pixel by the sum of what it moves at all levels; so light and
color of large areas change within few steps, which pixels by themselves do each for its own.

Paper: Kolkin et al. 2022, "Neural Neighbor Style Transfer"; utils/stylize.py of the authors' code: 8 levels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from pincel.canvas.base import Canvas
from pincel.functional.pyramid import decompose, pyramid_sizes, synthesize

# Most levels; fewer where a side would be shorter than a pixel.
LEVELS = 8


@dataclass(frozen=True)
class LaplacianCanvas(Canvas):
    """Coefficients of all levels, fine to coarse, (1, 3, N) with N about 4/3 of the pixels.

    Attributes:
        size: (H, W): a pyramid belongs to one size.
    """

    size: tuple[int, int]
    # A pyramid has more values than pixels, so that gradients are no pictures.
    rescalable: ClassVar[bool] = False

    @property
    def scratch(self) -> int:
        """The levels of a pyramid, and what is resized and added up on the way."""
        return 4

    def encode(self, pixels: Tensor) -> Tensor:
        """Decompose a picture (1, 3, H, W)."""
        return torch.cat([level.flatten(2) for level in decompose(pixels, len(self._sizes) - 1)], dim=2)

    def pixels(self, values: Tensor) -> Tensor:
        """Put a pyramid together; differentiable."""
        levels = torch.split(values, [math.prod(size) for size in self._sizes], dim=2)
        return synthesize([level.view(*level.shape[:2], *size) for level, size in zip(levels, self._sizes, strict=True)])

    def size_of(self, values: Tensor) -> tuple[int, int]:
        """Return :attr:`size`."""
        return self.size

    @property
    def _sizes(self) -> list[tuple[int, int]]:
        return pyramid_sizes(self.size, LEVELS)


def make_laplacian(white: float, size: tuple[int, int], _styles: Sequence[Tensor] = (), _band_limit: float = 0.0) -> LaplacianCanvas:
    """Return the canvas of a size, whatever the style."""
    return LaplacianCanvas(white, size)
