"""The page of the study of ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pincel.studies.ablation_trainings import Ablation, judge
from pincel.studies.plots import bars, curves
from pincel.studies.report import Block, Paragraph, Plot, Report, Table
from pincel.translation import Translate, Translated, untranslated
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
    "differences say nothing. --seeds 3 would tell more."
)
_SPREAD = _(
    "{seeds} trainings each, from different seeds; ± is their standard deviation. A claim of the paper holds here if the network without "
    "the part is worse by more than two standard errors of the difference: a larger error or, with tanh, more steps to {target:.0%}."
)
_VERDICTS = {"holds": _("holds here"), "opposite": _("the opposite here"), "open": _("cannot be told here"), None: None}
_FIGURE = _(
    "Training error against epochs, as figure 1 of the paper (CIFAR-10 there): ReLU at a rate of {relu:g}, tanh at {tanh:g}. Dashes: "
    "{target:.0%}. Shaded: from the least to the largest of all trainings."
)
_BARS = _("Error on pictures never learned from, ten crops.")
_ALL = _("Error on pictures held out, central crop, against epochs.")
_TABLE = _(
    "Errors on pictures never learned from, the likeliest class; the training error of the last epoch, while learning; steps to a training "
    "error of {target:.0%}, counted in whole epochs, none if it was not reached."
)


def page(networks: Sequence[Ablation], settings: Mapping[str, Any], count: int) -> Report:
    """Return the report of networks, the whole one first, of ``count`` that were to be trained."""
    known = networks[0].runs[0] if networks else None
    pictures = known.pictures if known else {"train": 0, "val": 0}
    counts = {"train": pictures["train"], "held": pictures.get("test", pictures["val"]), "classes": known.classes if known else 0}
    early = _("Ended early: {done} of {asked} networks.")
    return Report(
        name="ablations",
        title=_TITLE,
        lead=_LEAD.fill(**counts),
        blocks=_blocks(networks, settings["target"], counts["held"]) if networks else [Paragraph(_NOTHING)],
        numbers={"networks": [{**each.as_numbers(), "claim": judge(each, networks[0])} for each in networks]},
        settings=settings,
        notes=() if len(networks) == count else (early.fill(done=len(networks), asked=count),),
    )


def _blocks(networks: Sequence[Ablation], target: float, held: int) -> list[Block]:
    by_part = {each.part: each for each in networks}
    blocks: list[Block] = []
    if {"", "tanh"} <= by_part.keys():
        relu, tanh = by_part[""], by_part["tanh"]
        caption = _FIGURE.fill(target=target, relu=relu.rate, tanh=tanh.rate)
        blocks += [Paragraph(_quicker(relu, tanh, target)), Plot("figure1", _figure1(relu, tanh, target), caption)]
    return [
        *blocks,
        _table(networks, target),
        Paragraph(_certainty(networks[0], target, held)),
        Plot("errors", lambda translate: _bars(networks, translate), _BARS),
        Plot("validation", lambda translate: _lines(_named(networks, translate), "val_errors", translate), _ALL),
    ]


def _table(networks: Sequence[Ablation], target: float) -> Table:
    several = len(networks[0].runs) > 1
    columns = {
        "name": _("network"),
        "top1_error": _("error, ten crops"),
        **({"top1_spread": untranslated("±"), "claim": _("the paper's claim")} if several else {}),
        "center_error": _("error, center"),
        "train_error": _("training error"),
        "steps_to_target": _("steps to {target:.0%}").fill(target=target),
        "rate": _("rate"),
        "parameters": _("parameters"),
        "seconds": _("seconds"),
    }
    rows = [{**each.as_numbers(), "name": PARTS[each.part], "claim": _VERDICTS[judge(each, networks[0])]} for each in networks]
    return Table("networks", columns, rows, _TABLE.fill(target=target), print_to_terminal=True)


def _certainty(whole: Ablation, target: float, held: int) -> Translated:
    if len(whole.runs) > 1:
        return _SPREAD.fill(seeds=len(whole.runs), target=target)
    error = whole.mean_of("top1_error")
    # Two standard deviations of a share.
    margin = 2 * (error * (1 - error) / max(1, held)) ** 0.5
    return _CAUTION.fill(held=held, error=error, margin=margin)


def _quicker(relu: Ablation, tanh: Ablation, target: float) -> Translated:
    """Return a text that says which of the two gets to the training error first."""
    steps = relu.steps_to_target, tanh.steps_to_target
    values: dict[str, Any] = {"target": target, "relu_end": relu.train_error, "tanh_end": tanh.train_error}
    values |= {name: None if number is None else round(number) for name, number in zip(("relu", "tanh"), steps, strict=True)}
    if steps[0] and steps[1]:
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


def _figure1(relu: Ablation, tanh: Ablation, target: float) -> Any:
    def draw(translate: Translate) -> Any:
        figure = _lines({"ReLU": relu, translate(PARTS["tanh"]): tanh}, "train_errors", translate)
        axes = figure.axes[0]
        for line, network in zip(axes.lines, (relu, tanh), strict=True):
            low, _mean, high = zip(*network.curve("train_errors"), strict=True)
            epochs = range(1, len(low) + 1)
            axes.fill_between(epochs, [100 * error for error in low], [100 * error for error in high], color=line.get_color(), alpha=0.2)
        axes.axhline(100 * target, color="#333333", linestyle="--", linewidth=1)
        return figure

    return draw


def _named(networks: Sequence[Ablation], translate: Translate) -> dict[str, Ablation]:
    return {translate(PARTS[each.part]): each for each in networks}


def _bars(networks: Sequence[Ablation], translate: Translate) -> Any:
    errors = [100 * each.mean_of("top1_error") for each in networks]
    figure = bars(dict(zip(_named(networks, translate), errors, strict=True)), "%")
    spreads = [each.spread_of("top1_error") for each in networks]
    if all(spread is not None for spread in spreads):
        figure.axes[0].errorbar(range(len(errors)), errors, yerr=[100 * (spread or 0) for spread in spreads], fmt="none", color="#333333")
    return figure


def _lines(networks: Mapping[str, Ablation], name: str, translate: Translate) -> Any:
    lines = {title: [100 * error for _low, error, _high in each.curve(name)] for title, each in networks.items()}
    longest = max(map(len, lines.values()))
    padded = {title: [*errors, *[float("nan")] * (longest - len(errors))] for title, errors in lines.items()}
    epochs = [float(epoch) for epoch in range(1, longest + 1)]
    return curves(padded, epochs, (translate(_("epoch")), "%"), points=len(epochs) <= 40)
