"""Activation maximization: the inner product of an image's code with a direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.functional.sums import accum_dtype
from pincel.losses.base import Term
from pincel.types import Window


@dataclass(frozen=True)
class InnerLoss:
    r"""Minus the inner product of a code and a direction, :math:`-\langle \Phi(x), w \rangle`: to minimize it is to excite w.

    With w at one position of one channel, that unit is maximized; with w the code of a photograph, its features are exaggerated. It has no
    lower bound, so it needs regularizers beside it.

    Images of a batch are independent: the term is the mean of theirs, and its weight grows with their number, so that each changes as it
    would alone; see :class:`pincel.losses.code.CodeLoss`.

    Attributes:
        layer: Where the code is read.
        direction: w, (1, …) for all images or (B, …), one for each, of the shape of the codes.
        weight: C.
        images: In a batch, B.

    Paper:
        Mahendran, Vedaldi 2016 (IJCV), the losses of activation maximization and caricaturization; ``nninner`` in ``core/nnpreimage.m`` of
        aravindhm/nnpreimage.
    """

    layer: str
    direction: Tensor
    weight: float = 1.0
    images: int = 1

    @property
    def layers(self) -> frozenset[str]:
        """The one layer."""
        return frozenset([self.layer])

    @property
    def positions(self) -> int:
        """Number of positions of the layer; 1 where it has none."""
        return self.direction[0, 0].numel() if self.direction.dim() == 4 else 1

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the inner product in a window, (B,), one number an image."""
        direction = self.direction[..., window.rows, window.columns] if self.direction.dim() == 4 else self.direction
        return (features * direction).flatten(1).sum(1, dtype=accum_dtype(features))

    def activation(self, statistics: Mapping[str, Tensor]) -> Tensor:
        """Return ⟨Φ(x), w⟩ of each image, (B,): statistics are means over positions, and this is a sum."""
        return statistics[self.layer] * self.positions

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield minus the mean activation."""
        yield Term("inner", self.layer, self.weight * self.images, 1.0, -self.activation(statistics).mean())
