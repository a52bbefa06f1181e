"""Numbers in colored squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from pincel.functional.color import LUMA


@dataclass(frozen=True)
class Grid:
    """Numbers in colored squares.

    Attributes:
        title: Above.
        values: (rows, columns).
        colors: A color map of matplotlib.
        limits: Values of its two ends.
        decimals: Written of each number.
        frame: (row, column, side) of a square that stands out.
        after: Written to the right: an operator, a sum.
    """

    title: str
    values: Tensor
    colors: str
    limits: tuple[float, float]
    decimals: int
    frame: tuple[int, int, int] | None = None
    after: str = ""


def grids(rows: Sequence[Sequence[Grid]], below: str = "") -> Figure:
    """Draw rows of grids of numbers in colored squares, and a line of text under them."""
    # Squares shrink until the row fits on a page, letters of operators and sums do not.
    square = min([0.52, *((11.0 - sum(map(_beside, row))) / sum(grid.values.shape[1] + 1.0 for grid in row) for row in rows)])
    widths = [[grid.values.shape[1] + 1.0 + _beside(grid) / square for grid in row] for row in rows]
    across = [sum(row) for row in widths]
    down = [max(grid.values.shape[0] for grid in row) + 1.4 for row in rows]
    high = sum(down) + (1.0 if below else 0.0)
    figure = Figure(figsize=(square * max(across), square * high))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, max(across))
    axes.set_ylim(high, 0)
    axes.set_axis_off()
    top = 1.0
    for row, wide, height in zip(rows, widths, down, strict=True):
        left = 0.5
        for grid, width in zip(row, wide, strict=True):
            _draw(axes, grid, (left, top), square)
            left += width
        top += height
    if below:
        axes.text(0.5, sum(down) + 0.4, below, fontsize=10, va="center", family="monospace")
    return figure


def _beside(grid: Grid) -> float:
    """Return the width in inches of what is written to the right of a grid, in letters of 11 points."""
    return 0.62 * 11 / 72 * len(grid.after)


def _draw(axes: Axes, grid: Grid, corner: tuple[float, float], square: float) -> None:
    """Draw a grid with its upper left at a corner, (x, y) in squares of so many inches."""
    left, top = corner
    height, width = grid.values.shape
    _squares(axes, grid, corner, square)
    axes.text(left, top - 0.2, grid.title, fontsize=10, va="bottom")
    if grid.after:
        axes.text(left + width + 0.25, top + height / 2, grid.after, fontsize=11, va="center")
    if grid.frame:
        row, column, side = grid.frame
        axes.add_patch(Rectangle((left + column, top + row), side, side, fill=False, edgecolor="#d55e00", linewidth=2.5))


def _squares(axes: Axes, grid: Grid, corner: tuple[float, float], square: float) -> None:
    """Draw the squares of a grid and the numbers in them, as large as they fit."""
    left, top = corner
    height, width = grid.values.shape
    low, high = grid.limits
    shades = mpl.colormaps[grid.colors](((grid.values - low) / ((high - low) or 1.0)).clamp(0, 1).numpy())
    # One mesh, for a thousand squares take half a minute to draw.
    edges = ([left + column for column in range(width + 1)], [top + row for row in range(height + 1)])
    axes.pcolormesh(*edges, shades, edgecolors="white", linewidth=0.5)
    texts = [[f"{value:.{grid.decimals}f}" for value in row] for row in grid.values.tolist()]
    longest = max(len(text) for row in texts for text in row)
    # A letter is some 0.62 as wide as it is high, and an inch has 72 points.
    size = min(9.0, 72 * square * 0.9 / (0.62 * longest))
    light = shades[..., :3] @ LUMA > 0.5
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            middle = (left + column + 0.5, top + row + 0.5)
            axes.text(*middle, text, ha="center", va="center", fontsize=size, color="black" if light[row, column] else "white")
