"""The page of the study of patches: what was found, in words that follow the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from pincel.studies.finds import Found, Patch, Seen
from pincel.studies.mosaic import likeness, mosaic
from pincel.studies.plots import curves
from pincel.studies.receptive import field_of
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Report, Say, Sheet, Table
from pincel.studies.settings import Settings
from pincel.studies.words import Words

# The layers 1, 3 and 5 of a lecture.
DEFAULT = ("relu1_1", "relu3_1", "relu5_1")
# Names that fit into a note.
NAMED = 6
# Differences of likeness smaller than that are not spoken of.
NOTABLE = 0.05
# Mosaics in a row.
ACROSS = 3


_TITLE = Words("The patches that excite a channel most", "Los recortes que más excitan a un canal")
_LEAD = Words(
    "What does a channel look for? Show it many photographs and keep, of each, the place where it answers most. Side by side, the nine "
    "strongest say what they have in common. {count} photographs were looked at, long side {size} pixels, through {backbone}.",
    "¿Qué busca un canal? Se le enseñan muchas fotografías y de cada una se guarda el lugar donde más responde. Juntos, los nueve más "
    "fuertes dicen qué tienen en común. Se han mirado {count} fotografías, de {size} píxeles de lado largo, con {backbone}.",
)
_HOW = Words(
    "A photograph may give a channel only one patch, its strongest; otherwise one picture full of grass could fill all nine places. A "
    "patch is exactly what the position sees, its receptive field; where that reaches beyond the border, the mean colour stands instead. "
    "{which}",
    "Cada fotografía aporta a un canal un solo recorte, el más fuerte; si no, una única imagen llena de hierba podría ocupar los nueve "
    "lugares. El recorte es exactamente lo que ve la posición, su campo receptivo; si este sobrepasa el borde, allí se pone el color "
    "medio. {which}",
)
_SELECTED = Words(
    "The channels shown are the most selective ones of their layer: those whose weakest patch still stands out most from the channel's "
    "mean answer.",
    "Los canales mostrados son los más selectivos de su capa: aquellos cuyo recorte más débil aún destaca más sobre la respuesta media "
    "del canal.",
)
_NAMED = Words("The channels are those that were asked for.", "Los canales son los que se han pedido.")
_METHODS = {
    "guided": Words(
        "Beside each patch: guided backpropagation. The answer is followed back to the pixels, and only what speaks for it is let through "
        "each ReLU. Grey means no part in it; the brighter or darker a colour, the more the answer grows with more or less of it.",
        "Junto a cada recorte, su retropropagación guiada: la respuesta se sigue hacia atrás hasta los píxeles, y cada ReLU deja pasar "
        "solo lo "
        "que habla a su favor. El gris no influye; cuanto más claro u oscuro un color, más crece la respuesta con más o con menos de él.",
    ),
    "deconvolution": Words(
        "Beside each patch: its deconvolution. The answer is carried back to the pixels through the transposed filters, and each ReLU is "
        "applied to what comes back. Grey means no part in it; the brighter or darker a colour, the larger its part.",
        "Junto a cada recorte, su deconvolución: la respuesta se lleva de vuelta a los píxeles por los filtros traspuestos, y cada ReLU "
        "se aplica "
        "a lo que vuelve. El gris no influye; cuanto más claro u oscuro un color, mayor es su parte.",
    ),
    "gradient": Words(
        "Beside each patch: the gradient of the answer, unchanged. Grey means no part in it; the brighter or darker a colour, the more "
        "the answer grows with more or less of it.",
        "Junto a cada recorte, el gradiente de la respuesta sin cambios. El gris no influye; cuanto más claro u oscuro un color, más "
        "crece la "
        "respuesta con más o con menos de él.",
    ),
}
_FORMULAS = {
    "guided": Formula(
        Words(
            "back through a ReLU with input f:  R ← 1[f > 0] · 1[R > 0] · R",
            "a través de una ReLU con entrada f:  R ← 1[f > 0] · 1[R > 0] · R",
        ),
        "Springenberg, Dosovitskiy, Brox, Riedmiller 2015, “Striving for Simplicity”, figure 1",
    ),
    "deconvolution": Formula(
        Words("back through a ReLU:  R ← 1[R > 0] · R", "a través de una ReLU:  R ← 1[R > 0] · R"),
        "Zeiler, Fergus 2013, “Visualizing and Understanding Convolutional Networks”, section 2.1",
    ),
    "gradient": Formula(
        Words("back through a ReLU with input f:  R ← 1[f > 0] · R", "a través de una ReLU con entrada f:  R ← 1[f > 0] · R"),
        "Simonyan, Vedaldi, Zisserman 2013, “Deep Inside …”",
    ),
}
_MAXIMUM = Formula("a*_c(x) = max over i, j of a_c(i, j; x)", "Zeiler, Fergus 2013, figure 2: the top 9 activations of a feature map")
_FIELD = Formula(
    Words(
        "r_l = r_(l-1) + (k_l - 1) · j_(l-1)      j_l = j_(l-1) · s_l      (side r, distance j, kernel k, stride s)",
        "r_l = r_(l-1) + (k_l - 1) · j_(l-1)      j_l = j_(l-1) · s_l      (lado r, distancia j, núcleo k, paso s)",
    ),
    "Araujo, Norris, Sim 2019, “Computing Receptive Fields of Convolutional Neural Networks”, Distill, eq. 2",
)


def page(found: Found, seen: Seen | None, settings: Settings, own: Mapping[str, Any], stopped: str) -> Report:
    """Put together the report.

    Args:
        found: What the photographs hold.
        seen: One of them with boxes; None if no channel answered.
        settings: What every study can be told.
        own: What this one was told.
        stopped: Why it ended early; empty if it did not.
    """
    layers = _layers(found, settings)
    which = _NAMED if "," in own["channels"] else _SELECTED
    blocks: list[Block] = [Paragraph(_HOW.fill(which=which)), _MAXIMUM]
    if own["explain"] in _METHODS:
        blocks += [Paragraph(_METHODS[own["explain"]]), _FORMULAS[own["explain"]]]
    blocks += _fields(seen, layers)
    for name in found.shown:
        blocks += _layer(found, name, own, layers[name])
    blocks += _summary(layers)
    blocks.append(_table(found))
    return Report(
        name="patches",
        title=_TITLE,
        lead=_LEAD.fill(count=len(found.files), size=settings.size, backbone=settings.backbone),
        blocks=blocks,
        numbers=_numbers(found, layers),
        settings={**settings.as_json(), **own},
        notes=_notes(found, own, stopped),
    )


def _layers(found: Found, settings: Settings) -> dict[str, dict[str, Any]]:
    """Measure each layer."""
    measured: dict[str, dict[str, Any]] = {}
    for name, channels in found.shown.items():
        best = found.strongest[name]
        within, between = likeness([[patch.vector for patch in found.of(name, channel)] for channel in channels])
        side = field_of(settings.card, name).size
        measured[name] = {
            "field": side,
            "stride": settings.card.layer(name).stride,
            "share": side / settings.size,
            "channels": len(best.means),
            "silent": int((best.means == 0).sum()),
            "selectivity": float(best.selectivity.median()),
            "within": within,
            "between": between,
        }
    return measured


def _fields(seen: Seen | None, layers: Mapping[str, Mapping[str, Any]]) -> list[Block]:
    if seen is None:
        return []
    first, last = next(iter(layers)), list(layers)[-1]
    text = Words("A unit of {first} sees {small} × {small} pixels.", "Una unidad de {first} ve {small} × {small} píxeles.")
    if first != last:
        text = Words(
            "A unit of {first} sees {small} × {small} pixels, one of {last} {large} × {large}: {share:.0%} of the long side of a "
            "photograph. Each "
            "3×3 convolution widens what is seen by one position on each side, and each pooling doubles what a position is worth.",
            "Una unidad de {first} ve {small} × {small} píxeles; una de {last}, {large} × {large}: el {share:.0%} del lado largo de una "
            "fotografía. "
            "Cada convolución de 3×3 ensancha lo que se ve en una posición por lado, y cada reducción dobla lo que vale una posición.",
        )
    values = {"first": first, "small": layers[first]["field"], "last": last, "large": layers[last]["field"], "share": layers[last]["share"]}
    caption = Words(
        "{file}: what the unit sees that answers most, for one channel of each layer (layer · channel).",
        "{file}: lo que ve la unidad que más responde, para un canal de cada capa (capa · canal).",
    )
    heading = Heading(Words("Small patches, large patches", "Recortes pequeños, recortes grandes"))
    drawn = Picture("fields", seen.image, caption.fill(file=Path(seen.file).name))
    return [heading, Paragraph(text.fill(**values)), _FIELD, drawn]


def _layer(found: Found, name: str, own: Mapping[str, Any], measured: Mapping[str, Any]) -> list[Block]:
    heading = Heading(Words("{layer}: {side} × {side} pixels", "{layer}: {side} × {side} píxeles").fill(layer=name, side=measured["field"]))
    cells: list[tuple[Words, Image.Image]] = []
    for channel in found.shown[name]:
        patches = found.of(name, channel)
        if not patches:
            continue
        groups = [[patch.tile for patch in patches]]
        if any(patch.explanation for patch in patches):
            groups.append([patch.explanation for patch in patches if patch.explanation])
        caption = Words("channel {channel}: {most:.4g} to {least:.4g}", "canal {channel}: de {most:.4g} a {least:.4g}")
        cells.append((caption.fill(channel=channel, most=patches[0].value, least=patches[-1].value), mosaic(groups, own["top"])))
    if not cells:
        silent = Words(
            "None of the channels asked for answers to any photograph.", "Ninguno de los canales pedidos responde a ninguna fotografía."
        )
        return [heading, Paragraph(silent)]
    caption = Words(
        "{layer}: of each channel the strongest patches, row by row, and the answers of the first and the last.",
        "{layer}: de cada canal los recortes más fuertes, fila a fila, y las respuestas del primero y del último.",
    )
    sheet = Sheet(f"patches-{name}", cells, min(ACROSS, len(cells)), caption.fill(layer=name), height=cells[0][1].height)
    return [heading, Paragraph(_alike(measured)), sheet]


def _alike(measured: Mapping[str, Any]) -> Words:
    """Say how alike the patches of one channel are here."""
    within, between = measured["within"], measured["between"]
    if math.isnan(within):
        return Words("There is one patch of each channel, and nothing to compare.", "Hay un recorte de cada canal y nada que comparar.")
    text = Words(
        "Two patches of the same channel have a cosine of {within:.2f} on average, pixel by pixel.",
        "Dos recortes del mismo canal tienen un coseno medio de {within:.2f}, píxel a píxel.",
    )
    if math.isnan(between):
        return text.fill(within=within)
    text = Words(
        "Two patches of the same channel have a cosine of {within:.2f} on average, pixel by pixel; two of different channels, "
        "{between:.2f}. {so}",
        "Dos recortes del mismo canal tienen un coseno medio de {within:.2f}, píxel a píxel; dos de canales distintos, {between:.2f}. {so}",
    )
    if within > 0.7 and within - between > NOTABLE:
        so = Words("The channel looks for these very pixels.", "El canal busca justo esos píxeles.")
    elif within - between > NOTABLE:
        so = Words(
            "They are related, but far from equal: the channel answers to a pattern that can look in many ways.",
            "Se parecen, pero están lejos de ser iguales: el canal responde a un patrón que admite muchos aspectos.",
        )
    else:
        so = Words(
            "Pixel by pixel they are hardly more alike than any two: what they share, if anything, is no fixed arrangement of colours.",
            "Píxel a píxel apenas se parecen más que otros dos cualesquiera: lo que comparten, si algo comparten, no es una disposición "
            "de colores.",
        )
    return text.fill(within=within, between=between, so=so)


def _summary(layers: Mapping[str, Mapping[str, Any]]) -> list[Block]:
    heading = Heading(Words("From layer to layer", "De capa en capa"))
    columns = {
        "layer": Words("layer", "capa"),
        "field": Words("sees, pixels", "ve, píxeles"),
        "stride": Words("every, pixels", "cada, píxeles"),
        "channels": Words("channels", "canales"),
        "silent": Words("silent", "mudos"),
        "selectivity": Words("selectivity, median", "selectividad, mediana"),
        "within": Words("likeness, same channel", "parecido, mismo canal"),
        "between": Words("likeness, different ones", "parecido, distintos"),
    }
    caption = Words(
        "Selectivity: the weakest answer kept, over the mean magnitude of the channel; the median of all channels. Likeness: mean cosine "
        "of "
        "two patches shown, the mean colour taken off.",
        "Selectividad: la respuesta más débil guardada entre la magnitud media del canal; mediana de todos los canales. Parecido: coseno "
        "medio de "
        "dos recortes mostrados, restado el color medio.",
    )
    table = Table("layers", columns, [{"layer": name, **measured} for name, measured in layers.items()], caption)
    if len(layers) < 2:
        return [heading, table]
    return [heading, Paragraph(_trend(layers)), _plot(layers), table]


def _trend(layers: Mapping[str, Mapping[str, Any]]) -> Words:
    """Say what becomes of likeness and of selectivity from the first layer to the last."""
    first, last = next(iter(layers)), list(layers)[-1]
    before, after = layers[first], layers[last]
    fall = before["within"] - after["within"]
    if fall > NOTABLE:
        text = Words(
            "From {first} to {last}, patches of one channel become less alike ({a:.2f} → {b:.2f}): a shallow channel wants certain pixels, "
            "a deep one accepts many that look different to us.",
            "De {first} a {last}, los recortes de un canal se parecen cada vez menos ({a:.2f} → {b:.2f}): un canal poco profundo quiere "
            "unos píxeles "
            "concretos; uno profundo acepta muchos que a la vista son distintos.",
        )
    else:
        text = Words(
            "From {first} to {last}, patches of one channel do not become less alike here ({a:.2f} → {b:.2f}).",
            "De {first} a {last}, los recortes de un canal no se parecen menos aquí ({a:.2f} → {b:.2f}).",
        )
    rising = Words("Selectivity rises from {c:.3g} to {d:.3g}.", "La selectividad sube de {c:.3g} a {d:.3g}.")
    falling = Words("Selectivity falls from {c:.3g} to {d:.3g}.", "La selectividad baja de {c:.3g} a {d:.3g}.")
    how = (rising if after["selectivity"] > before["selectivity"] else falling).fill(c=before["selectivity"], d=after["selectivity"])
    told = text.fill(first=first, last=last, a=before["within"], b=after["within"])
    return Words(f"{told.en} {how.en}", f"{told.es} {how.es}")


def _plot(layers: Mapping[str, Mapping[str, Any]]) -> Plot:
    same, other = Words("same channel", "mismo canal"), Words("different channels", "canales distintos")
    along, up = Words("layer", "capa"), Words("mean cosine of two patches", "coseno medio de dos recortes")

    def draw(say: Say) -> Any:
        lines = {say(words): [layers[name][key] for name in layers] for key, words in (("within", same), ("between", other))}
        return curves(lines, list(layers), (say(along), say(up)))

    return Plot("likeness", draw, Words("How alike patches are, pixel by pixel.", "Cuánto se parecen los recortes, píxel a píxel."))


def _table(found: Found) -> Table:
    columns = {
        "layer": Words("layer", "capa"),
        "channel": Words("channel", "canal"),
        "rank": Words("rank", "puesto"),
        "file": Words("photograph", "fotografía"),
        "value": Words("answer", "respuesta"),
        "top": Words("top", "arriba"),
        "left": Words("left", "izquierda"),
        "bottom": Words("bottom", "abajo"),
        "right": Words("right", "derecha"),
    }
    rows = [_row(patch) for patch in found.patches]
    caption = Words(
        "Every patch. Edges in pixels of the photograph at the size of the study; bottom and right are not included.",
        "Todos los recortes. Bordes en píxeles de la fotografía al tamaño del estudio; los de abajo y de la derecha no se incluyen.",
    )
    return Table("patches", columns, rows, caption, folded=True)


def _row(patch: Patch) -> dict[str, Any]:
    box = patch.box
    edges = {"top": box.top, "left": box.left, "bottom": box.bottom, "right": box.right}
    told = {"layer": patch.layer, "channel": patch.channel, "rank": patch.rank, "file": patch.file, "value": patch.value}
    return {**told, **edges}


def _numbers(found: Found, layers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "photographs": list(found.files),
        "left out": [{"file": file, "reason": reason} for file, reason in found.skipped],
        "copies": list(found.twins),
        "layers": {name: {**measured, "channels shown": list(found.shown[name])} for name, measured in layers.items()},
        "patches": [{**_row(patch), "position": list(patch.position)} for patch in found.patches],
    }


def _notes(found: Found, own: Mapping[str, Any], stopped: str) -> list[Words]:
    notes = []
    if stopped:
        early = Words(
            "Ended early: {done} of {given} photographs were looked at, and patches after that are not explained.",
            "Terminado antes de tiempo: se miraron {done} de {given} fotografías, y los recortes posteriores no se explican.",
        )
        notes.append(early.fill(done=len(found.files) + len(found.twins) + len(found.skipped), given=found.given))
    for files, words in (
        (
            [file for file, _ in found.skipped],
            Words("Left out, for they cannot be looked at: {names}.", "Omitidas, pues no se pueden mirar: {names}."),
        ),
        (found.twins, Words("Left out, for they are copies of others: {names}.", "Omitidas, pues son copias de otras: {names}.")),
    ):
        if files:
            notes.append(words.fill(names=_listed(files)))
    if len(found.files) < 2 * own["top"]:
        few = Words(
            "{count} photographs are few for {top} patches of each channel: most of them get a place, whether they excite the channel or "
            "not. "
            "A folder with hundreds shows more clearly what a channel looks for.",
            "{count} fotografías son pocas para {top} recortes por canal: casi todas consiguen un lugar, exciten al canal o no. "
            "Una carpeta con cientos muestra mejor qué busca un canal.",
        )
        notes.append(few.fill(count=len(found.files), top=own["top"]))
    return notes


def _listed(files: Sequence[str]) -> Words:
    names, more = ", ".join(Path(file).name for file in files[:NAMED]), len(files) - NAMED
    return Words(names, names) if more <= 0 else Words(f"{names} and {more} more", f"{names} y {more} más")
