"""One picture: the Gram matrix and the correlations of each layer, the pairs that go together, and how much they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from pincel.functional.correlation import diagonal_share, effective_rank
from pincel.studies import plots
from pincel.studies.gallery_map import Painting
from pincel.studies.gram_view import FAINT, Pair, Seen, answering, channel_order, panels, rooted, strongest
from pincel.studies.maps import squares
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Say, Sheet, Table
from pincel.studies.words import Words, same

# Pairs of a layer in the table, from either end.
PAIRS = 5
_ONE_TITLE = Words("{name}: the matrices of each layer", "{name}: las matrices de cada capa")
_ORDERED = Words(
    "The same channels in the same order on both sides. The order comes from hierarchical clustering by 1 − ρ (average linkage): filters "
    "that answer alike are neighbours, and a family of them is a red square on the diagonal of ρ. G is shown by its root, since a few "
    "entries are far larger than all others.",
    "Los mismos canales en el mismo orden a ambos lados. El orden sale de una agrupación jerárquica según 1 − ρ (enlace medio): los "
    "filtros que responden igual quedan juntos, y una familia de ellos es un cuadrado rojo sobre la diagonal de ρ. De G se muestra la "
    "raíz, pues unas pocas entradas son mucho mayores que las demás.",
)
_MATRIX = Words(
    "{layer}: the {shown} strongest of {count} channels. Left √G, right ρ.",
    "{layer}: los {shown} canales más fuertes de {count}. Izquierda √G, derecha ρ.",
)
_NO_MATRIX = Words("{layer}: no channel answers here.", "{layer}: aquí no responde ningún canal.")
_ALL_ANSWER = Words(
    "Every channel of every layer answers somewhere, and at {faint:.0%} of the positions or more; none was left out of the pairs.",
    "Todos los canales de todas las capas responden en algún sitio, y en el {faint:.0%} de las posiciones o más; ninguno se excluyó de "
    "los pares.",
)
_LEFT_OUT = Words(
    "Left out of the pairs: channels that are silent, the same everywhere ({silent}); and those that answer at fewer than {share:.0%} of "
    "the positions ({faint}), since two that answer in one and the same place correlate by accident. Silent ones have no ρ and are not in "
    "the matrices either.",
    "Fuera de los pares: los canales callados, iguales en todas partes ({silent}); y los que responden en menos del {share:.0%} de las "
    "posiciones ({faint}), pues dos que responden en un mismo sitio correlacionan por azar. Los callados no tienen ρ y tampoco están en "
    "las matrices.",
)
_NONE = Words("none", "ninguno")
_SHEET = Words(
    "A row for each layer: the picture, the two channels with the highest correlation, and the two with the lowest. Dark is the weakest "
    "answer of a channel, bright its strongest.",
    "Una fila por capa: la imagen, los dos canales con la correlación más alta y los dos con la más baja. Oscuro es la respuesta más débil "
    "de un canal; claro, la más fuerte.",
)
_CHANNEL = Words("channel {channel}\nρ = {value:+.2f}", "canal {channel}\nρ = {value:+.2f}")
_PAIRS_FOUND = Words(
    "The strongest tie is ρ = {most:+.2f} ({most_layer}, channels {most_i} and {most_j}), the strongest opposition ρ = {least:+.2f} "
    "({least_layer}, channels {least_i} and {least_j}). {sense}",
    "El vínculo más fuerte es ρ = {most:+.2f} ({most_layer}, canales {most_i} y {most_j}); la oposición más fuerte, ρ = {least:+.2f} "
    "({least_layer}, canales {least_i} y {least_j}). {sense}",
)
_LIKE = Words(
    "Likeness goes further than opposition: after a ReLU a filter can fall no lower than zero.",
    "El parecido llega más lejos que la oposición: tras una ReLU un filtro no puede bajar de cero.",
)
_OPPOSED = Words("Here opposition goes as far as likeness.", "Aquí la oposición llega tan lejos como el parecido.")
_NO_PAIRS = Words("In no layer two channels answer, so there are no pairs.", "En ninguna capa responden dos canales, así que no hay pares.")
_TABLE = Words(
    "The {count} highest and the {count} lowest correlations of each layer.",
    "Las {count} correlaciones más altas y las {count} más bajas de cada capa.",
)
_PAIR_COLUMNS = {
    "layer": Words("layer", "capa"),
    "end": Words("end", "extremo"),
    "i": Words("channel i", "canal i"),
    "j": Words("channel j", "canal j"),
    "correlation": same("ρ"),
}
_ENDS = (Words("highest", "más alta"), Words("lowest", "más baja"))
_RANK_TITLE = Words("How much a Gram matrix says", "Cuánto dice una matriz de Gram")
_RANK = Words(
    "A matrix of n_C × n_C numbers sounds like a lot. But where filters go together, much of it is said twice. The effective rank counts "
    "the independent directions: 1 if all filters rise and fall in one proportion, n_C if each goes its own way with equal strength. It "
    "cannot be above the number of positions either, which is small in deep layers of small pictures.",
    "Una matriz de n_C × n_C números parece mucho. Pero donde los filtros van juntos, gran parte se dice dos veces. El rango efectivo "
    "cuenta las direcciones independientes: 1 si todos los filtros suben y bajan en una misma proporción, n_C si cada uno va por su "
    "cuenta con igual fuerza. Tampoco puede superar el número de posiciones, que es pequeño en las capas profundas de imágenes pequeñas.",
)
_RANK_FORMULA = Formula("exp(−Σ p_i·ln p_i),  p_i = λ_i / Σλ  (λ: eigenvalues of G)", "Roy, Vetterli 2007, effective rank")
_BOUND = Words("most there could be: min(n_C, n_H·n_W)", "lo máximo posible: mín(n_C, n_H·n_W)")
_DIRECTIONS = Words("directions", "direcciones")
_RANK_CAPTION = Words("Effective rank of the Gram matrix of each layer.", "Rango efectivo de la matriz de Gram de cada capa.")
_RANK_FOUND = Words(
    "The effective rank is {first:.1f} of {first_of} in {first_layer} and {last:.1f} of {last_of} in {last_layer}. {trend}",
    "El rango efectivo es {first:.1f} de {first_of} en {first_layer} y {last:.1f} de {last_of} en {last_layer}. {trend}",
)
_TRENDS = {
    (True, False): Words(
        "It grows with depth, yet far less than what could be: deep layers repeat themselves more.",
        "Crece con la profundidad, pero mucho menos de lo posible: las capas profundas se repiten más.",
    ),
    (True, True): Words(
        "It grows with depth, and so does the part of what could be.", "Crece con la profundidad, y también la parte de lo posible."
    ),
    (False, False): Words(
        "It does not grow with depth: the many more channels bring no more directions.",
        "No crece con la profundidad: los muchos canales de más no aportan más direcciones.",
    ),
    (False, True): Words("It does not grow, but there is also less that could be.", "No crece, pero también es menos lo posible."),
}
_END = {"": "rank", "_of": "bound", "_layer": "layer"}
_RANK_ONE = Words("The effective rank is {first:.1f} of {first_of}.", "El rango efectivo es {first:.1f} de {first_of}.")
_DIAGONAL_AXIS = Words("% of ΣΣG² on the diagonal", "% de ΣΣG² en la diagonal")
_DIAGONAL_CAPTION = Words(
    "How much of the energy of G is on its diagonal, the strength of each filter by itself. All else says which filters answer together.",
    "Cuánta energía de G está en su diagonal, la fuerza de cada filtro por sí solo. Todo lo demás dice qué filtros responden juntos.",
)
_TOGETHER = Words(
    "In every layer the diagonal holds less than half ({least:.1%} to {most:.1%}): style is mainly in what answers together.",
    "En todas las capas la diagonal tiene menos de la mitad (de {least:.1%} a {most:.1%}): el estilo está sobre todo en lo que responde "
    "junto.",
)
_ALONE = Words(
    "In {layers} the diagonal holds half or more: there, style is mainly how strong each filter is by itself.",
    "En {layers} la diagonal tiene la mitad o más: ahí el estilo es sobre todo la fuerza de cada filtro por sí solo.",
)
_COLUMNS = {
    "layer": Words("layer", "capa"),
    "channels": Words("channels", "canales"),
    "positions": Words("positions", "posiciones"),
    "silent": Words("silent", "callados"),
    "faint": Words("nearly silent", "casi callados"),
    "diagonal": Words("share on the diagonal", "parte en la diagonal"),
    "rank": Words("effective rank", "rango efectivo"),
    "bound": Words("at most", "como mucho"),
}
_LAYERS_TABLE = Words("The Gram matrix of each layer in numbers.", "La matriz de Gram de cada capa en números.")


def extreme_pairs(seen: Seen, count: int = PAIRS) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs of lively channels with the largest and the smallest correlation, the most extreme first."""
    lively = np.array(seen.lively, dtype=int)
    rows, columns = np.triu_indices(len(lively), 1)
    values = seen.correlation[lively[rows], lively[columns]]
    order = np.argsort(values, kind="stable")

    def pair(place: int) -> Pair:
        return Pair(int(lively[rows[place]]), int(lively[columns[place]]), float(values[place]))

    return [pair(place) for place in order[::-1][:count]], [pair(place) for place in order[:count]]


