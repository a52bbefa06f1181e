"""What a picture is like before anything is known of it: in the range of colours, and smooth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.losses.base import OfPixels, Term


@dataclass(frozen=True)
class PriorLoss(OfPixels):
    """A regulariser of the picture itself.

    Attributes:
        group: What the term is called: ``norm`` or ``tv``.
        formula: (B, C, H, W) in grey levels from the middle → (B,), one number a picture.
        weight: λ.
        middle: Mean colour, (1, C, 1, 1), in grey levels; with one channel, that of a grey picture, whose others are the same.
        pictures: In a batch; see :class:`pincel.losses.code.CodeLoss`.
    """

    group: str
    formula: Callable[[Tensor], Tensor]
    weight: float
    middle: Tensor
    pictures: int = 1

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield the mean over the pictures."""
        centred = pixels[:, : self.middle.shape[1]] - self.middle.to(pixels)
        yield Term(self.group, None, self.weight * self.pictures, 1.0, self.formula(centred).mean())
