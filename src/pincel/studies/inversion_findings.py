"""Statements of the paper about errors, put to the test: each sentence is chosen by the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from pincel.studies.inversion_plan import InversionPlan
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

# "The error rarely exceeds 20 %": the paper's bound, and what is called rarely here.
BOUND, RARELY = 0.2, 0.1

Run = Mapping[str, Any]

_PUBLISHED = _(
    "Measured as the code of the paper does, (a) below, the mean error is {mean:.0%}, and it exceeds 20 % in {count} of {all} runs."
)


def findings(plan: InversionPlan, runs: Sequence[Run]) -> list[Translated]:
    """Return a text that says what the errors show."""
    texts = [_rarely(plan, runs)]
    names = {run["representation"] for run in runs}
    if {"hog", "hogb"} <= names:
        texts.append(_soft_or_hard(runs))
    if len(plan.lambdas) > 1:
        texts.append(_smoothing(plan, runs))
    if published := [run["by_code"] for run in runs if run["by_code"] is not None]:
        texts.append(_PUBLISHED.fill(count=sum(each > BOUND for each in published), all=len(published), mean=fmean(published)))
    return texts


def share_above(runs: Sequence[Run]) -> float:
    """Return which share of runs has a relative error above 20 %."""
    return fmean(run["error"] > BOUND for run in runs)


def _rarely(plan: InversionPlan, runs: Sequence[Run]) -> Translated:
    own = [run for run in runs if run["lambda"] == plan.own(run["representation"])]
    count = sum(run["error"] > BOUND for run in runs)
    numbers = _("“The error rarely exceeds 20 %”, the paper says. Here it does in {count} of {all} runs ({share:.0%})").fill(
        count=count, all=len(runs), share=share_above(runs)
    )
    if own and len(own) < len(runs):
        numbers = _("{numbers}, and in {count} of {all} with the λ_V that the recipe gives the representation").fill(
            numbers=numbers, count=sum(run["error"] > BOUND for run in own), all=len(own)
        )
    verdict = (
        _("so the statement holds here.")
        if share_above(own or runs) <= RARELY
        else _("so with {steps} steps it is not borne out here: this error is measured against ‖Φ₀‖², and more steps may lower it.").fill(
            steps=plan.recipe.steps
        )
    )
    return untranslated("{numbers}; {verdict}").fill(numbers=numbers, verdict=verdict)


def _soft_or_hard(runs: Sequence[Run]) -> Translated:
    """Compare HOG and HOGb, each run with the same photograph and weight."""
    hard, soft = ({(r["number"], r["lambda"]): r["error"] for r in runs if r["representation"] == name} for name in ("hog", "hogb"))
    pairs = [(hard[key], soft[key]) for key in hard if key in soft]
    easier = sum(b < a for a, b in pairs)
    values = {"a": fmean(a for a, _ in pairs), "b": fmean(b for _, b in pairs), "count": easier, "all": len(pairs)}
    numbers = _(
        "HOG puts each slope into one bin, HOGb shares it between two. The mean error is {a:.1%} for HOG and {b:.1%} for HOGb, and HOGb "
        "comes nearer in {count} of {all} pairs of runs"
    ).fill(**values)
    if easier == len(pairs):
        verdict = _("as in the paper, the smooth one is easier to invert, for a gradient can follow a share but not a choice.")
    elif values["b"] < values["a"]:
        verdict = _("easier to invert on the whole, not always.")
    else:
        verdict = _("the paper found the opposite of this.")
    return untranslated("{numbers}: {verdict}").fill(numbers=numbers, verdict=verdict)


def _smoothing(plan: InversionPlan, runs: Sequence[Run]) -> Translated:
    """Return a text that says what more smoothing costs, shallow and deep."""
    low, high = plan.lambdas[0], plan.lambdas[-1]

    def mean(name: str, weight: float) -> float | None:
        errors = [run["error"] for run in runs if (run["representation"], run["lambda"]) == (name, weight)]
        return fmean(errors) if errors else None

    pairs = {name: (mean(name, low), mean(name, high)) for name in plan.codes}
    whole = {name: (a, b) for name, (a, b) in pairs.items() if a is not None and b is not None}
    worse = [name for name, (a, b) in whole.items() if b > a]
    text = _(
        "From λ_V = {low:.3g} to {high:.3g} the error grows for {count} of {all} representations: smoothness is paid for with what the "
        "code says."
    )
    if not worse:
        text = _("From λ_V = {low:.3g} to {high:.3g} the error grows for none of {all} representations: here smoothing costs nothing.")
    text = text.fill(low=low, high=high, count=len(worse), all=len(whole))
    layers = [name for name in plan.layer_series if name in whole]
    if len(layers) < 2:
        return text
    return untranslated("{said} {depth}").fill(said=text, depth=_depth(plan, whole, (layers[0], layers[-1])))


def _depth(plan: InversionPlan, whole: Mapping[str, tuple[float, float]], ends: tuple[str, str]) -> Translated:
    shallow, deep = (whole[name][1] for name in ends)
    values = {"a": plan.short(ends[0]), "b": plan.short(ends[1]), "c": shallow, "d": deep, "high": plan.lambdas[-1]}
    verdict = (
        _("a deep code bears smoothing better, as it says less of single pixels.")
        if deep < shallow
        else _("here a deep code does not bear smoothing better.")
    )
    return _("At λ_V = {high:.3g} it is {c:.0%} in {a} and {d:.0%} in {b}: {verdict}").fill(**values, verdict=verdict)
