"""Holding a frame to what the frames before it show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.functional.temporal import temporal_loss
from pincel.losses.base import OfPixels, Term


@dataclass(frozen=True)
class TemporalLoss(OfPixels):
    """J_temporal: one term for each frame that this one is held to.

    Attributes:
        targets: (moved there, how far it can be trusted) by how many frames it is before: (1, 3, H, W) in the network's pixel units, and
            (1, 1, H, W) in [0, 1].
        weight: Of all of them.
    """

    targets: Mapping[int, tuple[Tensor, Tensor]]
    weight: float

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield a term for each frame; slopes flow to ``pixels``."""
        for before, (target, trust) in self.targets.items():
            yield Term("temporal", None, self.weight, 1.0, temporal_loss(pixels, target.to(pixels), trust.to(pixels)), f"-{before}")
