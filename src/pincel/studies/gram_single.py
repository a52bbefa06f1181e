"""One picture: the Gram matrix and the correlations of each layer, the pairs with extreme correlations, and the effective rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from pincel.functional.correlation import diagonal_share, effective_rank
from pincel.studies import plots
from pincel.studies.gram_cells import cell_matrices
from pincel.studies.gram_plots import (
    FAINT,
    ChannelPair,
    LayerCorrelations,
    channel_order,
    panels,
    signed_root,
    strongest_channels,
    varying_channels,
)
from pincel.studies.heatmaps import pixel_heatmap
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Sheet, Table
from pincel.studies.style_map import StyleGrams
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Pairs of a layer in the table, from either end.
PAIRS = 5
_ONE_TITLE = _("{name}: the matrices of each layer")
_ORDERED = _(
    "The same channels in the same order on both sides. The order comes from hierarchical clustering by 1 − ρ (average linkage): filters "
    "that answer alike are neighbors, and a family of them is a red square on the diagonal of ρ. G is shown by its root, since a few "
    "entries are far larger than all others."
)
_MATRIX = _("{layer}: the {shown} strongest of {count} channels. Left √G, right ρ.")
_NO_MATRIX = _("{layer}: no channel answers here.")
_ALL_ANSWER = _(
    "Every channel of every layer answers somewhere, and at {faint:.0%} of the positions or more; none was left out of the pairs."
)
_LEFT_OUT = _(
    "Left out of the pairs: channels that are silent, the same everywhere ({silent}); and those that answer at fewer than {share:.0%} of "
    "the positions ({faint}), since two that answer in one and the same place correlate by accident. Silent ones have no ρ and are not in "
    "the matrices either."
)
_NONE = _("none")
_SHEET = _(
    "A row for each layer: the picture, the two channels with the highest correlation, and the two with the lowest. Dark is the weakest "
    "answer of a channel, bright its strongest."
)
_CHANNEL = _("channel {channel}\nρ = {value:+.2f}")
_PAIRS_FOUND = _(
    "The strongest tie is ρ = {most:+.2f} ({most_layer}, channels {most_i} and {most_j}), the strongest opposition ρ = {least:+.2f} "
    "({least_layer}, channels {least_i} and {least_j}). {sense}"
)
_LIKE = _("Likeness goes further than opposition: after a ReLU a filter can fall no lower than zero.")
_OPPOSED = _("Here opposition goes as far as likeness.")
_NO_PAIRS = _("In no layer two channels answer, so there are no pairs.")
_TABLE = _("The {count} highest and the {count} lowest correlations of each layer.")
_PAIR_COLUMNS = {"layer": _("layer"), "end": _("end"), "i": _("channel i"), "j": _("channel j"), "correlation": untranslated("ρ")}
_ENDS = (_("highest"), _("lowest"))
_RANK_TITLE = _("How much a Gram matrix says")
_RANK = _(
    "A matrix of n_C × n_C numbers sounds like a lot. But where filters go together, much of it is said twice. The effective rank counts "
    "the independent directions: 1 if all filters rise and fall in one proportion, n_C if each goes its own way with equal strength. It "
    "cannot be above the number of positions either, which is small in deep layers of small pictures."
)
_RANK_FORMULA = Formula(_("exp(−Σ p_i·ln p_i),  p_i = λ_i / Σλ  (λ: eigenvalues of G)"), _("Roy, Vetterli 2007, effective rank"))
_BOUND = _("most there could be: min(n_C, n_H·n_W)")
_DIRECTIONS = _("directions")
_RANK_CAPTION = _("Effective rank of the Gram matrix of each layer.")
_RANK_FOUND = _("The effective rank is {first:.1f} of {first_of} in {first_layer} and {last:.1f} of {last_of} in {last_layer}. {trend}")
_TRENDS = {
    (True, False): _("It grows with depth, yet far less than what could be: deep layers repeat themselves more."),
    (True, True): _("It grows with depth, and so does the part of what could be."),
    (False, False): _("It does not grow with depth: the many more channels bring no more directions."),
    (False, True): _("It does not grow, but there is also less that could be."),
}
_END = {"": "rank", "_of": "bound", "_layer": "layer"}
_RANK_ONE = _("The effective rank is {first:.1f} of {first_of}.")
_DIAGONAL_AXIS = _("% of ΣΣG² on the diagonal")
_DIAGONAL_CAPTION = _(
    "How much of the energy of G is on its diagonal, the strength of each filter by itself. All else says which filters answer together."
)
_TOGETHER = _("In every layer the diagonal holds less than half ({least:.1%} to {most:.1%}): style is mainly in what answers together.")
_ALONE = _("In {layers} the diagonal holds half or more: there, style is mainly how strong each filter is by itself.")
_COLUMNS = {
    "layer": _("layer"),
    "channels": _("channels"),
    "positions": _("positions"),
    "silent": _("silent"),
    "faint": _("nearly silent"),
    "diagonal": _("share on the diagonal"),
    "rank": _("effective rank"),
    "bound": _("at most"),
}
_LAYERS_TABLE = _("The Gram matrix of each layer in numbers.")


def extreme_pairs(correlations: LayerCorrelations, count: int = PAIRS) -> tuple[list[ChannelPair], list[ChannelPair]]:
    """Return the pairs of lively channels with the largest and the smallest correlation, the most extreme first."""
    lively = np.array(correlations.active_channels, dtype=int)
    rows, columns = np.triu_indices(len(lively), 1)
    values = correlations.correlation[lively[rows], lively[columns]]
    order = np.argsort(values, kind="stable")

    def pair(place: int) -> ChannelPair:
        return ChannelPair(int(lively[rows[place]]), int(lively[columns[place]]), float(values[place]))

    return [pair(place) for place in order[::-1][:count]], [pair(place) for place in order[:count]]


def single_style(painting: StyleGrams, correlations: Mapping[str, LayerCorrelations], channels: int) -> tuple[list[Block], dict[str, Any]]:
    """Show the matrices of one picture, and the pairs that go together most and least."""
    pairs = {layer: extreme_pairs(each) for layer, each in correlations.items()}
    rows = [_figures(layer, each) for layer, each in correlations.items()]
    matrices = [block for layer, each in correlations.items() for block in _matrix_blocks(painting.image, layer, each, channels)]
    shown = [
        cell
        for layer, of_layer in pairs.items()
        if of_layer[0]
        for cell in _sheet_row(painting.image, layer, correlations[layer], of_layer)
    ]
    sheet = [Sheet("pairs", shown, 5, _SHEET, height=160)] if shown else []
    table = [Table("pairs", _PAIR_COLUMNS, list(_table_rows(pairs)), _TABLE.fill(count=PAIRS))] if shown else []
    blocks: list[Block] = [Heading(_ONE_TITLE.fill(name=painting.name)), Paragraph(_ORDERED), *matrices, Paragraph(_left_out(rows))]
    blocks += [*sheet, Paragraph(_pairs_found(pairs)), *table, *_rank_blocks(rows), Table("layers", _COLUMNS, rows, _LAYERS_TABLE)]
    numbers = {
        row["layer"]: {
            **row,
            "silent": list(correlations[row["layer"]].silent),
            "faint": list(correlations[row["layer"]].faint),
            "most": [[pair.i, pair.j, pair.value] for pair in pairs[row["layer"]][0]],
            "least": [[pair.i, pair.j, pair.value] for pair in pairs[row["layer"]][1]],
        }
        for row in rows
    }
    return blocks, numbers


def _matrix_blocks(image: Image.Image, layer: str, correlations: LayerCorrelations, channels: int) -> list[Block]:
    """Show the matrices of a layer whole, and that of its most active channels cell by cell."""
    whole = Plot(f"gram-{layer}", partial(_matrices, correlations, channels), _matrix_caption(layer, correlations, channels))
    return [whole, *cell_matrices(image, layer, correlations)]


def _rank_blocks(rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Show effective ranks and the share of the diagonal."""
    names = [row["layer"] for row in rows]

    def ranks(translate: Translate) -> Figure:
        lines = {translate(_COLUMNS["rank"]): [row["rank"] for row in rows], translate(_BOUND): [row["bound"] for row in rows]}
        return plots.curves(lines, names, (translate(_COLUMNS["layer"]), translate(_DIRECTIONS)), logarithmic=True)

    def diagonal(translate: Translate) -> Figure:
        return plots.bars({row["layer"]: 100 * row["diagonal"] for row in rows}, translate(_DIAGONAL_AXIS))

    return [
        Heading(_RANK_TITLE),
        Paragraph(_RANK),
        _RANK_FORMULA,
        Plot("effective-rank", ranks, _RANK_CAPTION),
        Paragraph(_rank_found(rows)),
        Plot("diagonal", diagonal, _DIAGONAL_CAPTION),
        Paragraph(_diagonal_found(rows)),
    ]