def one_style(painting: Painting, seen: Mapping[str, Seen], channels: int) -> tuple[list[Block], dict[str, Any]]:
    """Show the matrices of one picture, and the pairs that go together most and least."""
    pairs = {layer: extreme_pairs(each) for layer, each in seen.items()}
    rows = [_figures(layer, each) for layer, each in seen.items()]
    matrices = [
        Plot(f"gram-{layer}", partial(_matrices, each, channels), _matrix_caption(layer, each, channels)) for layer, each in seen.items()
    ]
    shown = [cell for layer, found in pairs.items() if found[0] for cell in _sheet_row(painting.image, layer, seen[layer], found)]
    sheet = [Sheet("pairs", shown, 5, _SHEET, height=160)] if shown else []
    table = [Table("pairs", _PAIR_COLUMNS, list(_table_rows(pairs)), _TABLE.fill(count=PAIRS))] if shown else []
    blocks: list[Block] = [Heading(_ONE_TITLE.fill(name=painting.name)), Paragraph(_ORDERED), *matrices, Paragraph(_left_out(rows))]
    blocks += [*sheet, Paragraph(_pairs_found(pairs)), *table, *_rank_blocks(rows), Table("layers", _COLUMNS, rows, _LAYERS_TABLE)]
    numbers = {
        row["layer"]: {
            **row,
            "silent": list(seen[row["layer"]].silent),
            "faint": list(seen[row["layer"]].faint),
            "most": [[pair.i, pair.j, pair.value] for pair in pairs[row["layer"]][0]],
            "least": [[pair.i, pair.j, pair.value] for pair in pairs[row["layer"]][1]],
        }
        for row in rows
    }
    return blocks, numbers


