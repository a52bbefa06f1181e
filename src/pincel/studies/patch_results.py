"""What a search for patches has found, as the page is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image
from torch import Tensor

from pincel.studies.receptive_field import PixelBox
from pincel.studies.top_activations import TopActivations


@dataclass(frozen=True)
class Patch:
    """One patch.

    Attributes:
        layer: Where the channel is.
        channel: Which it excites.
        rank: 1 for the strongest.
        number: Of the photograph.
        file: Of the photograph.
        value: The answer.
        position: (row, column) in the layer.
        box: What that position sees, beyond the border too.
        tile: The patch as a picture.
        vector: The patch as it is compared with others.
        explanation: Which pixels made the channel answer, as a picture.
    """

    layer: str
    channel: int
    rank: int
    number: int
    file: str
    value: float
    position: tuple[int, int]
    box: PixelBox
    tile: Image.Image
    vector: Tensor
    explanation: Image.Image | None


@dataclass(frozen=True)
class MarkedPhotograph:
    """One photograph with what units see drawn on it.

    Attributes:
        file: Of the photograph.
        image: With the boxes.
        units: (layer, channel) of each box.
    """

    file: str
    image: Image.Image
    units: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class PatchResults:
    """What the photographs were found to hold.

    Attributes:
        shown: Layer → channels, shallow to deep.
        strongest: Layer → the strongest answers of all its channels.
        patches: In order of layer, channel and rank.
        files: Photographs looked at.
        skipped: (file, reason) of those that could not be.
        twins: Copies of another.
        given: Files in all.
    """

    shown: Mapping[str, tuple[int, ...]]
    strongest: Mapping[str, TopActivations]
    patches: Sequence[Patch]
    files: Sequence[str]
    skipped: Sequence[tuple[str, str]]
    duplicates: Sequence[str]
    given: int

    def of(self, layer: str, channel: int) -> list[Patch]:
        """Return the patches of a channel, strongest first."""
        return [patch for patch in self.patches if (patch.layer, patch.channel) == (layer, channel)]
