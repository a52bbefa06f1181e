"""Two pictures: how their Gram matrices differ, layer by layer and pair by pair of channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from pincel.functional.conventions import CONVENTIONS
from pincel.functional.correlation import diagonal_share, relative_distance
from pincel.functional.gram import gram_distance
from pincel.studies import plots
from pincel.studies.gram_plots import (
    CHANNEL,
    ChannelPair,
    LayerCorrelations,
    bars_of_powers,
    channel_order,
    panels,
    signed_root,
    strongest_channels,
    varying_channels,
)
from pincel.studies.heatmaps import pixel_heatmap
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Sheet, Table
from pincel.studies.style_map import StyleGrams
from pincel.translation import Translate, Translated, pgettext_lazy, untranslated
from pincel.translation import gettext_lazy as _

# Pairs of a layer in the table.
PAIRS = 5
# Layers in a row of heat maps.
ACROSS = 3

_TITLE = _("{first} and {second}: how two styles differ")
_INTRO = _(
    "Style transfer moves a picture until its Gram matrices are those of the painting. What it has to overcome is the difference shown "
    "here; each layer's share is the deck's J_style."
)
_FORMULA = Formula(
    _("J_style^[l] = 1/(4·n_C²·(n_H·n_W)²) · Σ_i Σ_j (A·Aᵀ − A′·A′ᵀ)²_ij = ¼ · mean (G − G′)²"),
    _("the deck; Gatys, Ecker, Bethge 2015, eq. 4. With G = A·Aᵀ/(n_H·n_W) the two pictures may differ in size."),
)
_STYLE_CAPTION = _(
    "J_style of each layer, in powers of ten. The layers live on different scales, which the weights λ_l have to make up for."
)
_RELATIVE_CAPTION = _(
    "The same difference over the size of the two matrices: now layers can be compared with each other. 0: the same style; √2: nothing "
    "in common, at equal size."
)
_SAME = _("The Gram matrices of the two are equal in every layer.")
_FOUND = _(
    "Relative to their size the matrices differ most in {far} ({most:.2f}) and least in {near} ({least:.2f}). J_style spans a factor of "
    "{span:,.0f} between layers. {where}"
)
_ONE_FOUND = _("The matrices of {far} differ by {most:.2f} of their size. {where}")
_OFF = _(
    "In every layer most of the difference is off the diagonal: it is less how strong each filter is than which filters answer together."
)
_ON = _("In {layers} most of the difference is on the diagonal: single filters answer more strongly to one of the two.")
_HEATS = _(
    "G({second}) − G({first}), root with sign: red pairs of channels answer together more in {second}, blue ones more in {first}. The "
    "strongest channels of the two, in the order of the clustering of {first}."
)
_SHEET = _(
    "Of each layer the pair of channels that differs most, in both pictures; a channel has the same colors in both (dark: weakest, "
    "bright: strongest). G is large where both maps are bright in the same places."
)
_TABLE = _("The pairs of channels that differ most between {first} and {second}; share is that of the layer's ΣΣ(ΔG)².")
_PAIR_COLUMNS = {
    "layer": _("layer"),
    "i": _("channel i"),
    "j": _("channel j"),
    "first": _("G_ij of the first"),
    "second": _("G_ij of the second"),
    "change": _("difference"),
    "share": pgettext_lazy("of the distance", "share"),
}
_LAYER_COLUMNS = {
    "layer": _("layer"),
    "channels": _("channels"),
    "style": untranslated("J_style"),
    "relative": _("relative distance"),
    "diagonal": _("share on the diagonal"),
}
_LAYERS_TABLE = _("The style distance of the two pictures.")


def changed_pairs(first: Tensor, second: Tensor, count: int = PAIRS) -> list[ChannelPair]:
    """Return the pairs of channels, i < j, whose entries of two Gram matrices, (C, C), differ most; the value is second - first."""
    change = (second - first).double()
    rows, columns = torch.triu_indices(len(change), len(change), 1)
    values = change[rows, columns]
    order = values.abs().argsort(descending=True, stable=True)[:count].tolist()
    return [ChannelPair(int(rows[place]), int(columns[place]), float(values[place])) for place in order if values[place] != 0]


def style_difference(
    paintings: tuple[StyleGrams, StyleGrams],
    correlations: tuple[Mapping[str, LayerCorrelations], Mapping[str, LayerCorrelations]],
    channels: int,
) -> tuple[list[Block], dict[str, Any]]:
    """Show how the Gram matrices of two pictures differ, in heat maps of as many ``channels`` at most.

    Returns:
        Blocks of the page, and the numbers.
    """
    both = {layer: (each, correlations[1][layer]) for layer, each in correlations[0].items()}
    rows = [_figures(layer, *each) for layer, each in both.items()]
    pairs = {layer: changed_pairs(one.gram, other.gram) for layer, (one, other) in both.items()}
    names = {"first": paintings[0].name, "second": paintings[1].name}

    def distances(_: Translate) -> Figure:
        return bars_of_powers({row["layer"]: row["style"] for row in rows}, "J_style")

    def relative(_: Translate) -> Figure:
        return plots.bars({row["layer"]: row["relative"] for row in rows if row["relative"] is not None}, "‖ΔG‖ / √(‖G‖·‖G′‖)")

    sheet = [cell for layer, of_layer in pairs.items() if of_layer for cell in _sheet_row(paintings, layer, both[layer], of_layer[0])]
    table = [row for layer, of_layer in pairs.items() for row in _table_rows(layer, both[layer], of_layer)]
    blocks: list[Block] = [
        Heading(_TITLE.fill(**names)),
        Paragraph(_INTRO),
        _FORMULA,
        Plot("style-distance", distances, _STYLE_CAPTION),
        Plot("relative-distance", relative, _RELATIVE_CAPTION),
        Paragraph(_found(rows)),
        Plot("differences", partial(_heats, both, channels), _HEATS.fill(**names)),
        *([Sheet("pairs-that-differ", sheet, 6, _SHEET, height=140)] if sheet else []),
        *([Table("pairs-that-differ", _PAIR_COLUMNS, table, _TABLE.fill(**names))] if table else []),
        Table("style-distance", _LAYER_COLUMNS, rows, _LAYERS_TABLE),
    ]
    listed = {layer: [[pair.i, pair.j, pair.value] for pair in of_layer] for layer, of_layer in pairs.items()}
    return blocks, {"between": list(names.values()), "layers": rows, "pairs": listed}


def _figures(layer: str, one: LayerCorrelations, other: LayerCorrelations) -> dict[str, Any]:
    able = bool(one.gram.any()) and bool(other.gram.any())
    return {
        "layer": layer,
        "channels": len(one.gram),
        "style": CONVENTIONS["slides"].style(len(one.gram)) * float(gram_distance(one.gram, other.gram)),
        "relative": relative_distance(one.gram, other.gram) if able else None,
        "diagonal": diagonal_share(one.gram - other.gram),
    }


def _found(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says where two styles differ most, and whether in the diagonal."""
    differing = [row for row in rows if row["style"] > 0]
    if not differing:
        return _SAME
    known = [row for row in differing if row["relative"] is not None] or [{**row, "relative": float("nan")} for row in differing]
    far, near = (choose(known, key=lambda row: float(row["relative"])) for choose in (max, min))
    on = [row["layer"] for row in differing if row["diagonal"] > 0.5]
    where = _ON.fill(layers=", ".join(on)) if on else _OFF
    styles = [row["style"] for row in differing]
    text = _FOUND if len(differing) > 1 else _ONE_FOUND
    ends = {"far": far["layer"], "most": far["relative"], "near": near["layer"], "least": near["relative"]}
    return text.fill(**ends, span=max(styles) / min(styles), where=where)


