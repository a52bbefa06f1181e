"""The channels of a layer, by how they correlate for a picture; and plots of their matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from torch import Tensor

from pincel.functional.correlation import correlation_matrix
from pincel.functional.gram import gram_matrix
from pincel.studies import plots
from pincel.studies.style_map import cluster_order
from pincel.translation import gettext_lazy as _

# Channels that vary at fewer positions than this share correlate by accident.
FAINT = 0.02
# Side of a matrix, in inches.
SIDE = 4.2

CHANNEL = _("channel {channel}")

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LayerCorrelations:
    """Feature maps of a layer for one picture, and how its channels correlate.

    Attributes:
        maps: (C, H, W).
        gram: A·Aᵀ/(H·W), (C, C).
        correlation: (C, C); not a number for channels that are constant.
        silent: Channels that are constant.
        faint: Channels that are above their least value at fewer than :data:`FAINT` of the positions, but somewhere.
        active_channels: The others, among which pairs are selected.
    """

    maps: Tensor
    gram: Tensor
    correlation: Matrix
    silent: tuple[int, ...]
    faint: tuple[int, ...]
    active_channels: tuple[int, ...]


@dataclass(frozen=True)
class ChannelPair:
    """Two channels, i < j, and a number of theirs."""

    i: int
    j: int
    value: float


def layer_correlations(maps: Tensor) -> LayerCorrelations:
    """Sort the channels of a layer, (C, H, W), and measure how they go together, in float64."""
    wide = maps.double()
    rows = wide.flatten(1)
    least = rows.amin(1, keepdim=True)
    share = (rows > least).double().mean(1)
    silent = [channel for channel, part in enumerate(share.tolist()) if part == 0]
    faint = [channel for channel, part in enumerate(share.tolist()) if 0 < part < FAINT]
    lively = sorted(set(range(len(maps))) - set(silent) - set(faint))
    correlation: Matrix = correlation_matrix(wide).numpy()
    return LayerCorrelations(maps, gram_matrix(wide[None])[0], correlation, tuple(silent), tuple(faint), tuple(lively))


def varying_channels(correlations: LayerCorrelations) -> list[int]:
    """Return the channels of a layer that are not constant."""
    return sorted({*correlations.active_channels, *correlations.faint})


def strongest_channels(strength: Tensor, among: Sequence[int], count: int) -> list[int]:
    """Return the channels of ``among`` with the largest ``strength``, (C,), in order of number."""
    ranked = sorted(among, key=lambda channel: -float(strength[channel]))
    return sorted(ranked[:count])


def channel_order(correlations: LayerCorrelations, shown: Sequence[int]) -> list[int]:
    """Put channels in the order of clustering by 1 − ρ; those that are constant come last."""
    silent = set(correlations.silent)
    varying = [channel for channel in shown if channel not in silent]
    distances = 1 - correlations.correlation[np.ix_(varying, varying)]
    return [*(varying[place] for place in cluster_order(distances)), *(channel for channel in shown if channel in silent)]


def signed_root(values: Matrix) -> Matrix:
    """Return signed square roots: a few entries of a Gram matrix are a hundred times all others."""
    root: Matrix = np.sign(values) * np.sqrt(np.abs(values))
    return root


def panels(matrices: Sequence[tuple[Matrix, str, bool]], columns: int) -> Figure:
    """Draw matrices side by side, each with its own scale of colors.

    Args:
        matrices: (values, title, whether white is zero, blue below and red above; otherwise dark is small).
        columns: In a row.
    """
    lines = -(-len(matrices) // columns)
    figure = Figure(figsize=(SIDE * 1.2 * columns, SIDE * lines), layout="constrained")
    for place, (values, title, centered) in enumerate(matrices, 1):
        axes = figure.add_subplot(lines, columns, place)
        axes.set_title(title)
        axes.set_xticks([])
        axes.set_yticks([])
        if values.size:
            most = float(np.abs(values).max()) or 1.0
            limits: dict[str, Any] = {"vmin": -most, "vmax": most, "cmap": "RdBu_r"} if centered else {"cmap": "viridis"}
            figure.colorbar(axes.imshow(values, interpolation="nearest", **limits), ax=axes, shrink=0.85)
    return figure


def bars_of_powers(values: Mapping[str, float], label: str) -> Figure:
    """Draw bars in powers of ten, unless there is a zero among them."""
    figure = plots.bars(values, label)
    if values and min(values.values()) > 0:
        plots.log_scale(figure.axes[0])
    return figure
