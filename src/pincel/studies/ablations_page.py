"""The page of the study of ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pincel.studies.plots import bars, curves
from pincel.studies.report import Block, Paragraph, Plot, Report, Table
from pincel.translation import Translate, Translated
from pincel.translation import gettext_lazy as _

PARTS = {
    "": _("whole"),
    "tanh": _("tanh, not ReLU"),
    "no-lrn": _("no normalization"),
    "no-overlap": _("no overlap"),
    "no-augmentation": _("no augmentation"),
    "no-dropout": _("no dropout"),
    "no-conv3": _("no conv3"),
    "no-conv4": _("no conv4"),
    "one-gpu": _("one group"),
}
_TITLE = _("What is each part of AlexNet worth?")
_LEAD = _(
    "Krizhevsky, Sutskever and Hinton argue for each part of their network by what becomes of it without. Here one network is trained "
    "whole and again without each of its parts, everything else being the same, on {train:,} pictures of {classes} classes, and judged by "
    "{held:,} others in ten crops of each."
)
_NOTHING = _("No network was trained to its end.")
_CAUTION = _(
    "One training each, from one seed: with {held:,} pictures an error of {error:.1%} is known to some {margin:.1%}, so that smaller "
    "differences say nothing."
)
_FIGURE = _("Training error against epochs, as figure 1 of the paper (CIFAR-10 there): ReLU, and tanh. Dashes: {target:.0%}.")
_BARS = _("Error on pictures never learned from, ten crops.")
_ALL = _("Error on pictures held out, central crop, against epochs.")
_TABLE = _(
    "Errors on pictures never learned from, the likeliest class; the training error of the last epoch, while learning; steps to a training "
    "error of {target:.0%}, counted in whole epochs, none if it was not reached."
)


def page(networks: Sequence[Mapping[str, Any]], settings: Mapping[str, Any], count: int) -> Report:
    """Return the report of networks, the whole one first, of ``count`` that were to be trained."""
    known = networks[0]["pictures"] if networks else {"train": 0, "val": 0}
    counts = {"train": known["train"], "held": known.get("test", known["val"]), "classes": networks[0]["classes"] if networks else 0}
    early = _("Ended early: {done} of {asked} networks.")
    return Report(
        name="ablations",
        title=_TITLE,
        lead=_LEAD.fill(**counts),
        blocks=_blocks(networks, settings["target"], counts["held"]) if networks else [Paragraph(_NOTHING)],
        numbers={"networks": list(networks)},
        settings=settings,
        notes=() if len(networks) == count else (early.fill(done=len(networks), asked=count),),
    )


def _blocks(networks: Sequence[Mapping[str, Any]], target: float, held: int) -> list[Block]:
    by_part = {each["part"]: each for each in networks}
    blocks: list[Block] = []
    if {"", "tanh"} <= by_part.keys():
        blocks += [
            Paragraph(_quicker(by_part[""], by_part["tanh"], target)),
            Plot("figure1", _figure1(by_part, target), _FIGURE.fill(target=target)),
        ]
    error = networks[0]["top1_error"]
    # Two standard deviations of a share.
    margin = 2 * (error * (1 - error) / max(1, held)) ** 0.5
    columns = {
        "name": _("network"),
        "top1_error": _("error, ten crops"),
        "center_error": _("error, center"),
        "train_error": _("training error"),
        "steps_to_target": _("steps to {target:.0%}").fill(target=target),
        "parameters": _("parameters"),
        "seconds": _("seconds"),
    }
    rows = [{**each, "name": PARTS[each["part"]]} for each in networks]
    return [
        *blocks,
        Table("networks", columns, rows, _TABLE.fill(target=target), print_to_terminal=True),
        Paragraph(_CAUTION.fill(held=held, error=error, margin=margin)),
        Plot("errors", lambda translate: bars({translate(PARTS[each["part"]]): 100 * each["top1_error"] for each in networks}, "%"), _BARS),
        Plot("validation", lambda translate: _lines(networks, "val_errors", translate), _ALL),
    ]


def _quicker(relu: Mapping[str, Any], tanh: Mapping[str, Any], target: float) -> Translated:
    """Return a text that says which of the two gets to the training error first."""
    steps = relu["steps_to_target"], tanh["steps_to_target"]
    values = {"target": target, "relu": steps[0], "tanh": steps[1], "relu_end": relu["train_error"], "tanh_end": tanh["train_error"]}
    if all(steps):
        values["factor"] = steps[1] / steps[0]
        return _(
            "To a training error of {target:.0%} the network with ReLU takes {relu} steps, the one with tanh {tanh}: {factor:.1f} times as "
            "many (the paper: six times, with four layers on CIFAR-10)."
        ).fill(**values)
    if steps[1]:
        return _(
            "The network with tanh has a training error of {target:.0%} after {tanh} steps; the one with ReLU does not get there, and ends "
            "at {relu_end:.0%}: on these pictures, at this rate, figure 1 of the paper is not borne out."
        ).fill(**values)
    if steps[0]:
        return _(
            "The network with ReLU has a training error of {target:.0%} after {relu} steps; the one with tanh does not get there, and ends "
            "at {tanh_end:.0%}."
        ).fill(**values)
    return _(
        "The network with ReLU does not get to a training error of {target:.0%}, and ends at {relu_end:.0%}; the one with tanh, at "
        "{tanh_end:.0%}."
    ).fill(**values)


def _figure1(by_part: Mapping[str, Mapping[str, Any]], target: float) -> Any:
    def draw(translate: Translate) -> Any:
        figure = _lines([by_part[""], by_part["tanh"]], "train_errors", translate)
        figure.axes[0].axhline(100 * target, color="#333333", linestyle="--", linewidth=1)
        return figure

    return draw


def _lines(networks: Sequence[Mapping[str, Any]], name: str, translate: Translate) -> Any:
    lines = {
        translate(PARTS[each["part"]]) if each["part"] else _whole(translate, name): [100 * error for error in each[name]]
        for each in networks
    }
    epochs = [float(epoch) for epoch in range(1, max(len(each[name]) for each in networks) + 1)]
    return curves(lines, epochs, (translate(_("epoch")), "%"), points=len(epochs) <= 40)


def _whole(translate: Translate, name: str) -> str:
    """Name the whole network for what matters in a figure."""
    return "ReLU" if name == "train_errors" else translate(PARTS[""])
