"""Consistency of a frame with those before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from pincel.functional.temporal import temporal_loss
from pincel.losses.base import PixelLoss, Term


@dataclass(frozen=True)
class TemporalLoss(PixelLoss):
    """J_temporal: one term for each earlier frame that this one is compared with.

    Attributes:
        targets: How many frames earlier → (that frame warped to this one, (1, 3, H, W) in the network's pixel units; confidence in the
            warp, (1, 1, H, W) in [0, 1]).
        weight: Of all of them.
    """

    targets: Mapping[int, tuple[Tensor, Tensor]]
    weight: float

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield a term for each earlier frame; differentiable in ``pixels``."""
        for distance, (target, confidence) in self.targets.items():
            yield Term("temporal", None, self.weight, 1.0, temporal_loss(pixels, target.to(pixels), confidence.to(pixels)), f"-{distance}")
