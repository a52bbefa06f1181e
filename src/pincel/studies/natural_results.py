"""What the study of natural pictures made and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from PIL import Image

from pincel.images.io import LoadedImage


@dataclass(frozen=True)
class NaturalImage:
    """An optimized picture, and the values it reached.

    Attributes:
        layer: Of the target.
        image: As saved.
        free: Whether it was optimized without regularizers, bound and jitter.
        before: ⟨Φ, w⟩ of the initial picture.
        after: Of the picture as saved.
        unclipped: Before it was clipped to what can be saved.
        history: ⟨Φ, w⟩ step by step, the mean of its batch.
        naturalness: Its gradient histogram against that of photographs, 0 to 1.
        fineness: Share of its variance in fine detail.
        channel: That is maximized; None for a caricature.
        unit: The layer that channel is read in.
        answer: Activation of the unit in the middle for the picture as saved.
        largest: Activation of the channel anywhere in the photographs.
    """

    layer: str
    image: Image.Image
    free: bool
    before: float
    after: float
    unclipped: float
    history: Sequence[float]
    naturalness: float
    fineness: float
    channel: int | None = None
    unit: str = ""
    answer: float = nan
    largest: float = nan

    @property
    def times(self) -> float | None:
        """Its activation over the largest in photographs; None where that is 0."""
        return self.answer / self.largest if self.largest > 0 else None

    def as_json(self) -> dict[str, Any]:
        """Return its numbers as plain data."""
        names = ["layer", "free", "before", "after", "unclipped", "naturalness", "fineness", "history"]
        own = {} if self.channel is None else {"channel": self.channel, "answer": self.answer, "largest": self.largest, "times": self.times}
        return {**{name: getattr(self, name) for name in names}, "history": list(self.history), **own}


@dataclass(frozen=True)
class NaturalResults:
    """All pictures of the study and their measurements.

    Attributes:
        picture: The photograph, in the size of the study.
        layers: Of the targets.
        caricatures: Of the photograph, regularized ones first.
        maximized: Pictures for single channels, likewise.
        photographs: How many were measured, this one included.
        common: Naturalness of photographs among themselves.
        fine: Share of fine detail in each of them.
        silent: layer → maximized channels that are 0 for all photographs.
    """

    picture: LoadedImage
    layers: Sequence[str]
    caricatures: Sequence[NaturalImage]
    maximized: Sequence[NaturalImage]
    photographs: int
    common: float
    fine: Sequence[float]
    silent: Mapping[str, Sequence[int]]
