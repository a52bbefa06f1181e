"""Figures of a filter as a volume: it slides through the volume of its input, and several of them give as many maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from pincel.studies.heatmaps import normalize_maps, symmetric_limits
from pincel.studies.worked_example import WorkedConvolution
from pincel.translation import Translate, Translated
from pincel.translation import gettext_lazy as _

# Each channel lies behind the one before, so many sides of it to the right and upwards.
BEHIND = 0.42
FRAME = "#d55e00"
# A filter among several: side of a channel, and how far the next one lies behind it.
CARD, CARD_BEHIND = 0.5, 0.16
Picture = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FilterStack:
    """Filters of one size, and what they answer to the whole input.

    Attributes:
        names: Of the filters drawn.
        weights: Of them, (k, C, f, f).
        maps: After ReLU, (k, H, W).
        layer_weights: All filters of this size in the layer, (K, C, f, f).
        inputs: The input, (C, H, W), from 0 to 1, as it is drawn.
    """

    names: Sequence[Translated]
    weights: Tensor
    maps: Tensor
    layer_weights: Tensor
    inputs: Tensor


def channel_images(planes: Tensor) -> list[Picture]:
    """Return the channels of (C, H, W) in [0, 1] as pictures (H, W, 3): three in red, green and blue, a single one in gray."""
    values = planes.double().cpu().numpy()
    if len(values) != 3:
        return [np.repeat(plane[..., None], 3, axis=2) for plane in values]
    return [np.where(np.arange(3) == channel, 0.2 + 0.8 * plane[..., None], 0.1 * plane[..., None]) for channel, plane in enumerate(values)]


def _kernel_images(weight: Tensor) -> list[Picture]:
    low, high = symmetric_limits(weight)
    return [mpl.colormaps["RdBu_r"](((plane - low) / (high - low)).cpu().numpy())[..., :3] for plane in weight]


def _map_image(values: Tensor) -> Picture:
    image: Picture = mpl.colormaps["viridis"](values.double().cpu().numpy())[..., :3]
    return image


def _draw_cards(axes: Axes, images: Sequence[Picture], corner: tuple[float, float], size: tuple[float, float], behind: float) -> None:
    """Draw pictures one behind the other: ``corner`` is the lower left of the first, ``size`` its (width, height)."""
    for place in reversed(range(len(images))):
        left, low = (at + place * behind for at in corner)
        extent = (left, left + size[0], low, low + size[1])
        order = 10 - place / len(images)
        axes.imshow(images[place], extent=extent, interpolation="nearest", zorder=order, aspect="auto")
        axes.add_patch(Rectangle((left, low), *size, fill=False, edgecolor="#444444", linewidth=0.7, zorder=order))


def _draw_prism(axes: Axes, corner: tuple[float, float], side: float, steps: tuple[int, float]) -> None:
    """Draw the outline of a filter through cards: ``steps`` are (how many cards, how far each lies behind the one before)."""
    count, behind = steps
    ends = [(corner[0] + place * behind, corner[1] + place * behind) for place in range(count)]
    for left, low in ends:
        axes.add_patch(Rectangle((left, low), side, side, fill=False, edgecolor=FRAME, linewidth=1.8, zorder=12))
    (left, low), (last, above) = ends[0], ends[-1]
    for across, up in ((0, 0), (side, 0), (0, side), (side, side)):
        axes.plot([left + across, last + across], [low + up, above + up], color=FRAME, linewidth=1.0, zorder=11)


def _draw_input(axes: Axes, work: WorkedConvolution, left: float, at: tuple[int, int]) -> None:
    """Draw the crop as a volume with its lower left at (left, 0), the filter at (row, column)."""
    low, high = float(work.cut.min()), float(work.cut.max())
    side, behind = work.crop, BEHIND * work.crop
    _draw_cards(axes, channel_images((work.cut - low) / ((high - low) or 1.0)), (left, 0.0), (side, side), behind)
    row, column = at
    _draw_prism(axes, (left + column, float(side - row - work.side)), float(work.side), (len(work.cut), behind))


def _draw_output(axes: Axes, work: WorkedConvolution, corner: tuple[float, float], place: int) -> None:
    """Draw the answers over the crop up to a place, counted row by row; those to come stay empty."""
    count = work.answers.shape[-1]
    low, high = symmetric_limits(work.answers)
    image = mpl.colormaps["RdBu_r"](((work.answers - low) / (high - low)).cpu().numpy())
    image.reshape(-1, 4)[place + 1 :] = (1, 1, 1, 1)
    axes.imshow(
        image, extent=(corner[0], corner[0] + count, corner[1], corner[1] + count), interpolation="nearest", zorder=5, aspect="auto"
    )
    for line in range(count + 1):
        axes.plot([corner[0], corner[0] + count], [corner[1] + line] * 2, color="#bbbbbb", linewidth=0.6, zorder=6)
        axes.plot([corner[0] + line] * 2, [corner[1], corner[1] + count], color="#bbbbbb", linewidth=0.6, zorder=6)
    row, column = divmod(place, count)
    square = Rectangle((corner[0] + column, corner[1] + count - row - 1), 1, 1, fill=False, edgecolor=FRAME, linewidth=1.8, zorder=7)
    axes.add_patch(square)


def _finish(axes: Axes, ends: tuple[float, float, float, float]) -> None:
    axes.set_xlim(ends[0], ends[1])
    axes.set_ylim(ends[2], ends[3])
    axes.set_aspect("equal")
    axes.set_axis_off()


def volume_figure(work: WorkedConvolution, names: Sequence[str], translate: Translate) -> Figure:
    """Draw one step: the filter as a volume in that of the crop, its weights, the sum of each channel, and the one number they give."""
    figure = Figure(figsize=(11.0, 3.9), layout="constrained")
    axes = figure.add_subplot()
    side, depth, count = work.crop, len(work.cut), work.answers.shape[-1]
    wide = side * (1 + BEHIND * (depth - 1))
    middle = wide / 2
    _draw_input(axes, work, 0.0, work.inside)
    axes.text(0, -0.4, translate(_("input")) + f"  {side}×{side}×{depth}", va="top", fontsize=10)
    # The filter is drawn larger than it lies in the crop, so that its numbers are seen as colors.
    scale = 0.5 * side / work.side
    left, behind = wide + 0.28 * side, BEHIND * work.side * scale
    low = middle - scale * work.side * (1 + BEHIND * (depth - 1)) / 2
    _draw_cards(axes, _kernel_images(work.weight), (left, low), (scale * work.side,) * 2, behind)
    _draw_prism(axes, (left, low), scale * work.side, (depth, behind))
    axes.text(left, low - 0.4, translate(_("filter")) + f"  {work.side}×{work.side}×{depth}", va="top", fontsize=10)
    axes.text(left - 0.14 * side, middle, "∗", fontsize=18, ha="center", va="center")
    left += scale * work.side * (1 + BEHIND * (depth - 1)) + 0.15 * side
    axes.text(left, middle, "\n".join(_sum_lines(work, names)), family="monospace", fontsize=10, va="center", linespacing=1.5)
    left += 0.6 * wide
    row, column = work.inside
    axes.annotate("", (left + 0.18 * side, middle), (left, middle), arrowprops={"arrowstyle": "->", "color": "#444444"})
    left += 0.28 * side
    _draw_output(axes, work, (left, middle - count / 2), row * count + column)
    axes.text(left, middle - count / 2 - 0.4, translate(_("output")) + f"  {count}×{count}×1", va="top", fontsize=10)
    _finish(axes, (-0.5, left + count + 0.5, -0.28 * side, wide + 0.5))
    return figure


def _sum_lines(work: WorkedConvolution, names: Sequence[str]) -> list[str]:
    """Write the sum of the products of each channel, the bias, and below a line what they add up to."""
    terms = {**{f"Σ {name}": total for name, total in zip(names, work.sums.tolist(), strict=True)}, "b": work.bias}
    lines = [f"{name:<6} {value:>9.3f}" for name, value in terms.items()]
    # In an SVG, spaces in a row become one, unless they are hard.
    return [line.replace(" ", "\u00a0") for line in (*lines, "─" * max(map(len, lines)), f"{'z':<6} {work.answer:>9.3f}")]


def slide_figure(work: WorkedConvolution) -> Figure:
    """Draw the filter at its first place, its second one, the end of the first row, and the last one, with what has come out by then."""
    count = work.answers.shape[-1]
    places = sorted({0, min(1, count * count - 1), count - 1, count * count - 1})
    figure = Figure(figsize=(11.0, 3.2), layout="constrained")
    side, depth = work.crop, len(work.cut)
    wide = side * (1 + BEHIND * (depth - 1))
    for panel, place in enumerate(places, 1):
        axes = figure.add_subplot(1, len(places), panel)
        _draw_input(axes, work, 0.0, divmod(place, count))
        _draw_output(axes, work, ((wide - count) / 2, -count - 0.2 * side), place)
        axes.set_title(f"{place + 1} / {count * count}", fontsize=10)
        _finish(axes, (-0.5, wide + 0.5, -count - 0.3 * side, wide + 0.5))
    return figure


def stack_figure(stack: FilterStack, translate: Translate) -> Figure:
    """Draw an input, several filters, the map that each gives, and the maps one behind the other: the depth of the output."""
    count, depth, side = stack.weights.shape[:3]
    height, width = stack.maps.shape[-2:]
    figure = Figure(layout="constrained")
    axes = figure.add_subplot()
    # A row of one unit for each filter; pictures and maps keep their shape.
    large = 0.36 * count + 0.6
    shown, middle = (large * width / height, large), count / 2
    behind = BEHIND * 0.5 * large
    low = middle - (large + behind * (depth - 1)) / 2
    _draw_cards(axes, channel_images(stack.inputs), (0.0, low), shown, behind)
    names = [translate(name) for name in stack.names]
    # A letter of 8 points is about so wide here.
    written = 0.11 * max(map(len, names))
    filters = shown[0] + behind * (depth - 1) + 1.0 + written
    maps = filters + CARD + CARD_BEHIND * (depth - 1) + 1.0
    stacked = maps + 0.82 * width / height + 1.0
    images = [_map_image(normalize_maps(each)) for each in stack.maps]
    for place, (name, weight, image) in enumerate(zip(names, stack.weights, images, strict=True)):
        row = count - place - 0.5
        axes.plot([filters - 0.9 - written, filters - 0.2 - written], [middle, row], color="#bbbbbb", linewidth=0.7, zorder=1)
        axes.text(filters - 0.1, row, name, fontsize=8, ha="right", va="center", color="#777777")
        _draw_row(axes, (weight, image), (filters, maps), row, width / height)
    axes.annotate("", (stacked - 0.2, middle), (stacked - 0.8, middle), arrowprops={"arrowstyle": "->", "color": "#444444"})
    deep = 0.6 * large / max(count - 1, 1)
    _draw_cards(axes, images, (stacked, middle - (large + deep * (count - 1)) / 2), shown, deep)
    labels = {
        0.0: translate(_("input")) + f"\n{height}×{width}×{depth}",
        filters: translate(_("{count} filters").fill(count=count)) + f"\n{side}×{side}×{depth}",
        maps: translate(_("{count} maps").fill(count=count)) + f"\n{height}×{width}",
        stacked: translate(_("stacked")) + f"\n{height}×{width}×{count}",
    }
    base = min(0.0, low, middle - 0.8 * large) - 0.1
    for at, text in labels.items():
        axes.text(at, base, text, fontsize=10, va="top")
    right = stacked + shown[0] + deep * (count - 1)
    ends = (-0.2, right + 0.3, base - 1.1, max(float(count), middle + 0.8 * large) + 0.2)
    _finish(axes, ends)
    figure.set_size_inches(11.0, 11.0 * (ends[3] - ends[2]) / (ends[1] - ends[0]))
    return figure


def _draw_row(axes: Axes, drawn: tuple[Tensor, Picture], places: tuple[float, float], row: float, shape: float) -> None:
    """Draw a filter and its map at their places of a row; ``shape`` is the width of a map over its height."""
    (weight, image), (left, maps) = drawn, places
    _draw_cards(axes, _kernel_images(weight), (left, row - 0.41), (CARD, CARD), CARD_BEHIND)
    axes.annotate("", (maps - 0.1, row), (maps - 0.7, row), arrowprops={"arrowstyle": "->", "color": "#888888"})
    _draw_cards(axes, [image], (maps, row - 0.41), (0.82 * shape, 0.82), 0.0)
