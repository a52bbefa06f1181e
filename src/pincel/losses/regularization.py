"""Regularizers of the image itself: it stays in the range of colors, and smooth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.losses.base import PixelLoss, Term


@dataclass(frozen=True)
class RegularizationLoss(PixelLoss):
    """A regularizer of the image itself.

    Attributes:
        group: Name of the term: ``norm`` or ``tv``.
        formula: (B, C, H, W) in gray levels from the mean color → (B,), one number an image.
        weight: λ.
        mean: Mean color, (1, C, 1, 1), in gray levels; with one channel, that of a gray image, whose others are the same.
        images: In a batch; see :class:`pincel.losses.code.CodeLoss`.
    """

    group: str
    formula: Callable[[Tensor], Tensor]
    weight: float
    mean: Tensor
    images: int = 1

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield the mean over the images of the batch."""
        centered = pixels[:, : self.mean.shape[1]] - self.mean.to(pixels)
        yield Term(self.group, None, self.weight * self.images, 1.0, self.formula(centered).mean())