def _figures(layer: str, correlations: LayerCorrelations) -> dict[str, Any]:
    count, positions = len(correlations.maps), correlations.maps[0].numel()
    sizes = {"channels": count, "positions": positions, "silent": len(correlations.silent), "faint": len(correlations.faint)}
    rank = {"rank": effective_rank(correlations.gram), "bound": min(count, positions)}
    return {"layer": layer, **sizes, "diagonal": diagonal_share(correlations.gram), **rank}


def _matrices(correlations: LayerCorrelations, channels: int, _: Translate) -> Figure:
    """Draw Gram and correlation matrix side by side, channels in the order of clustering."""
    order = channel_order(correlations, strongest_channels(correlations.gram.diagonal(), varying_channels(correlations), channels))
    square = np.ix_(order, order)
    gram = correlations.gram.numpy()[square]
    return panels([(signed_root(gram), "√G", bool((gram < 0).any())), (correlations.correlation[square], "ρ", True)], 2)


def _matrix_caption(layer: str, correlations: LayerCorrelations, channels: int) -> Translated:
    shown = min(channels, len(varying_channels(correlations)))
    return (_MATRIX if shown else _NO_MATRIX).fill(layer=layer, shown=shown, count=len(correlations.maps))


def _sheet_row(
    image: Image.Image, layer: str, correlations: LayerCorrelations, pairs: tuple[list[ChannelPair], list[ChannelPair]]
) -> Iterator[tuple[Translated, Image.Image]]:
    """Yield the picture and the maps of the first pair of either end."""
    yield untranslated(layer), image
    for pair in (pairs[0][0], pairs[1][0]):
        for channel in (pair.i, pair.j):
            yield _CHANNEL.fill(channel=channel, value=pair.value), pixel_heatmap(correlations.maps[channel], image.size)


