"""From a volume to the Gram matrix: the maps of a layer unrolled into the rows of A, and A·Aᵀ, with the numbers of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.nn import functional

from pincel.studies.gram_cells import write_number
from pincel.studies.gram_plots import CHANNEL, LayerCorrelations, strongest_channels, varying_channels
from pincel.studies.heatmaps import normalize_maps
from pincel.studies.number_grid import Grid, grids
from pincel.studies.page import group_digits
from pincel.studies.report import Block, Heading, Paragraph, Plot
from pincel.translation import Translate
from pincel.translation import gettext_lazy as _

# Channels drawn of the volume; of them, those whose numbers are worked out, at so many rows and columns of positions.
DRAWN, WORKED, WINDOW = 4, 3, (2, 3)
# Digits of the numbers worked out, so that the products can be checked by hand.
DIGITS = 2
# In units of the drawing: a row of A, its length, and how far a map lies behind the one before it.
ROW, LENGTH, BEHIND = 0.9, 8.5, 0.55
# Up to so many rows of positions, their ends are marked in A.
MARKED = 30

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_TITLE = _("Unrolled: from a volume to A·Aᵀ")
_TEXT = _(
    "{layer} answers to this picture with a volume of {high} × {wide} positions and {count} channels. Each map is read row by row, and its "
    "rows are laid end to end: it becomes one row of A, with {positions} numbers. A has {count} rows. A·Aᵀ multiplies each row with each, "
    "and is {count} × {count}, whatever the size of the picture."
)
_VOLUME = _(
    "Left the volume, the {drawn} most active channels of {layer} in front; in the middle their rows of A, the front map on top; right "
    "A·Aᵀ of these channels in numbers, summed over all positions. Dark is the least answer of a channel, yellow its largest."
)
_WORKED = _(
    "The same by hand, for channels {channels} at {count} positions (rows {top} to {bottom}, columns {left} to {right}, counted from 0), "
    "where they answer together most, in units of {unit:g}, rounded. Above the volume, below A, Aᵀ and A·Aᵀ."
)
_DRAWN = _("drawn: {count} × {count}, in units of {unit}")


@dataclass(frozen=True)
class WorkedProduct:
    """A·Aᵀ at a few positions.

    Attributes:
        channels: Their numbers.
        corner: Row and column of the first position.
        volume: Of these channels and positions, in whole units, (k, h, w).
        unit: A power of ten.
    """

    channels: list[int]
    corner: tuple[int, int]
    volume: Tensor
    unit: float

    @property
    def rows(self) -> Tensor:
        """A, (k, h·w)."""
        return self.volume.flatten(1)

    @property
    def product(self) -> Tensor:
        """A·Aᵀ, (k, k)."""
        return self.rows @ self.rows.T


def worked_product(correlations: LayerCorrelations, channels: list[int]) -> WorkedProduct:
    """Return channels in the window of positions where they answer together most, each in units of its largest value."""
    maps = correlations.maps[channels].double()
    height, width = (min(side, most) for side, most in zip(maps.shape[-2:], WINDOW, strict=True))
    shares = normalize_maps(maps)
    # All products of two: the square of their sum has each of them twice, and the squares.
    products = shares.sum(0).square() - shares.square().sum(0)
    answers = functional.avg_pool2d(products[None, None], (height, width), stride=1)[0, 0]
    top, left = divmod(int(answers.argmax()), answers.shape[1])
    volume = maps[:, top : top + height, left : left + width]
    most = float(volume.abs().max()) or 1.0
    unit = 10.0 ** (math.floor(math.log10(most)) - DIGITS + 1)
    return WorkedProduct(channels, (top, left), (volume / unit).round(), unit)


def unrolled(layer: str, correlations: LayerCorrelations) -> tuple[list[Block], dict[str, Any]]:
    """Show how the volume of a layer becomes A, and A·Aᵀ; nothing if fewer than two channels answer."""
    strongest = strongest_channels(correlations.gram.diagonal(), varying_channels(correlations), DRAWN)
    if len(strongest) < 2:
        return [], {}
    count, high, wide = correlations.maps.shape
    work = worked_product(correlations, strongest[:WORKED])
    (top, left), (rows, columns) = work.corner, work.volume.shape[1:]
    place = {"top": top, "bottom": top + rows - 1, "left": left, "right": left + columns - 1}
    worked = _WORKED.fill(channels=", ".join(map(str, work.channels)), count=rows * columns, unit=work.unit, **place)
    blocks: list[Block] = [
        Heading(_TITLE),
        Paragraph(_TEXT.fill(layer=layer, high=high, wide=wide, count=count, positions=group_digits(high * wide))),
        Plot("unrolled", partial(volume_figure, correlations, strongest), _VOLUME.fill(drawn=len(strongest), layer=layer)),
        Plot("unrolled-numbers", partial(product_figure, work), worked),
    ]
    numbers = {
        "layer": layer,
        "channels": work.channels,
        "corner": [top, left],
        "unit": work.unit,
        "A": work.rows.tolist(),
        "AAT": work.product.tolist(),
    }
    return blocks, numbers


def volume_figure(correlations: LayerCorrelations, channels: list[int], translate: Translate) -> Figure:
    """Draw maps as a volume, as rows of A, and their A·Aᵀ."""
    figure = Figure(figsize=(11.0, 2.9), layout="constrained")
    axes = figure.add_subplot()
    shades = mpl.colormaps["viridis"](normalize_maps(correlations.maps[channels].double()).numpy())
    count, high, wide = correlations.maps.shape
    tall = ROW * len(channels)
    size = (tall * 0.7 * min(1.6, wide / high), tall * 0.7)
    _draw_volume(axes, shades, size)
    axes.text(0, -0.3, f"n_H × n_W × n_C\n= {high} × {wide} × {count}", fontsize=10, va="top")
    left = size[0] + BEHIND * (len(channels) - 1) + 1.6
    _arrow(axes, left - 1.3, left - 0.7, tall / 2)
    _draw_rows(axes, shades, channels, left)
    axes.text(left, -0.3, f"A:  n_C × n_H·n_W = {count} × {group_digits(high * wide)}", fontsize=10, va="top")
    left += LENGTH + 0.9
    _arrow(axes, left - 0.7, left - 0.1, tall / 2)
    totals = correlations.gram[channels][:, channels] * (high * wide)
    power = max(0, math.floor(math.log10(max(1.0, float(totals.abs().max()))) / 3) - 1) * 3
    _draw_totals(axes, totals / 10**power, channels, left + 0.6)
    drawn = _DRAWN.fill(count=len(channels), unit=f"10{str(power).translate(SUPERSCRIPT)}" if power else "1")
    axes.text(left + 0.6, -0.3, f"A·Aᵀ:  {count} × {count}\n{translate(drawn)}", fontsize=10, va="top")
    axes.set_xlim(-0.2, left + 0.8 + 1.5 * len(channels))
    axes.set_ylim(-1.7, tall + 0.6)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return figure


def _draw_volume(axes: Axes, shades: Any, size: tuple[float, float]) -> None:
    """Draw maps one behind the other, the first in front at (0, 0)."""
    for place in reversed(range(len(shades))):
        at = place * BEHIND
        order = 10 - place
        axes.imshow(shades[place], extent=(at, at + size[0], at, at + size[1]), interpolation="nearest", zorder=order, aspect="auto")
        axes.add_patch(Rectangle((at, at), *size, fill=False, edgecolor="white", linewidth=1.2, zorder=order))


def _draw_rows(axes: Axes, shades: Any, channels: list[int], left: float) -> None:
    """Draw each map as a row, from the top, with the ends of its rows of positions marked if they are few."""
    tall, high = ROW * len(channels), shades.shape[1]
    for place, channel in enumerate(channels):
        low = tall - ROW * (place + 1)
        row = shades[place].reshape(1, -1, 4)
        axes.imshow(row, extent=(left, left + LENGTH, low + 0.12, low + ROW), interpolation="nearest", aspect="auto")
        axes.text(left - 0.08, low + ROW / 2, str(channel), fontsize=8, ha="right", va="center", color="#666666")
    for end in range(1, high if high <= MARKED else 0):
        axes.plot([left + LENGTH * end / high] * 2, [0, tall], color="white", linewidth=0.8)


def _draw_totals(axes: Axes, totals: Tensor, channels: list[int], left: float) -> None:
    """Draw a matrix of numbers, a cell as high as a row of A."""
    wide, most = 1.5, float(totals.abs().max()) or 1.0
    # A letter is some 0.62 as wide as it is high, and a cell 49 points wide.
    size = min(9.0, 47 / (0.62 * max(len(write_number(value)) for value in totals.flatten().tolist())))
    for row, line in enumerate(totals.tolist()):
        low = ROW * (len(channels) - row - 1)
        axes.text(left - 0.08, low + ROW / 2, str(channels[row]), fontsize=8, ha="right", va="center", color="#666666")
        axes.text(left + wide * (row + 0.5), ROW * len(channels) + 0.1, str(channels[row]), fontsize=8, ha="center", color="#666666")
        for column, value in enumerate(line):
            share = math.sqrt(abs(value) / most)
            corner = (left + wide * column, low)
            axes.add_patch(Rectangle(corner, wide, ROW, facecolor=mpl.colormaps["viridis"](share), edgecolor="white"))
            middle = (corner[0] + wide / 2, low + ROW / 2)
            axes.text(*middle, write_number(value), fontsize=size, ha="center", va="center", color="black" if share > 0.6 else "white")


def _arrow(axes: Axes, start: float, end: float, height: float) -> None:
    axes.annotate("", (end, height), (start, height), arrowprops={"arrowstyle": "->", "color": "#444444"})


def product_figure(work: WorkedProduct, translate: Translate) -> Figure:
    """Draw the numbers of the volume, below them A, Aᵀ and A·Aᵀ, and the largest entry off the diagonal worked out."""
    limits = (min(0.0, float(work.volume.min())), float(work.volume.max()))
    names = [translate(CHANNEL.fill(channel=channel)) for channel in work.channels]
    volume = [Grid(name, plane, "viridis", limits, 0) for name, plane in zip(names, work.volume, strict=True)]
    rows = Grid("A", work.rows, "viridis", limits, 0, after="·")
    columns = Grid("Aᵀ", work.rows.T, "viridis", limits, 0, after="=")
    product = Grid("A·Aᵀ", work.product, "viridis", (0.0, float(work.product.max())), 0)
    return grids([volume, [rows, columns, product]], _entry(work))


def _entry(work: WorkedProduct) -> str:
    """Write the largest entry off the diagonal as a sum of products."""
    pairs = work.product.triu(1)
    i, j = divmod(int(pairs.argmax()), len(pairs))
    terms = " + ".join(f"{a:.0f}·{b:.0f}" for a, b in zip(*work.rows[[i, j]].tolist(), strict=True))
    return f"(A·Aᵀ)[{work.channels[i]}, {work.channels[j]}] = {terms} = {float(work.product[i, j]):.0f}"
