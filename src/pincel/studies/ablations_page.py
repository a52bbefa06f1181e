"""The page of the study of ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pincel.studies.plots import bars, curves
from pincel.studies.report import Block, Paragraph, Plot, Report, Say, Table
from pincel.studies.words import Words

PARTS = {
    "": Words("whole", "entera"),
    "tanh": Words("tanh, not ReLU", "tanh, no ReLU"),
    "no-lrn": Words("no normalisation", "sin normalización"),
    "no-overlap": Words("no overlap", "sin solape"),
    "no-augmentation": Words("no augmentation", "sin aumento de datos"),
    "no-dropout": Words("no dropout", "sin dropout"),
    "no-conv3": Words("no conv3", "sin conv3"),
    "no-conv4": Words("no conv4", "sin conv4"),
    "one-gpu": Words("one group", "un grupo"),
}
_TITLE = Words("What is each part of AlexNet worth?", "¿Cuánto vale cada parte de AlexNet?")
_LEAD = Words(
    "Krizhevsky, Sutskever and Hinton argue for each part of their network by what becomes of it without. Here one network is trained "
    "whole and again without each of its parts, everything else being the same, on {train:,} pictures of {classes} classes, and judged by "
    "{held:,} others in ten crops of each.",
    "Krizhevsky, Sutskever y Hinton defienden cada parte de su red por lo que pasa sin ella. Aquí se entrena una red entera, y otra "
    "vez sin cada una de sus partes, con todo lo demás igual, con {train:,} imágenes de {classes} clases, y se juzga con "
    "otras {held:,}, con diez recortes de cada una.",
)
_NOTHING = Words("No network was trained to its end.", "Ninguna red se entrenó hasta el final.")
_CAUTION = Words(
    "One training each, from one seed: with {held:,} pictures an error of {error:.1%} is known to some {margin:.1%}, so that smaller "
    "differences say nothing.",
    "Un solo entrenamiento de cada una, con una sola semilla: con {held:,} imágenes, un error de {error:.1%} se conoce con un margen de "
    "{margin:.1%}, así que diferencias menores no dicen nada.",
)
_FIGURE = Words(
    "Training error against epochs, as figure 1 of the paper (CIFAR-10 there): ReLU, and tanh. Dashes: {target:.0%}.",
    "Error de entrenamiento según las épocas, como la figura 1 del artículo (allí, CIFAR-10): ReLU y tanh. Raya: {target:.0%}.",
)
_BARS = Words("Error on pictures never learnt from, ten crops.", "Error con imágenes nunca aprendidas, diez recortes.")
_ALL = Words(
    "Error on pictures held out, central crop, against epochs.", "Error con imágenes apartadas, recorte central, según las épocas."
)
_TABLE = Words(
    "Errors on pictures never learnt from, the likeliest class; the training error of the last epoch, while learning; steps to a training "
    "error of {target:.0%}, counted in whole epochs, none if it was not reached.",
    "Errores con imágenes nunca aprendidas, clase más probable; error de entrenamiento de la última época, mientras aprende; pasos hasta "
    "un error de entrenamiento de {target:.0%}, contados en épocas enteras; nada si no se alcanzó.",
)


def page(found: Sequence[Mapping[str, Any]], settings: Mapping[str, Any], asked: int) -> Report:
    """Return the report.

    Args:
        found: What is known of each network that was trained to its end, the whole one first.
        settings: What was asked for.
        asked: How many networks were.
    """
    known = found[0]["pictures"] if found else {"train": 0, "val": 0}
    counts = {"train": known["train"], "held": known.get("test", known["val"]), "classes": found[0]["classes"] if found else 0}
    early = Words("Ended early: {done} of {asked} networks.", "Terminado antes de tiempo: {done} de {asked} redes.")
    return Report(
        name="ablations",
        title=_TITLE,
        lead=_LEAD.fill(**counts),
        blocks=_blocks(found, settings["target"], counts["held"]) if found else [Paragraph(_NOTHING)],
        numbers={"networks": list(found)},
        settings=settings,
        notes=() if len(found) == asked else (early.fill(done=len(found), asked=asked),),
    )


def _blocks(found: Sequence[Mapping[str, Any]], target: float, held: int) -> list[Block]:
    by_part = {each["part"]: each for each in found}
    blocks: list[Block] = []
    if {"", "tanh"} <= by_part.keys():
        blocks += [
            Paragraph(_quicker(by_part[""], by_part["tanh"], target)),
            Plot("figure1", _figure1(by_part, target), _FIGURE.fill(target=target)),
        ]
    error = found[0]["top1_error"]
    # Two standard deviations of a share.
    margin = 2 * (error * (1 - error) / max(1, held)) ** 0.5
    columns = {
        "name": Words("network", "red"),
        "top1_error": Words("error, ten crops", "error, diez recortes"),
        "centre_error": Words("error, centre", "error, centro"),
        "train_error": Words("training error", "error de entrenamiento"),
        "steps_to_target": Words("steps to {target:.0%}", "pasos hasta {target:.0%}").fill(target=target),
        "parameters": Words("parameters", "parámetros"),
        "seconds": Words("seconds", "segundos"),
    }
    rows = [{**each, "name": PARTS[each["part"]]} for each in found]
    return [
        *blocks,
        Table("networks", columns, rows, _TABLE.fill(target=target), spoken=True),
        Paragraph(_CAUTION.fill(held=held, error=error, margin=margin)),
        Plot("errors", lambda say: bars({say(PARTS[each["part"]]): 100 * each["top1_error"] for each in found}, "%"), _BARS),
        Plot("validation", lambda say: _lines(found, "val_errors", say), _ALL),
    ]


def _quicker(relu: Mapping[str, Any], tanh: Mapping[str, Any], target: float) -> Words:
    """Say which of the two gets to the training error first."""
    steps = relu["steps_to_target"], tanh["steps_to_target"]
    told = {"target": target, "relu": steps[0], "tanh": steps[1], "relu_end": relu["train_error"], "tanh_end": tanh["train_error"]}
    if all(steps):
        told["factor"] = steps[1] / steps[0]
        return Words(
            "To a training error of {target:.0%} the network with ReLU takes {relu} steps, the one with tanh {tanh}: {factor:.1f} times as "
            "many (the paper: six times, with four layers on CIFAR-10).",
            "Hasta un error de entrenamiento de {target:.0%}, la red con ReLU da {relu} pasos, y la de tanh, {tanh}: {factor:.1f} veces "
            "más (el artículo: seis veces, con cuatro capas y CIFAR-10).",
        ).fill(**told)
    if steps[1]:
        return Words(
            "The network with tanh has a training error of {target:.0%} after {tanh} steps; the one with ReLU does not get there, and ends "
            "at {relu_end:.0%}: on these pictures, at this rate, figure 1 of the paper is not borne out.",
            "La red con tanh llega a un error de entrenamiento de {target:.0%} en {tanh} pasos; la de ReLU no llega, y termina en "
            "{relu_end:.0%}: con estas imágenes y esta tasa, la figura 1 del artículo no se confirma.",
        ).fill(**told)
    if steps[0]:
        return Words(
            "The network with ReLU has a training error of {target:.0%} after {relu} steps; the one with tanh does not get there, and ends "
            "at {tanh_end:.0%}.",
            "La red con ReLU llega a un error de entrenamiento de {target:.0%} en {relu} pasos; la de tanh no llega, y termina "
            "en {tanh_end:.0%}.",
        ).fill(**told)
    return Words(
        "The network with ReLU does not get to a training error of {target:.0%}, and ends at {relu_end:.0%}; the one with tanh, at "
        "{tanh_end:.0%}.",
        "La red con ReLU no llega a un error de entrenamiento de {target:.0%}, y termina en {relu_end:.0%}; la de tanh, en {tanh_end:.0%}.",
    ).fill(**told)


def _figure1(by_part: Mapping[str, Mapping[str, Any]], target: float) -> Any:
    def draw(say: Say) -> Any:
        figure = _lines([by_part[""], by_part["tanh"]], "train_errors", say)
        figure.axes[0].axhline(100 * target, color="#333333", linestyle="--", linewidth=1)
        return figure

    return draw


def _lines(found: Sequence[Mapping[str, Any]], name: str, say: Say) -> Any:
    lines = {say(PARTS[each["part"]]) if each["part"] else _whole(say, name): [100 * error for error in each[name]] for each in found}
    epochs = [float(epoch) for epoch in range(1, max(len(each[name]) for each in found) + 1)]
    return curves(lines, epochs, (say(Words("epoch", "época")), "%"), points=len(epochs) <= 40)


def _whole(say: Say, name: str) -> str:
    """Name the whole network for what matters in a figure."""
    return "ReLU" if name == "train_errors" else say(PARTS[""])