def _rank_blocks(rows: Sequence[Mapping[str, Any]]) -> list[Block]:
    """Show how much the Gram matrices say, and where in them."""
    names = [row["layer"] for row in rows]

    def ranks(say: Say) -> Figure:
        lines = {say(_COLUMNS["rank"]): [row["rank"] for row in rows], say(_BOUND): [row["bound"] for row in rows]}
        return plots.curves(lines, names, (say(_COLUMNS["layer"]), say(_DIRECTIONS)), logarithmic=True)

    def diagonal(say: Say) -> Figure:
        return plots.bars({row["layer"]: 100 * row["diagonal"] for row in rows}, say(_DIAGONAL_AXIS))

    return [
        Heading(_RANK_TITLE),
        Paragraph(_RANK),
        _RANK_FORMULA,
        Plot("effective-rank", ranks, _RANK_CAPTION),
        Paragraph(_rank_found(rows)),
        Plot("diagonal", diagonal, _DIAGONAL_CAPTION),
        Paragraph(_diagonal_found(rows)),
    ]


def _figures(layer: str, seen: Seen) -> dict[str, Any]:
    count, positions = len(seen.maps), seen.maps[0].numel()
    sizes = {"channels": count, "positions": positions, "silent": len(seen.silent), "faint": len(seen.faint)}
    rank = {"rank": effective_rank(seen.gram), "bound": min(count, positions)}
    return {"layer": layer, **sizes, "diagonal": diagonal_share(seen.gram), **rank}