def _heats(both: Mapping[str, tuple[LayerCorrelations, LayerCorrelations]], channels: int, _: Translate) -> Figure:
    """Draw the change of every layer's Gram matrix, in the order of the first picture's clustering."""
    shown = []
    for layer, (one, other) in both.items():
        strength = one.gram.diagonal() + other.gram.diagonal()
        order = channel_order(one, strongest_channels(strength, sorted({*varying_channels(one), *varying_channels(other)}), channels))
        change = (other.gram - one.gram).numpy()[np.ix_(order, order)]
        shown.append((signed_root(change), f"{layer}: ±√|ΔG|", True))
    return panels(shown, min(ACROSS, len(shown)))


def _sheet_row(
    paintings: tuple[StyleGrams, StyleGrams], layer: str, both: tuple[LayerCorrelations, LayerCorrelations], pair: ChannelPair
) -> Iterator[tuple[Translated, Image.Image]]:
    """Yield both pictures with the two maps each, a channel in the same colors in both."""
    for painting, correlations in zip(paintings, both, strict=True):
        yield untranslated(f"{layer}: {painting.name}\nG = {float(correlations.gram[pair.i, pair.j]):.3g}"), painting.image
        for channel in (pair.i, pair.j):
            maps = [each.maps[channel] for each in both]
            ends = min(float(each.min()) for each in maps), max(float(each.max()) for each in maps)
            yield CHANNEL.fill(channel=channel), pixel_heatmap(correlations.maps[channel], painting.image.size, ends)


def _table_rows(layer: str, both: tuple[LayerCorrelations, LayerCorrelations], pairs: Sequence[ChannelPair]) -> Iterator[dict[str, Any]]:
    one, other = (each.gram for each in both)
    whole = float((other - one).square().sum())
    for pair in pairs:
        values = {"first": float(one[pair.i, pair.j]), "second": float(other[pair.i, pair.j])}
        # The matrix is symmetric: the pair is in it twice.
        yield {"layer": layer, "i": pair.i, "j": pair.j, **values, "change": pair.value, "share": 2 * pair.value**2 / whole}
