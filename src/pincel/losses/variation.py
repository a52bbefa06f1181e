"""Total variation: smoothness of the image itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.losses.base import PixelLoss, Term


@dataclass(frozen=True)
class VariationLoss(PixelLoss):
    """J_tv.

    Attributes:
        formula: One of :mod:`pincel.functional.variation`.
        weight: γ.
    """

    formula: Callable[[Tensor], Tensor]
    weight: float

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield the one term."""
        yield Term("tv", None, self.weight, 1.0, self.formula(pixels))
