"""Plots of layers: as boxes, and as curves from one layer to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from pincel.studies.layer_stats import LayerStats
from pincel.studies.plots import COLORS, curves, empty_axes


def layer_diagram(boxes: Sequence[tuple[str, tuple[int, int, int]]]) -> Figure:
    """Draw layers as lectures do: boxes as high as n_H, as wide into the page as n_W, as long as n_C, all as square roots.

    Args:
        boxes: (name, (n_H, n_W, n_C)).
    """
    figure, axes = empty_axes((10.0, 2.7))
    left = 0.0
    most = max(max(size[:2]) for _, size in boxes) ** 0.5
    for number, (name, (height, width, channels)) in enumerate(boxes):
        up, into, along = height**0.5, 0.45 * width**0.5, 0.8 * channels**0.5
        for corners, shade in zip(_faces(left, (up, into, along)), (0.75, 0.55, 0.95), strict=True):
            color = COLORS[number % len(COLORS)]
            axes.add_patch(Polygon(corners, closed=True, facecolor=(*mpl.colors.to_rgb(color), shade * 0.7), edgecolor="#333333"))
        middle = left + (along + into) / 2
        axes.text(middle, -0.12 * most, f"{name}\n{height}×{width}×{channels}", ha="center", va="top", fontsize=9)
        left += max(along + into, 0.62 * most) + 0.2 * most
    axes.set_xlim(-0.1 * most, left)
    axes.set_ylim(-0.45 * most, 1.5 * most)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def _faces(left: float, box: tuple[float, float, float]) -> list[list[tuple[float, float]]]:
    """Return the corners of front, top and right side of a box standing at ``left``."""
    up, into, along = box
    right = left + along
    front = [(left, 0.0), (right, 0.0), (right, up), (left, up)]
    top = [(left, up), (right, up), (right + into, up + into), (left + into, up + into)]
    side = [(right, 0.0), (right + into, into), (right + into, up + into), (right, up)]
    return [front, top, side]


def layer_curves(lines: Mapping[str, Sequence[float]], answers: Sequence[LayerStats], label: str, *, logarithmic: bool = False) -> Figure:
    """Draw a line for each series over the layers, with a logarithmic vertical axis or a linear one."""
    figure = curves(lines, [each.layer.name for each in answers], ("", label), logarithmic=logarithmic, size=(10.0, 4.0))
    figure.axes[0].tick_params(axis="x", rotation=90 if len(answers) > 6 else 0)
    return figure
