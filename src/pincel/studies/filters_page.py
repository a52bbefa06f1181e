"""The page of the study of filters: pictures, kinds and answers, in words that follow the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pincel.image.io import Picture as Opened
from pincel.image.io import to_pil
from pincel.studies.filter_shape import MOST, Filter, directions
from pincel.studies.filter_tiles import answers, planes, tiles
from pincel.studies.plots import COLOURS, bars, plain
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Say, Table
from pincel.studies.settings import Settings
from pincel.studies.watch import Watch
from pincel.studies.words import Words, same

# What is found of a filter, by name.
KINDS = {
    "brightness": Words("brightness", "brillo"),
    "colour": Words("colour", "color"),
    "brightness edge": Words("edge of brightness", "borde de brillo"),
    "colour edge": Words("edge of colour", "borde de color"),
    "brightness spot": Words("pattern of brightness", "patrón de brillo"),
    "colour spot": Words("pattern of colour", "patrón de color"),
    "flat": Words("flat", "plano"),
    "edge": Words("edge", "borde"),
    "spot": Words("pattern", "patrón"),
    "nothing": Words("nothing", "nada"),
}
TITLE = Words("The filters of {layer}", "Los filtros de {layer}")


def lead(name: str, whole: Sequence[Filter], settings: Settings) -> Words:
    """Say what the question is; ``whole`` are all filters of the layer."""
    sides = sorted({each.weight.shape[-1] for each in whole})
    size = " ".join(f"{side}×{side}" for side in sides)
    return Words(
        "{layer} of {backbone} has {count} filters of {size}, each a small pattern of numbers over {inputs} input channels. A filter is "
        "slid over its input and answers strongly wherever the input resembles it. What do they look like, and what do they answer to?",
        "{layer} de {backbone} tiene {count} filtros de {size}, cada uno un pequeño patrón de números sobre {inputs} canales de entrada. "
        "Un filtro se desliza sobre su entrada y responde con fuerza donde esta se le parece. ¿Qué aspecto tienen, y a qué responden?",
    ).fill(layer=name, backbone=settings.backbone, count=len(whole), size=size, inputs=len(whole[0].weight))


def notes_of(watch: Watch) -> list[Words]:
    """Say what is missing, if the study was ended early."""
    if not watch.stopped:
        return []
    return [
        Words(
            "Ended early: what some of the filters answer to the picture may be missing.",
            "Terminado antes de tiempo: puede faltar lo que algunos filtros responden a la imagen.",
        )
    ]


def coloured_page(groups: Sequence[Sequence[Filter]], whole: Sequence[Filter], picture: Opened) -> list[Block]:
    """Show filters that see colours.

    Args:
        groups: Those shown, of one size together.
        whole: All filters of the layer.
        picture: What they answer to.
    """
    shown = [each for group in groups for each in group]
    return [
        Heading(Words("As pictures", "Como imágenes")),
        Paragraph(
            Words(
                "A filter of the first layer sees red, green and blue, so that it is itself a picture in colour. Grey is 0; what is "
                "brighter is wanted, what is darker is not. The number above each is its channel.",
                "Un filtro de la primera capa ve rojo, verde y azul, así que él mismo es una imagen en color. El gris es 0; lo más claro "
                "se busca, lo más oscuro se evita. El número sobre cada uno es su canal.",
            )
        ),
        Formula("shade = 1/2 + w / (2·max|w|)", "grey is 0, black −max|w|, white max|w|"),
        Picture("tiles", tiles(groups, own_scale=False), COMMON),
        Picture("tiles-own", tiles(groups, own_scale=True), OWN),
        *_kinds(whole, in_colour=True),
        *_answers(shown, picture),
        _table(shown, in_colour=True),
    ]


COMMON = Words(
    "Filters of one size on a common scale: those that stay grey are weak.",
    "Filtros de un mismo tamaño en una escala común: los que quedan grises son débiles.",
)
OWN = Words("The same, each on its own scale: only the pattern counts.", "Los mismos, cada uno en su propia escala: solo cuenta el patrón.")


def deep_page(groups: Sequence[Sequence[Filter]], whole: Sequence[Filter], picture: Opened) -> list[Block]:
    """Show filters that see the maps of another layer; the arguments are those of :func:`coloured_page`."""
    shown = groups[0]
    spread = float(np.mean([each.shape.inputs for each in whole]))
    return [
        Heading(Words("As pictures", "Como imágenes")),
        Paragraph(
            Words(
                "A deeper filter does not see colours but the maps of the layer before, so that it cannot be shown as one picture: it is "
                "a stack of small patterns, one for each map. Grey is 0, and all filters here share one scale.",
                "Un filtro más profundo no ve colores, sino los mapas de la capa anterior, y no cabe en una sola imagen: es una pila de "
                "pequeños patrones, uno por mapa. El gris es 0, y todos los filtros mostrados comparten una escala.",
            )
        ),
        Formula("number of inputs in use = (Σ_c e_c)² / Σ_c e_c²,  e_c = Σ_x w_cx²", "participation ratio of the energies e_c"),
        Paragraph(
            Words(
                "On average a filter of this layer spreads its energy over {spread:.0f} of {inputs} channels.",
                "En promedio, un filtro de esta capa reparte su energía entre {spread:.0f} de {inputs} canales.",
            ).fill(spread=spread, inputs=len(whole[0].weight))
        ),
        *_stacks(shown),
        *_kinds(whole, in_colour=False),
        *_answers(shown, picture),
        _table(shown, in_colour=False),
    ]


def _stacks(shown: Sequence[Filter]) -> list[Block]:
    largest = max(float(each.weight.abs().max()) for each in shown)
    caption = Words(
        "Filter {channel}: one tile for each of {inputs} input channels, row by row. Its energy is spread over about {spread:.0f} of them.",
        "Filtro {channel}: un cuadro por cada uno de los {inputs} canales de entrada, fila por fila. Su energía se reparte entre unos "
        "{spread:.0f}.",
    )
    return [
        Picture(
            f"filter-{each.channel}",
            planes(each.weight, largest),
            caption.fill(channel=each.channel, inputs=len(each.weight), spread=each.shape.inputs),
        )
        for each in shown
    ]


def _kinds(whole: Sequence[Filter], *, in_colour: bool) -> list[Block]:
    counts = Counter(each.shape.kind for each in whole)
    rows = [{"kind": KINDS[kind], "count": count, "share": count / len(whole)} for kind, count in counts.most_common()]
    columns = {"kind": Words("what it is", "qué es"), "count": Words("filters", "filtros"), "share": Words("share", "proporción")}
    chance = Words("Numbers drawn at random would give 1/f² for flat{third}.", "Números al azar darían 1/f² de plano{third}.").fill(
        third=Words(", 1/3 for brightness", " y 1/3 de brillo") if in_colour else same("")
    )
    colours: list[Block] = (
        [Formula("brightness = Σ_x (r + g + b)²/3 / Σ_x (r² + g² + b²)", "share of energy along grey")] if in_colour else []
    )
    blocks: list[Block] = [
        Heading(Words("In numbers", "En números")),
        Paragraph(
            Words(
                "A filter is called flat if more than half of its energy (its squared weights) is the same at each place: it answers to "
                "even surfaces. Else it is called an edge if its pattern has one direction, a coherence over a half. The rest are spots, "
                "corners, and patterns without a name. {chance}",
                "Un filtro se llama plano si más de la mitad de su energía (sus pesos al cuadrado) es igual en todas partes: responde a "
                "superficies uniformes. Si no, se llama borde si su patrón tiene una dirección, con coherencia superior a un medio. Los "
                "demás son manchas, esquinas y patrones sin nombre. {chance}",
            ).fill(chance=chance)
        ),
        *colours,
        Formula("flat = Σ_c (Σ_x w)² / f² / Σ_cx w²", "share of energy of the mean"),
        Formula("T = Σ_cx ∇w·∇wᵀ,  coherence = (λ₁ − λ₂)/(λ₁ + λ₂)", "structure tensor, Bigün and Granlund 1987"),
        Table("kinds", columns, rows, Words("All {count} filters of the layer.", "Los {count} filtros de la capa.").fill(count=len(whole))),
        Paragraph(_found(whole, in_colour=in_colour)),
    ]
    return blocks + _kind_plots(whole, in_colour=in_colour)


def _kind_plots(whole: Sequence[Filter], *, in_colour: bool) -> list[Block]:
    blocks: list[Block] = []
    if in_colour:
        blocks.append(Plot("plane", lambda say: _plane(whole, say), PLANE))
    edges = [each.shape.angle for each in whole if each.shape.kind.endswith("edge") and each.shape.angle is not None]
    if len(edges) > 1:
        caption = Words(
            "Directions of the {count} edges: 0° is level, 90° upright, counted against the clock.",
            "Direcciones de los {count} bordes: 0° es horizontal, 90° vertical, en sentido antihorario.",
        ).fill(count=len(edges))
        blocks.append(Plot("directions", lambda say: bars(directions(edges), say(Words("filters", "filtros"))), caption))
    return blocks


PLANE = Words(
    "Each filter by its shares of brightness and of flatness; large points are strong filters.",
    "Cada filtro según sus proporciones de brillo y de planitud; los puntos grandes son filtros fuertes.",
)


def _plane(whole: Sequence[Filter], say: Say) -> Figure:
    figure, axes = plain((8.0, 5.5))
    strongest = max(each.shape.strength for each in whole) or 1.0
    kinds = sorted({each.shape.kind for each in whole}, key=list(KINDS).index)
    for colour, kind in zip(COLOURS, kinds, strict=False):
        mine = [each for each in whole if each.shape.kind == kind]
        places = [(each.shape.brightness or 0.0, each.shape.flat) for each in mine]
        areas = [8 + 120 * each.shape.strength / strongest for each in mine]
        axes.scatter([x for x, _ in places], [y for _, y in places], s=areas, color=colour, alpha=0.6, label=say(KINDS[kind]))
    axes.set_xlabel(say(Words("brightness (0: pure colour, 1: grey)", "brillo (0: color puro, 1: gris)")))
    axes.set_ylabel(say(Words("flat (0: pattern, 1: even)", "plano (0: patrón, 1: uniforme)")))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), markerscale=0.7, fontsize=8, frameon=False)
    return figure


def _found(whole: Sequence[Filter], *, in_colour: bool) -> Words:
    edges = sum(each.shape.kind.endswith("edge") for each in whole)
    flat = sum(each.shape.flat > MOST for each in whole)
    counted = Words(
        "Of {all} filters, {edges} are edges and {flat} are flat.", "De {all} filtros, {edges} son bordes y {flat} son planos."
    ).fill(all=len(whole), edges=edges, flat=flat)
    of_colour = [each.shape for each in whole if each.shape.brightness is not None and each.shape.brightness <= MOST]
    of_light = [each.shape for each in whole if each.shape.brightness is not None and each.shape.brightness > MOST]
    if not in_colour or not of_colour or not of_light:
        return counted
    colour, light = (float(np.mean([shape.flat for shape in group])) for group in (of_colour, of_light))
    blurred = Words(
        "{counted} Those of colour are flatter ({colour:.0%} of their energy) than those of brightness ({light:.0%}): the network looks "
        "for brightness in detail and for colour at large, as our eyes do.",
        "{counted} Los de color son más planos ({colour:.0%} de su energía) que los de brillo ({light:.0%}): la red busca el brillo al "
        "detalle y el color a grandes rasgos, como nuestros ojos.",
    )
    alike = Words(
        "{counted} Those of colour are no flatter ({colour:.0%} of their energy) than those of brightness ({light:.0%}): here nothing was "
        "specialised.",
        "{counted} Los de color no son más planos ({colour:.0%} de su energía) que los de brillo ({light:.0%}): aquí nada se ha "
        "especializado.",
    )
    # Shares of random filters scatter: a difference counts if it is beyond that.
    return (blurred if colour > light + 0.05 else alike).fill(counted=counted, colour=colour, light=light)


def _answers(shown: Sequence[Filter], picture: Opened) -> list[Block]:
    if all(each.answer is None for each in shown):
        return []
    return [
        Heading(Words("What they answer to", "A qué responden")),
        Picture("picture", to_pil(picture.pixels), Words("The picture.", "La imagen.")),
        Picture(
            "answers",
            answers(shown),
            Words(
                "What each filter answers after ReLU, stretched from its smallest value (dark) to its largest (yellow).",
                "Lo que responde cada filtro tras ReLU, estirado de su valor mínimo (oscuro) al máximo (amarillo).",
            ),
        ),
    ]


def _table(shown: Sequence[Filter], *, in_colour: bool) -> Table:
    columns = {
        "channel": Words("channel", "canal"),
        "kind": Words("what it is", "qué es"),
        "side": Words("side", "lado"),
        "strength": Words("strength", "fuerza"),
        "bias": Words("bias", "sesgo"),
        "brightness": Words("brightness", "brillo"),
        "flat": Words("flat", "plano"),
        "coherence": Words("coherence", "coherencia"),
        "angle": Words("angle, °", "ángulo, °"),
        "inputs": Words("inputs in use", "entradas en uso"),
        "mean": Words("mean answer", "respuesta media"),
        "active": Words("answers on", "responde en"),
    }
    del columns["inputs" if in_colour else "brightness"]
    rows = [{**each.as_json(), "kind": KINDS[each.shape.kind]} for each in shown]
    return Table(
        "filters",
        columns,
        rows,
        Words(
            "The filters shown. Strength: root of the sum of squares. Answers on: share of the picture where it is above 0 after ReLU.",
            "Los filtros mostrados. Fuerza: raíz de la suma de cuadrados. Responde en: proporción de la imagen donde supera 0 tras ReLU.",
        ),
    )
