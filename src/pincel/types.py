"""What an image is in pincel, said once.

An **image** is a float32 tensor of shape (B, C, H, W), RGB, sRGB-encoded, in [0, 1].
A **canvas** is what the optimiser moves; its **pixels** are the same picture in the units the network is fed (white = 255 unless a
recipe says otherwise), unbounded while it is being painted.
**Features** are what a backbone answers: layer name → (B, N, H_l, W_l).

Words for annotations only: importing them loads no torch, so that events can be told where none is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Image: TypeAlias = "Tensor"
Features: TypeAlias = "Mapping[str, Tensor]"
LayerWeights: TypeAlias = Mapping[str, float]


@dataclass(frozen=True)
class Window:
    """A part of a layer, or all of it.

    Attributes:
        top: First row.
        left: First column.
        height: Rows.
        width: Columns.
        whole: (H_l, W_l) of the layer.
    """

    top: int
    left: int
    height: int
    width: int
    whole: tuple[int, int]

    @property
    def share(self) -> float:
        """Of the layer's positions."""
        return self.height * self.width / (self.whole[0] * self.whole[1])

    @property
    def rows(self) -> slice:
        """For indexing."""
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        """For indexing."""
        return slice(self.left, self.left + self.width)
