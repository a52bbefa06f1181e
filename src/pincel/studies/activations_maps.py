"""The maps on the page of the study of activations: all of a layer, and a few over the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from pincel.studies.heatmaps import apply_colormap, labeled_grid, normalize_maps, overlay_heatmap
from pincel.studies.layer_figures import layer_curves
from pincel.studies.layer_stats import ALIKE, LayerStats, most_active, most_varied, relu_layers
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Sheet, Table
from pincel.translation import Translate, untranslated
from pincel.translation import gettext_lazy as _

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


def maps_of(name: str, features: Tensor, channels: int) -> list[Block]:
    """Show the most active maps of a layer, (1, C, H, W), so many at most."""
    order = most_active(features, channels)
    tiles = [(str(channel), apply_colormap(normalize_maps(features[0, channel]))) for channel in order]
    columns = math.ceil(math.sqrt(len(tiles)))
    caption = _(
        "{name}: {count} of {all} maps of {height}×{width}, the most active (by mean) first; above each the number of its channel."
    ).fill(name=name, count=len(tiles), all=features.shape[1], height=features.shape[2], width=features.shape[3])
    return [Picture(f"maps-{name}", labeled_grid(tiles, columns, max(24, 1080 // columns - 4)), caption)]


def maps_section(maps: Sequence[Block]) -> list[Block]:
    """Return a text that says how the maps are to be read, before those of all layers chosen."""
    if not maps:
        return []
    return [
        Heading(_("The maps")),
        Formula(_("v = (F − min F) / (max F − min F), for each map F by itself"), _("matplotlib viridis: 0 dark blue, 1 yellow")),
        Paragraph(
            _(
                "Colors tell where in the picture a channel answers, not how strongly compared with others: each map is stretched by "
                "itself. A map of one dark color is constant, and nearly always 0. Compare the layers: how much of the picture can still "
                "be recognized in them?"
            )
        ),
        *maps,
    ]


def top_channels_section(top: Sequence[TopChannel], layers: Sequence[LayerStats]) -> list[Block]:
    """Show channels over the picture, and how much of the layers colors and gradients explain."""
    if not top:
        return []
    columns = {"layer": _("layer"), "channel": _("channel"), "max": _("largest"), "active": _("over half of it")}
    cells = [(untranslated(f"{each.layer} · {each.channel}"), each.image) for each in top]
    blocks: list[Block] = [
        Heading(_("What are they about?")),
        Paragraph(
            _(
                "Three channels of each layer chosen, laid over the picture: those whose maps vary most away from the border, leaving out "
                "any that resembles one already taken (correlation over {alike}). The warmer, the stronger the answer. A glowing border "
                "is no mistake: beyond it the network sees zeros, and that is an edge too."
            ).fill(alike=ALIKE)
        ),
        Sheet("heat", cells, SHOWN, _("Layer · channel."), height=224),
        Table(
            "heat",
            columns,
            [each.as_json() for each in top],
            _("The largest value of each map above, and the share of positions over half of it."),
        ),
    ]
    return blocks + _explained(relu_layers(layers))


def _explained(layers: Sequence[LayerStats]) -> list[Block]:
    known = [(each, each.explained) for each in layers if each.explained is not None]
    if not known:
        return []
    (first, before), (last, after) = known[0], known[-1]
    filled = {"first": first.layer.name, "last": last.layer.name, "before": before, "after": after}
    blocks: list[Block] = [
        Paragraph(
            _(
                "Put as a number: how much of a map can be told from what is plain to see, the mean red, green and blue at each position "
                "and the mean slope of the brightness across and down? The rest needs to know how these go together: textures, parts, "
                "things."
            )
        ),
        Formula(_("R̄² = 1 − (1 − R²)·(n − 1)/(n − 1 − p),  mean of all channels that vary"), _("Theil 1961 (adjusted R²)")),
    ]
    if len(known) == 1:
        only = _("In {first} it is {before:.0%}.")
        return [*blocks, Paragraph(only.fill(**filled))]
    falls = _("It falls from {before:.0%} in {first} to {after:.0%} in {last}: the deeper, the less it is about mere colors and edges.")
    holds = _(
        "It does not fall to less than half: {before:.0%} in {first}, {after:.0%} in {last}. In this picture colors and edges "
        "also tell where deep channels answer."
    )
    caption = _("Share of the maps that colors and slopes explain.")
    plot = Plot("explained", lambda translate: _explained_plot([each for each, _ in known], translate), caption)
    return [*blocks, Paragraph((falls if after < before / 2 else holds).fill(**filled)), plot]


def _explained_plot(layers: Sequence[LayerStats], translate: Translate) -> Figure:
    values = [math.nan if each.explained is None else each.explained for each in layers]
    return layer_curves({"R̄²": values}, layers, translate(_("share explained")))