def _table_rows(pairs: Mapping[str, tuple[list[ChannelPair], list[ChannelPair]]]) -> Iterator[dict[str, Any]]:
    for layer, ends in pairs.items():
        for end, of_layer in zip(_ENDS, ends, strict=True):
            for pair in of_layer:
                yield {"layer": layer, "end": end, "i": pair.i, "j": pair.j, "correlation": pair.value}


def _left_out(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says how many channels are in no pair, and why."""

    def counted(key: str) -> Translated:
        some = ", ".join(f"{row['layer']}: {row[key]}" for row in rows if row[key])
        return untranslated(some) if some else _NONE

    if not any(row["silent"] or row["faint"] for row in rows):
        return _ALL_ANSWER.fill(faint=FAINT)
    return _LEFT_OUT.fill(silent=counted("silent"), faint=counted("faint"), share=FAINT)


def _pairs_found(pairs: Mapping[str, tuple[list[ChannelPair], list[ChannelPair]]]) -> Translated:
    """Return a text that says which two go together most of all, and which least."""
    able = {layer: of_layer for layer, of_layer in pairs.items() if of_layer[0]}
    if not able:
        return _NO_PAIRS
    high = max(able, key=lambda layer: able[layer][0][0].value)
    low = min(able, key=lambda layer: able[layer][1][0].value)
    most, least = able[high][0][0], able[low][1][0]
    ends = {"most": most.value, "most_layer": high, "most_i": most.i, "most_j": most.j}
    ends |= {"least": least.value, "least_layer": low, "least_i": least.i, "least_j": least.j}
    return _PAIRS_FOUND.fill(**ends, sense=_LIKE if most.value > -least.value else _OPPOSED)


def _rank_found(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says how the effective rank goes with depth, by its numbers at either end."""
    first, last = rows[0], rows[-1]
    if len(rows) < 2:
        return _RANK_ONE.fill(first=first["rank"], first_of=first["bound"])
    trend = _TRENDS[last["rank"] > first["rank"], last["rank"] / last["bound"] > first["rank"] / first["bound"]]
    ends = {f"{name}{key}": row[value] for name, row in (("first", first), ("last", last)) for key, value in _END.items()}
    return _RANK_FOUND.fill(**ends, trend=trend)


def _diagonal_found(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says whether style is in the diagonal."""
    alone = [row["layer"] for row in rows if row["diagonal"] >= 0.5]
    if alone:
        return _ALONE.fill(layers=", ".join(alone))
    shares = [row["diagonal"] for row in rows]
    return _TOGETHER.fill(least=min(shares), most=max(shares))
