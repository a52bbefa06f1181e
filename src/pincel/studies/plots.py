"""Curves, bars, heat maps and maps of thumbnails, by matplotlib, in one style. No figure is shown or kept."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.ticker import LogFormatterSciNotation
from PIL import Image

# Same figure, same bytes; letters stay letters, so that a page can be searched.
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "pincel",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e0d8",
    "axes.axisbelow": True,
    "legend.frameon": False,
}
# Distinct for color-blind readers too (Okabe and Ito).
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333", "#999999", "#f0e442")
DPI = 110
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def curves(
    lines: Mapping[str, Sequence[float]],
    across: Sequence[float] | Sequence[str],
    labels: tuple[str, str],
    *,
    logarithmic: bool = False,
    points: bool = True,
    size: tuple[float, float] = (7.0, 4.0),
) -> Figure:
    """Draw a line for each series over common places.

    Args:
        lines: name → values; ``nan`` where there is none.
        across: Numbers, or names of places.
        labels: Of the horizontal and the vertical axis.
        logarithmic: Count in powers of ten upwards.
        points: Mark each value.
        size: In inches.
    """
    with mpl.rc_context(_STYLE):
        figure, axes = empty_axes(size)
        _draw_curves(axes, CurvePanel(lines, across, labels, logarithmic, points))
        return figure


@dataclass(frozen=True)
class CurvePanel:
    """Lines over common places, as :func:`curves` draws them.

    Attributes:
        lines: name → values.
        across: Numbers, or names of places.
        labels: Of the horizontal and the vertical axis.
        logarithmic: Count in powers of ten upwards.
        points: Mark each value.
    """

    lines: Mapping[str, Sequence[float]]
    across: Sequence[float] | Sequence[str]
    labels: tuple[str, str]
    logarithmic: bool = False
    points: bool = False


def curve_panels(panels: Sequence[CurvePanel], *, size: tuple[float, float] = (11.0, 3.4)) -> Figure:
    """Draw panels of lines beside each other."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        for place, panel in enumerate(panels, 1):
            _draw_curves(figure.add_subplot(1, len(panels), place), panel)
        return figure


