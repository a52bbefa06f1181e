"""What an image is in pincel.

An **image** is a float32 tensor of shape (B, C, H, W), RGB, sRGB-encoded, in [0, 1].
A **canvas** is what the optimizer changes; its **pixels** are the same picture in the units the network is fed (white = 255 unless a
recipe says otherwise), unbounded during the optimization.
**Features** are the outputs of a backbone: layer name → (B, N, H_l, W_l).

For annotations: importing this loads no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Image: TypeAlias = "Tensor"
LayerWeights: TypeAlias = Mapping[str, float]

# Side in pixels of the blocks over which Gram matrices are summed. Tiles that begin where blocks do (those that pincel chooses) have the
# same blocks as the whole picture, and the same sum to the last bit.
REDUCTION_BLOCK = 256


@dataclass(frozen=True)
class Window:
    """A part of a layer, or all of it.

    Attributes:
        top: First row.
        left: First column.
        height: Rows.
        width: Columns.
        full_size: (H_l, W_l) of the layer.
        stride: Input pixels between neighboring positions.
    """

    top: int
    left: int
    height: int
    width: int
    full_size: tuple[int, int]
    stride: int = 1

    def blocks(self, side: int) -> list[tuple[slice, slice]]:
        """Return (rows, columns), counted from the window's corner, of each part of it on a grid of squares over the layer."""
        rows, columns = _cuts(self.top, self.height, side), _cuts(self.left, self.width, side)
        return [(row, column) for row in rows for column in columns]

    @property
    def rows(self) -> slice:
        """Its rows, for indexing the layer."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """Its columns, for indexing the layer."""
        return slice(self.left, self.left + self.width)


def _cuts(begin: int, length: int, side: int) -> list[slice]:
    """Cut ``length`` positions from ``begin`` on at multiples of ``side``."""
    ends = [*range(side - begin % side, length, side), length]
    return [slice(before, end) for before, end in pairwise([0, *ends])]
