"""The channels of a layer whose maps vary most, over the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PIL import Image
from torch import Tensor

from pincel.studies.heatmaps import overlay_heatmap
from pincel.studies.layer_stats import most_varied

# Of every layer, so many channels are laid over the picture.
SHOWN = 3


@dataclass(frozen=True)
class TopChannel:
    """A channel of a layer, shown over the picture.

    Attributes:
        layer: Its name.
        channel: Counted from 0.
        largest: Of its values.
        active: Share of positions over half of that.
        image: The picture in gray, with its map as a heat map.
    """

    layer: str
    channel: int
    largest: float
    active: float
    image: Image.Image

    def as_json(self) -> dict[str, Any]:
        """Return its numbers as plain data."""
        return {"layer": self.layer, "channel": self.channel, "max": self.largest, "active": self.active}


def top_channels(name: str, features: Tensor, pixels: Tensor, stride: int) -> list[TopChannel]:
    """Choose channels of a layer, by :func:`most_varied`, and lay them over the picture."""
    chosen = []
    for channel in most_varied(features, SHOWN):
        values = features[0, channel]
        largest = float(values.max())
        active = float((values > largest / 2).float().mean()) if largest > 0 else 0.0
        chosen.append(TopChannel(name, channel, largest, active, overlay_heatmap(pixels, values, stride)))
    return chosen
