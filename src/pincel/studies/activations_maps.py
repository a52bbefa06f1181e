"""The maps on the page of the study of activations: all of a layer, a few over the picture, and how much of them is plain to see."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

from pincel.studies.favourites import SHOWN, Favourite
from pincel.studies.layer_answers import ALIKE, Answer, most_active, rectified
from pincel.studies.layer_figures import by_layer
from pincel.studies.maps import coloured, numbered_grid, stretched
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Say, Sheet, Table
from pincel.studies.words import Words, same


def maps_of(name: str, features: Tensor, channels: int) -> list[Block]:
    """Show the most active maps of a layer, (1, C, H, W), so many at most."""
    order = most_active(features, channels)
    tiles = [(str(channel), coloured(stretched(features[0, channel]))) for channel in order]
    columns = math.ceil(math.sqrt(len(tiles)))
    caption = Words(
        "{name}: {count} of {all} maps of {height}×{width}, the most active (by mean) first; above each the number of its channel.",
        "{name}: {count} de {all} mapas de {height}×{width}, primero los más activos (por su media); sobre cada uno, su número de canal.",
    ).fill(name=name, count=len(tiles), all=features.shape[1], height=features.shape[2], width=features.shape[3])
    return [Picture(f"maps-{name}", numbered_grid(tiles, columns, max(24, 1080 // columns - 4)), caption)]


def maps_section(maps: Sequence[Block]) -> list[Block]:
    """Say how the maps are to be read, before those of all layers chosen."""
    if not maps:
        return []
    return [
        Heading(Words("The maps", "Los mapas")),
        Formula("v = (F − min F) / (max F − min F), for each map F by itself", "matplotlib viridis: 0 dark blue, 1 yellow"),
        Paragraph(
            Words(
                "Colours tell where in the picture a channel answers, not how strongly compared with others: each map is stretched by "
                "itself. A map of one dark colour is constant, and nearly always 0. Compare the layers: how much of the picture can still "
                "be recognised in them?",
                "Los colores dicen en qué parte de la imagen responde un canal, no con qué fuerza frente a los demás: cada mapa se estira "
                "por separado. Un mapa de un solo color oscuro es constante, y casi siempre 0. Compare las capas: ¿cuánto se "
                "reconoce aún de la imagen?",
            )
        ),
        *maps,
    ]


def favourites_section(favourites: Sequence[Favourite], answers: Sequence[Answer]) -> list[Block]:
    """Show channels over the picture, and how much of the layers is plain to see."""
    if not favourites:
        return []
    columns = {
        "layer": Words("layer", "capa"),
        "channel": Words("channel", "canal"),
        "max": Words("largest", "máximo"),
        "active": Words("over half of it", "más de la mitad"),
    }
    cells = [(same(f"{each.layer} · {each.channel}"), each.image) for each in favourites]
    blocks: list[Block] = [
        Heading(Words("What are they about?", "¿De qué hablan?")),
        Paragraph(
            Words(
                "Three channels of each layer chosen, laid over the picture: those whose maps vary most away from the border, leaving out "
                "any that resembles one already taken (correlation over {alike}). The warmer, the stronger the answer. A glowing border "
                "is no mistake: beyond it the network sees zeros, and that is an edge too.",
                "Tres canales de cada capa elegida, sobre la imagen: aquellos cuyos mapas varían más lejos del borde, sin los que se "
                "parecen a uno ya elegido (correlación superior a {alike}). Cuanto más cálido el color, más fuerte la respuesta. Un borde "
                "encendido no es un error: más allá la red ve ceros, y eso también es un borde.",
            ).fill(alike=ALIKE)
        ),
        Sheet("heat", cells, SHOWN, Words("Layer · channel.", "Capa · canal."), height=224),
        Table(
            "heat",
            columns,
            [each.as_json() for each in favourites],
            Words(
                "The largest value of each map above, and the share of positions over half of it.",
                "El máximo de cada mapa de arriba, y la proporción de posiciones que superan la mitad.",
            ),
        ),
    ]
    return blocks + _explained(rectified(answers))


def _explained(answers: Sequence[Answer]) -> list[Block]:
    known = [(each, each.explained) for each in answers if each.explained is not None]
    if not known:
        return []
    (first, before), (last, after) = known[0], known[-1]
    filled = {"first": first.layer.name, "last": last.layer.name, "before": before, "after": after}
    blocks: list[Block] = [
        Paragraph(
            Words(
                "Put as a number: how much of a map can be told from what is plain to see, the mean red, green and blue at each position "
                "and the mean slope of the brightness across and down? The rest needs to know how these go together: textures, parts, "
                "things.",
                "En números: ¿cuánto de un mapa se deduce de lo que salta a la vista, la media de rojo, verde y azul en cada posición y la "
                "pendiente media del brillo en horizontal y en vertical? Lo demás exige saber cómo se combinan: texturas, partes, cosas.",
            )
        ),
        Formula("R̄² = 1 − (1 − R²)·(n − 1)/(n − 1 − p),  mean of all channels that vary", "Theil 1961 (adjusted R²)"),
    ]
    if len(known) == 1:
        only = Words("In {first} it is {before:.0%}.", "En {first} es el {before:.0%}.")
        return [*blocks, Paragraph(only.fill(**filled))]
    falls = Words(
        "It falls from {before:.0%} in {first} to {after:.0%} in {last}: the deeper, the less it is about mere colours and edges.",
        "Baja del {before:.0%} en {first} al {after:.0%} en {last}: cuanto más profunda la capa, menos habla de meros colores y bordes.",
    )
    holds = Words(
        "It hardly falls, if at all: {before:.0%} in {first}, {after:.0%} in {last}. In this picture colours and edges "
        "also tell where deep channels answer.",
        "Apenas baja, si es que baja: el {before:.0%} en {first}, el {after:.0%} en {last}. En esta imagen, colores y bordes "
        "también dicen dónde responden los canales profundos.",
    )
    caption = Words("Share of the maps that colours and slopes explain.", "Proporción de los mapas que explican colores y pendientes.")
    plot = Plot("explained", lambda say: _explained_plot([each for each, _ in known], say), caption)
    return [*blocks, Paragraph((falls if after < before / 2 else holds).fill(**filled)), plot]


def _explained_plot(answers: Sequence[Answer], say: Say) -> Figure:
    values = [math.nan if each.explained is None else each.explained for each in answers]
    return by_layer({"R̄²": values}, answers, say(Words("share explained", "proporción explicada")))
