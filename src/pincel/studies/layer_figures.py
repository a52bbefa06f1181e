"""Plots of layers: as boxes to scale, and as curves from one layer to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from math import inf

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon
from matplotlib.transforms import Affine2D
from PIL import Image

from pincel.studies.layer_stats import LayerStats
from pincel.studies.plots import COLORS, curves, empty_axes

# All boxes together are as long as so many sides of the largest.
LENGTH = 4.0
# n_W goes into the page: so much of it to the right and upwards.
INTO = (0.36, 0.24)
# Between boxes of one group, and between groups, in sides of the largest.
CLOSE, APART = 0.03, 0.1
# Sides of the largest that a label takes.
LABEL = 0.5
KIND_COLORS = {"input": COLORS[7], "conv": COLORS[0], "pool": COLORS[1], "fc": COLORS[2]}


@dataclass(frozen=True)
class Volume:
    """A layer as a box.

    Attributes:
        name: Of the layer.
        size: (n_H, n_W, n_C).
        kind: One of :data:`KIND_COLORS`.
        towers: Parts that its channels are divided into, each a box of its own.
        crossed: Whether each of them sees all parts of the layer before.
    """

    name: str
    size: tuple[int, int, int]
    kind: str
    towers: int = 1
    crossed: bool = True


def volumes_figure(volumes: Sequence[Volume], kinds: Mapping[str, str], picture: Image.Image | None = None) -> Figure:
    """Draw layers as boxes to scale: n_H upwards and n_W into the page in one unit, n_C to the right in another.

    Layers of one size in a row stand close together and have one label.

    Args:
        volumes: Shallow to deep.
        kinds: Kind → word of the legend.
        picture: Drawn on the first box.
    """
    drawing = _Drawing(volumes)
    figure, axes = empty_axes((11.0, 1.1 + 1.7 * drawing.high / drawing.most))
    before = None
    for group, left, middle in drawing.places(volumes):
        right = left + drawing.width(group)
        drawing.add_boxes(axes, group, left)
        if before:
            drawing.add_lines(axes, before, (group[0], left))
        elif picture is not None:
            drawing.add_picture(axes, picture, group[0], right)
        if middle is not None:
            drawing.add_label(axes, group, middle)
        before = (group[-1], right)
    axes.set_xlim(-0.1 * drawing.most, right + drawing.into(group) + APART * drawing.most)
    axes.set_ylim(-0.5 * drawing.high - 0.3 * drawing.most, 0.5 * drawing.high + 0.3 * drawing.most)
    axes.set_aspect("equal")
    axes.set_axis_off()
    shown = [kind for kind in kinds if any(each.kind == kind for each in volumes)]
    if shown:
        handles = [Patch(color=KIND_COLORS[kind], label=kinds[kind]) for kind in shown]
        axes.legend(handles=handles, loc="upper right", ncols=len(handles), frameon=False)
    return figure


def _group_key(volume: Volume) -> tuple[object, ...]:
    """Return what layers of one group have in common; a dense layer is a group of its own."""
    return volume.size, volume.kind, volume.towers, volume.crossed, volume.name if volume.kind == "fc" else ""


class _Drawing:
    """The scale of a drawing of volumes, and its parts.

    Attributes:
        most: The largest n_H or n_W.
        unit: Length of a channel.
        apart: Between the middles of neighboring towers.
        high: Of everything, without labels.
    """

    def __init__(self, volumes: Sequence[Volume]) -> None:
        self.most = max(max(each.size[:2]) for each in volumes)
        self.unit = LENGTH * self.most / sum(each.size[2] / each.towers for each in volumes)
        tallest = max((each.size[0] + INTO[1] * each.size[1] for each in volumes if each.towers > 1), default=0.0)
        self.apart = 1.4 * tallest
        towers = max(each.towers for each in volumes)
        self.high = max(*(each.size[0] + INTO[1] * each.size[1] for each in volumes), self.apart * (towers - 1) + tallest)

    def places(self, volumes: Sequence[Volume]) -> Iterator[tuple[list[Volume], float, float | None]]:
        """Yield groups, where each begins, and the middle of its label; None for one without."""
        groups = [list(group) for _, group in groupby(volumes, _group_key)]
        left, middle, reach = 0.0, -inf, 0.0
        for group, following in zip(groups, [*groups[1:], None], strict=True):
            # A label stands below the middle of the whole box, whose side goes to the right.
            half = (self.width(group) + self.into(group)) / 2
            labeled = group[0].kind != "pool" or following is None or following[0].kind == "fc"
            if labeled:
                left = max(left, middle + LABEL * self.most - half)
                middle = left + half
            yield group, left, middle if labeled else None
            reach = max(reach, left + 2 * half)
            attached = following is not None and following[0].kind == "pool"
            left = left + self.width(group) + CLOSE * self.most if attached else reach + APART * self.most

    def into(self, group: Sequence[Volume]) -> float:
        """Return how far the side of a group goes to the right."""
        return INTO[0] * group[-1].size[1]

    def middles(self, towers: int) -> list[float]:
        """Return the heights of the middles of boxes side by side."""
        return [self.apart * ((towers - 1) / 2 - place) for place in range(towers)]

    def width(self, group: Sequence[Volume]) -> float:
        """Return how long a group of volumes is."""
        return sum(self.unit * each.size[2] / each.towers for each in group) + (len(group) - 1) * CLOSE * self.most

    def add_boxes(self, axes: Axes, group: Sequence[Volume], left: float) -> None:
        """Draw the boxes of a group close together, the first one at ``left``."""
        for volume in group:
            height, width, channels = volume.size
            box = (float(height), (INTO[0] * width, INTO[1] * width), self.unit * channels / volume.towers)
            for middle in self.middles(volume.towers):
                for corners, shade in zip(_faces((left, middle), box), (0.55, 0.4, 0.8), strict=True):
                    color = mpl.colors.to_rgb(KIND_COLORS[volume.kind])
                    lighter = tuple(1 - shade * (1 - part) for part in color)
                    # A layer of one position is a thread: its outline keeps it visible.
                    outline = color if max(volume.size[:2]) < 0.03 * self.most else "#333333"
                    axes.add_patch(Polygon(corners, closed=True, facecolor=lighter, edgecolor=outline, linewidth=1.0, zorder=2 + left))
            left += box[2] + CLOSE * self.most

    def add_lines(self, axes: Axes, before: tuple[Volume, float], after: tuple[Volume, float]) -> None:
        """Draw which boxes see which: ``before`` is (the last volume, its right end), ``after`` (the next one, its left end)."""
        (first, start), (second, end) = before, after
        pairs = product(self.middles(first.towers), self.middles(second.towers))
        for low, high in pairs:
            if second.crossed or first.towers != second.towers or low == high:
                axes.plot([start, end], [low, high], color="#999999", linewidth=0.8, zorder=1)

    def add_label(self, axes: Axes, group: Sequence[Volume], middle: float) -> None:
        """Write below a group, around ``middle``, its names and its size; where there are towers, that of each."""
        volume = group[0]
        height, width, channels = volume.size
        below = -0.5 * (self.high if volume.towers > 1 else height + INTO[1] * width)
        text = f"{_together([each.name for each in group])}\n{height}×{width}×{channels // volume.towers}"
        axes.text(middle, below - 0.05 * self.most, text, ha="center", va="top", fontsize=8.5, zorder=1e5)

    def add_picture(self, axes: Axes, picture: Image.Image, volume: Volume, right: float) -> None:
        """Lay a picture over the side of a box that ends at ``right``."""
        corners = _faces((right, 0.0), (float(volume.size[0]), (INTO[0] * volume.size[1], INTO[1] * volume.size[1]), 0.0))[2]
        (x, y), (across, up) = corners[0], corners[1]
        lean = Affine2D.from_values(across - x, up - y, 0.0, float(volume.size[0]), x, y)
        image = axes.imshow(np.asarray(picture), extent=(0, 1, 0, 1), interpolation="bilinear", zorder=3 + right)
        image.set_transform(lean + axes.transData)


def _faces(place: tuple[float, float], box: tuple[float, tuple[float, float], float]) -> list[list[tuple[float, float]]]:
    """Return the corners of front, top and right side of a box whose left edge and middle are at ``place``."""
    up, (across, into), along = box
    left, right = place[0], place[0] + along
    low = place[1] - (up + into) / 2
    high = low + up
    front = [(left, low), (right, low), (right, high), (left, high)]
    top = [(left, high), (right, high), (right + across, high + into), (left + across, high + into)]
    side = [(right, low), (right + across, low + into), (right + across, high + into), (right, high)]
    return [front, top, side]


def _together(names: Sequence[str]) -> str:
    """Write names as one: ``conv3_1–4`` for conv3_1 to conv3_4."""
    first, last = names[0], names[-1]
    if first == last:
        return first
    alike = next(place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return f"{first}–{last[alike:]}" if alike else f"{first} – {last}"


def cost_bars(networks: Mapping[str, Sequence[tuple[str, Sequence[float]]]], labels: Sequence[str], unit: str) -> Figure:
    """Draw a panel for each network, with bars side by side for each layer.

    Args:
        networks: Title → (name of the layer, a value for each label).
        labels: What the bars of a layer are.
        unit: Of the values.
    """
    figure = Figure(figsize=(11.0, 3.6), layout="constrained")
    panels = figure.subplots(1, len(networks), sharey=True, squeeze=False, width_ratios=[len(each) for each in networks.values()])[0]
    wide = 0.8 / len(labels)
    for axes, (title, layers) in zip(panels, networks.items(), strict=True):
        for place, label in enumerate(labels):
            left = (place - (len(labels) - 1) / 2) * wide
            axes.bar(
                [at + left for at in range(len(layers))], [values[place] for _, values in layers], wide, label=label, color=COLORS[place]
            )
        axes.set_xticks(range(len(layers)), labels=[name for name, _ in layers], rotation=90)
        axes.set_title(title)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel(unit)
    panels[0].legend(frameon=False)
    return figure


def layer_curves(lines: Mapping[str, Sequence[float]], answers: Sequence[LayerStats], label: str, *, logarithmic: bool = False) -> Figure:
    """Draw a line for each series over the layers, with a logarithmic vertical axis or a linear one."""
    figure = curves(lines, [each.layer.name for each in answers], ("", label), logarithmic=logarithmic, size=(10.0, 4.0))
    figure.axes[0].tick_params(axis="x", rotation=90 if len(answers) > 6 else 0)
    return figure
