"""The Gram matrix of the most active channels of a layer, cell by cell: the two maps, and where in the picture both answer."""

from __future__ import annotations

from PIL import Image
from torch.nn import functional

from pincel.studies.gram_plots import CHANNEL, LayerCorrelations, channel_order, strongest_channels, varying_channels
from pincel.studies.matrix_view import signed_bytes
from pincel.studies.page import format_cell, group_digits
from pincel.studies.report import ChannelMatrix
from pincel.translation import Translated
from pincel.translation import gettext_lazy as _

# Channels in a matrix: on a phone, cells of so many are still as wide as a finger can tap (24 pixels).
CELLS = 12
# Longer sides of maps are averaged down to so many positions, since all of them are in the page.
LONGEST = 128

_CAPTION = _(
    "{layer}, channel by channel: the {shown} most active of {count}, by √G. Each cell is the product of two maps, position by position, "
    "summed; on the diagonal a map meets itself. Bright in the picture is where the product is large."
)
_CELL = _("channels {i} and {j}: A·Aᵀ = {total} over {positions} positions, G = {gram}, ρ = {rho:+.2f}")


def shown_channels(correlations: LayerCorrelations, count: int = CELLS) -> list[int]:
    """Return the most active channels of a layer that are not constant, alike ones beside each other."""
    return channel_order(correlations, strongest_channels(correlations.gram.diagonal(), varying_channels(correlations), count))


def cell_matrices(image: Image.Image, layer: str, correlations: LayerCorrelations) -> list[ChannelMatrix]:
    """Return the matrix of a layer that is shown cell by cell; none if fewer than two channels answer."""
    order = shown_channels(correlations)
    if len(order) < 2:
        return []
    maps = correlations.maps[order].double()
    shrink = max(1.0, max(maps.shape[-2:]) / LONGEST)
    height, width = (max(1, round(side / shrink)) for side in maps.shape[-2:])
    small = functional.adaptive_avg_pool2d(maps, (height, width)).numpy()
    gram = correlations.gram[order][:, order].numpy()
    texts = [[_cell_text(correlations, i, j) for j in order] for i in order]
    caption = _CAPTION.fill(layer=layer, shown=len(order), count=len(correlations.maps))
    names = {channel: CHANNEL.fill(channel=channel) for channel in order}
    return [ChannelMatrix(f"cells-{layer}", image, names, signed_bytes(list(small)), gram, texts, caption)]


def _cell_text(correlations: LayerCorrelations, i: int, j: int) -> Translated:
    """Return what a cell says: the sum over all positions, its mean, and the correlation."""
    positions = correlations.maps[0].numel()
    gram = float(correlations.gram[i, j])
    numbers = {"total": write_number(gram * positions), "positions": group_digits(positions), "gram": write_number(gram)}
    return _CELL.fill(i=i, j=j, rho=float(correlations.correlation[i, j]), **numbers)


def write_number(value: float) -> str:
    """Write a number in four digits, a large one as a whole number."""
    return group_digits(round(value)) if abs(value) >= 1000 else format_cell(value, "en")