def _draw_curves(axes: Axes, panel: CurvePanel) -> None:
    lines, across = panel.lines, panel.across
    for color, (name, values) in zip(COLORS * (1 + len(lines) // len(COLORS)), lines.items(), strict=False):
        places = list(range(len(across))) if across and isinstance(across[0], str) else across
        axes.plot(places[: len(values)], values, marker="o" if panel.points else None, markersize=4, color=color, label=name)
    if across and isinstance(across[0], str):
        axes.set_xticks(range(len(across)), labels=list(across), rotation=30 if len(across) > 6 else 0)  # type: ignore[arg-type]
    if panel.logarithmic:
        log_scale(axes)
    axes.set_xlabel(panel.labels[0])
    axes.set_ylabel(panel.labels[1])
    if len(lines) > 1:
        axes.legend()


def step_curves(lines: Mapping[str, Sequence[float]], labels: tuple[str, str], *, first: int = 0, logarithmic: bool = False) -> Figure:
    """Draw a line for each series over steps, counted from ``first``."""
    longest = max(len(values) for values in lines.values())
    return curves(lines, list(range(first, first + longest)), labels, logarithmic=logarithmic, points=False)


def bars(values: Mapping[str, float], label: str, *, size: tuple[float, float] = (7.0, 3.5)) -> Figure:
    """Draw a bar for each value."""
    with mpl.rc_context(_STYLE):
        figure, axes = empty_axes(size)
        axes.bar(range(len(values)), list(values.values()), color=COLORS[0])
        axes.set_xticks(range(len(values)), labels=list(values), rotation=30 if len(values) > 6 else 0)
        axes.set_ylabel(label)
        return figure


def stacked_bars(parts: Mapping[str, Sequence[float]], places: Sequence[str], label: str) -> Figure:
    """Draw a bar for each place, made of parts one on the other."""
    with mpl.rc_context(_STYLE):
        figure, axes = empty_axes((7.0, 3.5))
        below = np.zeros(len(places))
        for color, (name, values) in zip(COLORS, parts.items(), strict=False):
            axes.bar(range(len(places)), values, bottom=below, color=color, label=name)
            below = below + np.asarray(values)
        axes.set_xticks(range(len(places)), labels=list(places))
        axes.set_ylabel(label)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure


def heatmap(
    values: npt.NDArray[Any],
    *,
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    label: str = "",
    numbers: bool = False,
    size: tuple[float, float] = (6.0, 5.0),
) -> Figure:
    """Draw a matrix as colors, dark for small values and bright for large ones.

    Args:
        values: (rows, columns).
        names: Of rows and of columns.
        label: Of the colors.
        numbers: Write each number into its square.
        size: In inches.
    """
    with mpl.rc_context({**_STYLE, "axes.grid": False}):
        figure, axes = empty_axes(size)
        image = axes.imshow(values, interpolation="nearest", aspect="equal", cmap="viridis")
        if names:
            axes.set_yticks(range(len(names[0])), labels=list(names[0]))
            axes.set_xticks(range(len(names[1])), labels=list(names[1]), rotation=45, ha="right")
        if numbers:
            middle = (float(values.min()) + float(values.max())) / 2
            for (row, column), value in np.ndenumerate(values):
                axes.text(column, row, f"{value:.2g}", ha="center", va="center", fontsize=8, color="white" if value < middle else "black")
        figure.colorbar(image, ax=axes, label=label)
        return figure


def thumbnails(
    places: npt.NDArray[Any], pictures: Sequence[Image.Image], names: Sequence[str], *, size: tuple[float, float] = (7.0, 6.0)
) -> Figure:
    """Draw small pictures at their places in the plane, (N, 2), each with its name."""
    with mpl.rc_context(_STYLE):
        figure, axes = empty_axes(size)
        for (x, y), picture, name in zip(places, pictures, names, strict=True):
            small = picture.convert("RGB")
            small.thumbnail((72, 72), Image.Resampling.LANCZOS)
            axes.add_artist(AnnotationBbox(OffsetImage(np.asarray(small), zoom=0.8), (x, y), frameon=True, pad=0.1))
            axes.annotate(name, (x, y), xytext=(0, -36), textcoords="offset points", ha="center", va="top", fontsize=8)
        spread = max(float(np.ptp(places)), 1e-12)
        for set_limits, column in ((axes.set_xlim, 0), (axes.set_ylim, 1)):
            set_limits(places[:, column].min() - 0.2 * spread, places[:, column].max() + 0.2 * spread)
        axes.set_aspect("equal")
        axes.tick_params(labelbottom=False, labelleft=False)
        return figure


class PowerOfTenFormatter(LogFormatterSciNotation):
    """Labels the ticks that matplotlib would, as text: its formulas take a second to parse, and a page cannot be searched for them."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return ``10³``, ``2·10³`` or ``1.5``; nothing for a tick without a label."""
        if not super().__call__(x, pos):
            return ""
        digits, power = f"{x:.5e}".split("e")
        digits, power = f"{float(digits):g}", str(int(power))
        ten = "10" + power.translate(_RAISED)
        return ten if digits == "1" else digits if power == "0" else f"{digits}·{ten}"


def power_of_ten(value: float) -> str:
    """Write a number with three digits and a power of ten, as on paper: ``1.31·10⁶``."""
    digits, power = f"{value:.2e}".split("e")
    return digits if int(power) == 0 else f"{digits}·10{str(int(power)).translate(_RAISED)}"


def log_scale(axes: Axes) -> None:
    """Count in powers of ten upwards."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(PowerOfTenFormatter())
    axes.yaxis.set_minor_formatter(PowerOfTenFormatter())


def empty_axes(size: tuple[float, float]) -> tuple[Figure, Axes]:
    """Return an empty figure with one pair of axes."""
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def as_svg(figure: Figure) -> bytes:
    """Return a figure as SVG."""
    return _saved(figure, "svg", {"Date": None})


def as_png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    return _saved(figure, "png", {"Software": None})


def font_file() -> str:
    """Return the file of the letters of plots, for captions of sheets."""
    return str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")


def _saved(figure: Figure, kind: str, metadata: dict[str, None]) -> bytes:
    file = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(file, format=kind, dpi=DPI, metadata=metadata)
    return file.getvalue()
