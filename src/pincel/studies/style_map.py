"""Many paintings: how far their Gram matrices are apart, as a matrix, a map and a table of neighbors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure
from PIL import Image
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform
from torch import Tensor

from pincel.errors import PictureError
from pincel.files import one_line, quoted
from pincel.functional.correlation import Scaling, classical_scaling, relative_distance
from pincel.studies import plots
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Table
from pincel.translation import Note, Translate, Translated
from pincel.translation import gettext_lazy as _

# Up to so many, numbers can still be read in the squares of a heat map.
READABLE = 12
# Share of the variance from which on a map in two dimensions is fair, and below which it is poor.
FAIR, POOR = 0.7, 0.4

_TITLE = _("{count} paintings, each with each")
_EXPLAINED = _(
    "How far apart are two styles? The squared difference of the deck grows with the fourth power of the activations, so that one layer "
    "would speak for all of them. Here the difference of two Gram matrices is divided by their size, and every layer counts alike. "
    "0 is the same style; √2 = 1.41 is what two matrices of one size give that share nothing."
)
_FORMULA = Formula(
    "D(a, b) = 1/L · Σ_l ‖G_a^l − G_b^l‖ / √(‖G_a^l‖·‖G_b^l‖)",
    _("G = A·Aᵀ/(n_H·n_W) of each of the L layers; ‖·‖ = √ΣΣ(·)². Free of scale: activations times 2 change nothing."),
)
_HEAT = _(
    "The distance of every two paintings. Dark is near. Rows stand in the order of hierarchical clustering (average linkage), so a family "
    "of alike styles is a dark square on the diagonal."
)
_EXTREMES = _(
    "Most alike are {near} (D = {least:.2f}), least alike {far} (D = {most:.2f}). On average {loner} is the farthest from all others, and "
    "{middle} the nearest to all."
)
_ALIKE = _("All of them have the same Gram matrices: D = 0.")
_AND = _("{one} and {other}")
_MAP = _(
    "The same distances as a map (classical scaling): paintings that are near have similar Gram matrices. The axes have no meaning of "
    "their own."
)
_SCALING = Formula(_("B = −½·J·D²·J = V·Λ·Vᵀ,  J = I − 11ᵀ/N,  places = V₂·√Λ₂"), _("Torgerson 1952, classical scaling"))
_KEPT = _("Two dimensions keep {kept:.0%} of the variance of the distances (their eigenvalues over the sum of all, without sign). {trust}")
_TRUST = {
    "fair": _("The map can be trusted in the main."),
    "half": _("Read it with the matrix beside it."),
    "poor": _("Most of what sets them apart is not on it: trust the matrix."),
}
_NEIGHBORS = _("The nearest neighbor of each painting.")
_COLUMNS = {
    "painting": _("painting"),
    "nearest": _("nearest"),
    "distance": _("D to it"),
    "farthest": _("farthest"),
    "farthest_distance": _("D to that"),
    "mean": _("mean D to all"),
}


@dataclass(frozen=True)
class StyleGrams:
    """A picture and its Gram matrices.

    Attributes:
        name: Unique.
        image: In the size of the study.
        grams: layer → (C, C).
    """

    name: str
    image: Image.Image
    grams: Mapping[str, Tensor]


def cluster_order(distances: npt.NDArray[np.float64]) -> list[int]:
    """Return an order in which similar pictures are neighbors.

    Args:
        distances: (N, N), symmetric.

    Returns:
        An order of 0 … N-1: the leaves of the tree of average linkage (Sokal, Michener 1958), turned so that neighbors are as near as the
        tree allows (Bar-Joseph, Gifford, Jaakkola 2001).
    """
    if len(distances) < 3:
        return list(range(len(distances)))
    square = (distances + distances.T) / 2
    np.fill_diagonal(square, 0)
    return [int(leaf) for leaf in leaves_list(linkage(squareform(square, checks=False), "average", optimal_ordering=True))]


def style_distances(paintings: Sequence[StyleGrams], progress: ProgressReporter) -> Tensor:
    """Return how far every two paintings are apart, (N, N): the relative distance of their Gram matrices, averaged over layers.

    Raises:
        PictureError: If all channels of a layer are 0 for one of them, whose distance is then undefined.
    """
    for painting in paintings:
        for layer, gram in painting.grams.items():
            if not gram.any():
                failed = f"correlations: a picture to which no channel of {layer} answers has no distance to others"
                raise PictureError(one_line(failed, quoted(painting.name), "a picture with something in it", "leave it out, or --layers"))
    distances = torch.zeros(len(paintings), len(paintings), dtype=torch.float64)
    for row, one in enumerate(paintings):
        for column, other in enumerate(paintings[:row]):
            each = [relative_distance(gram, other.grams[layer]) for layer, gram in one.grams.items()]
            distances[row, column] = distances[column, row] = sum(each) / len(each)
        progress.update(Note(_("comparing paintings")), row + 1, len(paintings))
    return distances


def style_gallery(paintings: Sequence[StyleGrams], progress: ProgressReporter) -> tuple[list[Block], dict[str, Any]]:
    """Compare three paintings or more, each with each.

    Returns:
        Blocks of the page, and the numbers.

    Raises:
        PictureError: As :func:`style_distances`.
    """
    distances = style_distances(paintings, progress)
    values = distances.numpy()
    order = cluster_order(values)
    scaling = classical_scaling(distances)
    names = [painting.name for painting in paintings]
    neighbors = _neighbors(names, values)
    sorted_names = [names[place] for place in order]
    width = max(6.0, min(14.0, 3 + 0.45 * len(names)))

    def heat(_: Translate) -> Figure:
        shown = values[np.ix_(order, order)]
        size = (width + 1, width)
        return plots.heatmap(shown, names=(sorted_names, sorted_names), label="D", numbers=len(names) <= READABLE, size=size)

    def drawn(_: Translate) -> Figure:
        places = scaling.places.numpy()
        return plots.thumbnails(places, [painting.image for painting in paintings], names, size=_map_size(places, width + 2))

    numbers = {
        "names": names,
        "distances": values.tolist(),
        "order": order,
        "places": scaling.places.tolist(),
        "kept": scaling.kept,
        "neighbors": neighbors,
    }
    blocks: list[Block] = [
        Heading(_TITLE.fill(count=len(names))),
        Paragraph(_EXPLAINED),
        _FORMULA,
        Plot("distances", heat, _HEAT),
        Paragraph(_extremes(names, values)),
        Plot("map", drawn, _MAP),
        _SCALING,
        Paragraph(_trusted(scaling)),
        Table("neighbors", _COLUMNS, neighbors, _NEIGHBORS),
    ]
    return blocks, numbers


def _map_size(places: npt.NDArray[np.float64], width: float) -> tuple[float, float]:
    """Return the (width, height) in inches of a map that is as wide and high as its places ask for, with room for the pictures."""
    across, down = (float(each) for each in np.ptp(places, axis=0))
    room = 0.4 * max(across, down, 1e-12)
    return width, min(width, max(4.0, width * (down + room) / (across + room)))


def _neighbors(names: Sequence[str], distances: npt.NDArray[np.float64]) -> list[dict[str, Any]]:
    """Say of each painting which is nearest and which farthest, of the others."""
    others = distances + np.diag(np.full(len(names), np.inf))
    rows = []
    for place, name in enumerate(names):
        near, far = int(others[place].argmin()), int(np.where(np.isinf(others[place]), -1, distances[place]).argmax())
        ends = {"nearest": names[near], "farthest": names[far]}
        figures = {"distance": float(distances[place, near]), "farthest_distance": float(distances[place, far])}
        rows.append({"painting": name, **ends, **figures, "mean": float(distances[place].sum() / (len(names) - 1))})
    return rows


def _extremes(names: Sequence[str], distances: npt.NDArray[np.float64]) -> Translated:
    """Return a text that says which are most alike and least, and who stands alone."""
    if not distances.any():
        return _ALIKE
    rows, columns = np.triu_indices(len(names), 1)
    pairs = distances[rows, columns]
    ends = {key: int(place) for key, place in (("near", pairs.argmin()), ("far", pairs.argmax()))}
    pairs_named = {key: _AND.fill(one=names[rows[place]], other=names[columns[place]]) for key, place in ends.items()}
    mean = distances.sum(1)
    alone = {"loner": names[int(mean.argmax())], "middle": names[int(mean.argmin())]}
    return _EXTREMES.fill(**pairs_named, **alone, least=float(pairs.min()), most=float(pairs.max()))


def _trusted(scaling: Scaling) -> Translated:
    """Return a text that says how far the map is to be believed."""
    trust = "fair" if scaling.kept >= FAIR else "half" if scaling.kept >= POOR else "poor"
    return _KEPT.fill(kept=scaling.kept, trust=_TRUST[trust])