def _matrices(seen: Seen, channels: int, _: Say) -> Figure:
    """Draw Gram and correlation matrix side by side, channels in the order of clustering."""
    order = channel_order(seen, strongest(seen.gram.diagonal(), answering(seen), channels))
    square = np.ix_(order, order)
    gram = seen.gram.numpy()[square]
    return panels([(rooted(gram), "√G", bool((gram < 0).any())), (seen.correlation[square], "ρ", True)], 2)


def _matrix_caption(layer: str, seen: Seen, channels: int) -> Words:
    shown = min(channels, len(answering(seen)))
    return (_MATRIX if shown else _NO_MATRIX).fill(layer=layer, shown=shown, count=len(seen.maps))


def _sheet_row(image: Image.Image, layer: str, seen: Seen, pairs: tuple[list[Pair], list[Pair]]) -> Iterator[tuple[Words, Image.Image]]:
    """Yield the picture and the maps of the first pair of either end."""
    yield same(layer), image
    for pair in (pairs[0][0], pairs[1][0]):
        for channel in (pair.i, pair.j):
            yield _CHANNEL.fill(channel=channel, value=pair.value), squares(seen.maps[channel], image.size)


def _table_rows(pairs: Mapping[str, tuple[list[Pair], list[Pair]]]) -> Iterator[dict[str, Any]]:
    for layer, ends in pairs.items():
        for end, found in zip(_ENDS, ends, strict=True):
            for pair in found:
                yield {"layer": layer, "end": end, "i": pair.i, "j": pair.j, "correlation": pair.value}


def _left_out(rows: Sequence[Mapping[str, Any]]) -> Words:
    """Say how many channels are in no pair, and why."""

    def counted(key: str) -> Words:
        some = ", ".join(f"{row['layer']}: {row[key]}" for row in rows if row[key])
        return same(some) if some else _NONE

    if not any(row["silent"] or row["faint"] for row in rows):
        return _ALL_ANSWER.fill(faint=FAINT)
    return _LEFT_OUT.fill(silent=counted("silent"), faint=counted("faint"), share=FAINT)


def _pairs_found(pairs: Mapping[str, tuple[list[Pair], list[Pair]]]) -> Words:
    """Say which two go together most of all, and which least."""
    able = {layer: found for layer, found in pairs.items() if found[0]}
    if not able:
        return _NO_PAIRS
    high = max(able, key=lambda layer: able[layer][0][0].value)
    low = min(able, key=lambda layer: able[layer][1][0].value)
    most, least = able[high][0][0], able[low][1][0]
    ends = {"most": most.value, "most_layer": high, "most_i": most.i, "most_j": most.j}
    ends |= {"least": least.value, "least_layer": low, "least_i": least.i, "least_j": least.j}
    return _PAIRS_FOUND.fill(**ends, sense=_LIKE if most.value > -least.value else _OPPOSED)


def _rank_found(rows: Sequence[Mapping[str, Any]]) -> Words:
    """Say how the effective rank goes with depth, by its numbers at either end."""
    first, last = rows[0], rows[-1]
    if len(rows) < 2:
        return _RANK_ONE.fill(first=first["rank"], first_of=first["bound"])
    trend = _TRENDS[last["rank"] > first["rank"], last["rank"] / last["bound"] > first["rank"] / first["bound"]]
    ends = {f"{name}{key}": row[value] for name, row in (("first", first), ("last", last)) for key, value in _END.items()}
    return _RANK_FOUND.fill(**ends, trend=trend)


def _diagonal_found(rows: Sequence[Mapping[str, Any]]) -> Words:
    """Say whether style is in the diagonal."""
    alone = [row["layer"] for row in rows if row["diagonal"] >= 0.5]
    if alone:
        return _ALONE.fill(layers=", ".join(alone))
    shares = [row["diagonal"] for row in rows]
    return _TOGETHER.fill(least=min(shares), most=max(shares))
