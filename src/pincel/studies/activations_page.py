"""The page of the study of activations: how large the layers are, how full, in words that follow the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from pincel.image.io import Picture as Opened
from pincel.image.io import to_pil
from pincel.studies.layer_answers import BYTES, Answer, rectified
from pincel.studies.layer_figures import by_layer, volumes
from pincel.studies.report import Block, Formula, Heading, Paragraph, Picture, Plot, Say, Table
from pincel.studies.settings import Settings
from pincel.studies.watch import Watch
from pincel.studies.words import Words, same

TITLE = Words("What the layers of a network answer", "Lo que responden las capas de una red")


def lead(picture: Opened, settings: Settings) -> Words:
    """Say what the question is."""
    return Words(
        "The picture is shown to {backbone} once, at {width}×{height} pixels. Each layer answers with a stack of maps, one for each of its "
        "channels: large where the picture has what the channel looks for, and 0 where it does not. How large are the maps, how many, how "
        "full, and what are they about?",
        "La imagen se muestra una vez a {backbone}, con {width}×{height} píxeles. Cada capa responde con una pila de mapas, uno por "
        "cada uno de sus canales: grandes donde la imagen tiene lo que busca el canal, y 0 donde no. ¿Qué tamaño tienen los mapas, cuántos "
        "son, qué tan llenos están y de qué hablan?",
    ).fill(backbone=settings.backbone, width=picture.width, height=picture.height)


def notes_of(watch: Watch, answers: Sequence[Answer], names: Sequence[str], settings: Settings) -> list[Words]:
    """Say what is missing, if anything; ``names`` are the layers that the picture is large enough for."""
    notes = []
    if watch.stopped:
        ended = Words("Ended early: {done} of {all} layers were looked at.", "Terminado antes de tiempo: se vieron {done} de {all} capas.")
        notes.append(ended.fill(done=len(answers), all=len(names)))
    missing = [name for name in settings.card.names if name not in names]
    if missing:
        notes.append(
            Words(
                "Nothing of so small a picture is left from {first} on; those layers are not shown.",
                "De una imagen tan pequeña no queda nada a partir de {first}; esas capas no se muestran.",
            ).fill(first=missing[0])
        )
    return notes


def _stages(answers: Sequence[Answer]) -> list[Answer]:
    """Return of all layers with the same stride the last one before the pooling."""
    last = {answer.layer.stride: answer for answer in answers if answer.layer.kind == "pool"}
    last |= {answer.layer.stride: answer for answer in answers if answer.layer.kind != "pool"}
    return [last[stride] for stride in sorted(last)]


def shapes(picture: Opened, answers: Sequence[Answer]) -> list[Block]:
    """Show the picture, and how large each layer is."""
    blocks: list[Block] = [
        Picture("picture", to_pil(picture.pixels), Words("The picture, as the network sees it.", "La imagen, tal como la ve la red.")),
        Heading(Words("Smaller, and more of them", "Más pequeños, y más numerosos")),
        Paragraph(
            Words(
                "A layer is a box of numbers: n_H rows, n_W columns, n_C channels. Convolutions change n_C, the number of filters; each "
                "pooling halves n_H and n_W and keeps the largest of every four neighbours. So a position in a deep layer stands for a "
                "larger part of the picture, and says more about it.",
                "Una capa es una caja de números: n_H filas, n_W columnas, n_C canales. Las convoluciones cambian n_C, el número de "
                "filtros; cada agrupamiento (pooling) reduce n_H y n_W a la mitad y se queda con el mayor de cada cuatro vecinos. Así, una "
                "posición de una capa profunda representa una parte mayor de la imagen y dice más sobre ella.",
            )
        ),
        Formula(
            "n_out = ⌊(n + 2p − f)/s⌋ + 1;   3×3, p = 1, s = 1: n_out = n;   2×2, p = 0, s = 2: n_out = ⌊n/2⌋", "Simonyan, Zisserman 2014"
        ),
    ]
    if answers:
        stages = [("input", (picture.height, picture.width, 3))]
        stages += [(each.layer.name, (each.height, each.width, each.layer.channels)) for each in _stages(answers)]
        blocks += [Plot("volumes", lambda say: volumes(_named(stages, say)), VOLUMES), Paragraph(_shrinking(answers))]
        # A convolution and its ReLU are of one size.
        sizes = [answer for answer in answers if answer.layer.kind != "conv"]
        if len(sizes) > 1:
            blocks.append(Plot("sizes", lambda say: _sizes_plot(sizes, say), SIZES))
        blocks.append(_table(answers))
    return blocks


VOLUMES = Words(
    "Input, the last layer before each pooling, and the last pooling. Height, depth and length of a box are the square roots of n_H, n_W "
    "and n_C, for else the last would be a needle.",
    "La entrada, la última capa antes de cada agrupamiento y el último agrupamiento. Alto, fondo y largo de cada caja son las raíces "
    "cuadradas de n_H, n_W y n_C: de otro modo, la última sería una aguja.",
)
SIZES = Words(
    "Positions of a map (n_H·n_W), channels (n_C), and numbers in all, their product. Powers of ten upwards.",
    "Posiciones de un mapa (n_H·n_W), canales (n_C) y números en total, su producto. Escala logarítmica.",
)


def _named(stages: Sequence[tuple[str, tuple[int, int, int]]], say: Say) -> list[tuple[str, tuple[int, int, int]]]:
    return [(say(Words("input", "entrada")) if name == "input" else name, size) for name, size in stages]


def _sizes_plot(answers: Sequence[Answer], say: Say) -> Figure:
    lines = {
        say(Words("positions", "posiciones")): [float(each.height * each.width) for each in answers],
        say(Words("channels", "canales")): [float(each.layer.channels) for each in answers],
        say(Words("numbers", "números")): [float(each.values) for each in answers],
    }
    return by_layer(lines, answers, say(Words("how many", "cuántos")), logarithmic=True)


def _shrinking(answers: Sequence[Answer]) -> Words:
    first, last = answers[0], answers[-1]
    filled = {"first": first.layer.name, "last": last.layer.name, "before": first.size, "after": last.size}
    megabytes = sum(each.values for each in answers) * BYTES / 2**20
    if first.height * first.width == last.height * last.width:
        return Words(
            "Here nothing shrinks: {last} is {after}. All layers together take {all:.0f} MiB as 32-bit numbers.",
            "Aquí nada encoge: {last} es de {after}. Todas las capas juntas ocupan {all:.0f} MiB como números de 32 bits.",
        ).fill(**filled, all=megabytes)
    return Words(
        "From {first}, {before}, to {last}, {after}: {less:.0f} times fewer positions, {more:.0f} times as many channels, {ratio:.0f} "
        "times fewer numbers. All layers together take {all:.0f} MiB as 32-bit numbers, and {share:.0%} of that is in the layers of full "
        "size.",
        "De {first}, {before}, a {last}, {after}: {less:.0f} veces menos posiciones, {more:.0f} veces más canales, {ratio:.0f} veces menos "
        "números. Todas las capas juntas ocupan {all:.0f} MiB como números de 32 bits, y el {share:.0%} está en las capas de tamaño "
        "completo.",
    ).fill(
        **filled,
        less=first.height * first.width / (last.height * last.width),
        more=last.layer.channels / first.layer.channels,
        ratio=first.values / last.values,
        all=megabytes,
        share=sum(each.values for each in answers if each.layer.stride == 1) / sum(each.values for each in answers),
    )


def _table(answers: Sequence[Answer]) -> Table:
    columns = {
        "layer": Words("layer", "capa"),
        "n_H": same("n_H"),
        "n_W": same("n_W"),
        "n_C": same("n_C"),
        "stride": Words("stride", "paso"),
        "receptive_field": Words("sees, px", "ve, px"),
        "values": Words("numbers", "números"),
        "MiB": same("MiB"),
        "zeros": Words("zeros", "ceros"),
        "mean": Words("mean", "media"),
        "max": Words("largest", "máximo"),
        "dead": Words("dead", "muertos"),
        "explained": Words("explained", "explicado"),
    }
    return Table(
        "layers",
        columns,
        [answer.as_json() for answer in answers],
        Words(
            "Every layer. Stride: pixels between neighbouring positions. Sees: side of the square of pixels that one position depends on "
            "(receptive field). Zeros: share of numbers that are exactly 0. Dead: channels that are nowhere above 0 in this picture. "
            "Explained: see the last section.",
            "Todas las capas. Paso: píxeles entre posiciones vecinas. Ve: lado del cuadrado de píxeles del que depende una posición (campo "
            "receptivo). Ceros: proporción de números que son exactamente 0. Muertos: canales que en esta imagen no superan el 0 en ningún "
            "sitio. Explicado: véase la última sección.",
        ),
    )


def emptiness(answers: Sequence[Answer]) -> list[Block]:
    """Show how many zeros there are after each ReLU."""
    after = rectified(answers)
    if not after:
        return []
    blocks: list[Block] = [
        Heading(Words("Emptier and emptier?", "¿Cada vez más vacías?")),
        Formula("ReLU(z) = max(0, z)", "Nair, Hinton 2010"),
        Paragraph(
            Words(
                "Before ReLU hardly any number is exactly 0; ReLU cuts off everything negative. The more zeros, the more selective the "
                "channels: each is silent on most of the picture. A dead channel is silent on all of it; another picture may well wake it.",
                "Antes de ReLU casi ningún número es exactamente 0; ReLU recorta todo lo negativo. Cuantos más ceros, más selectivos los "
                "canales: cada uno calla en la mayor parte de la imagen. Un canal muerto calla en toda ella; otra imagen bien puede "
                "despertarlo.",
            )
        ),
        Paragraph(_sparsity(after)),
    ]
    if len(after) > 1:
        blocks.append(Plot("zeros", lambda say: _zeros_plot(after, say), ZEROS))
        blocks.append(Plot("strength", lambda say: _strength_plot(after, say), STRENGTH))
    return blocks


ZEROS = Words("Share of zeros, and of dead channels, after each ReLU.", "Proporción de ceros y de canales muertos tras cada ReLU.")
STRENGTH = Words(
    "Mean and largest value after each ReLU, powers of ten upwards. They differ widely from layer to layer: who compares layers must "
    "weigh them.",
    "Media y máximo tras cada ReLU, en escala logarítmica. Difieren mucho de una capa a otra: quien compare capas tendrá que ponderarlas.",
)


def _zeros_plot(answers: Sequence[Answer], say: Say) -> Figure:
    lines = {
        say(Words("zeros", "ceros")): [each.zeros for each in answers],
        say(Words("dead channels", "canales muertos")): [each.dead / each.layer.channels for each in answers],
    }
    return by_layer(lines, answers, say(Words("share", "proporción")))


def _strength_plot(answers: Sequence[Answer], say: Say) -> Figure:
    # A layer that is wholly dead has no logarithm.
    lines = {
        say(Words("mean", "media")): [each.mean or math.nan for each in answers],
        say(Words("largest", "máximo")): [each.largest or math.nan for each in answers],
    }
    return by_layer(lines, answers, say(Words("value", "valor")), logarithmic=True)


def _sparsity(answers: Sequence[Answer]) -> Words:
    fullest, emptiest = min(answers, key=lambda each: each.zeros), max(answers, key=lambda each: each.zeros)
    dead = sum(each.dead for each in answers)
    worst = max(answers, key=lambda each: each.dead / each.layer.channels)
    if dead:
        silent = Words(
            "Most dead channels: {dead} of {all}, in {layer}.", "La capa con más canales muertos es {layer}: {dead} de {all}."
        ).fill(dead=worst.dead, all=worst.layer.channels, layer=worst.layer.name)
    else:
        silent = Words("No channel of any layer is dead.", "Ningún canal está muerto en ninguna capa.")
    if len(answers) == 1:
        found = Words("In {layer}, {zeros:.0%} of the numbers are 0.", "En {layer}, el {zeros:.0%} de los números son 0.")
        return Words("{found} {silent}", "{found} {silent}").fill(
            found=found.fill(layer=fullest.layer.name, zeros=fullest.zeros), silent=silent
        )
    where = DEEPER if answers.index(emptiest) > answers.index(fullest) else SHALLOWER
    return Words(
        "Here {least:.0%} of the numbers are 0 in the fullest layer, {full}, and {most:.0%} in the emptiest, {empty}: {where}. {silent}",
        "Son 0 el {least:.0%} de los números en la capa más llena, {full}, y el {most:.0%} en la más vacía, {empty}: {where}. {silent}",
    ).fill(least=fullest.zeros, full=fullest.layer.name, most=emptiest.zeros, empty=emptiest.layer.name, where=where, silent=silent)


DEEPER = Words("the emptiest lies deeper", "la más vacía está a mayor profundidad")
SHALLOWER = Words("the emptiest is not the deeper of the two", "la más vacía no es la más profunda de las dos")
