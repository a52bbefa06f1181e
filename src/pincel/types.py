"""What an image is in pincel, said once.

An **image** is a float32 tensor of shape (B, C, H, W), RGB, sRGB-encoded, in [0, 1].
A **canvas** is what the optimizer moves; its **pixels** are the same picture in the units the network is fed (white = 255 unless a
recipe says otherwise), unbounded while it is being painted.
**Features** are what a backbone answers: layer name → (B, N, H_l, W_l).

Words for annotations only: importing them loads no torch, so that events can be told where none is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Image: TypeAlias = "Tensor"
Features: TypeAlias = "Mapping[str, Tensor]"
LayerWeights: TypeAlias = Mapping[str, float]

# Side, in pixels of the picture, of the blocks that Gram matrices are added up from. Tiles that begin where blocks do (those that pincel
# chooses) give the same blocks as the whole picture, and the same sum to the last bit.
REDUCTION_BLOCK = 256


@dataclass(frozen=True)
class Window:
    """A part of a layer, or all of it.

    Attributes:
        top: First row.
        left: First column.
        height: Rows.
        width: Columns.
        whole: (H_l, W_l) of the layer.
        stride: Input pixels between neighboring positions.
    """

    top: int
    left: int
    height: int
    width: int
    whole: tuple[int, int]
    stride: int = 1

    def blocks(self, side: int) -> list[tuple[slice, slice]]:
        """Cut it where the layer is cut into squares of some side; return (rows, columns) of each, counted from the window's corner."""
        rows, columns = _cuts(self.top, self.height, side), _cuts(self.left, self.width, side)
        return [(row, column) for row in rows for column in columns]

    @property
    def rows(self) -> slice:
        """For indexing."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """For indexing."""
        return slice(self.left, self.left + self.width)


def _cuts(begin: int, length: int, side: int) -> list[slice]:
    """Cut ``length`` positions from ``begin`` on at multiples of ``side``."""
    ends = [*range(side - begin % side, length, side), length]
    return [slice(before, end) for before, end in pairwise([0, *ends])]
