"""Statements of the paper about errors, put to the test: each sentence is chosen by the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from pincel.studies.inversion_plan import Plan
from pincel.studies.words import Words

# "The error rarely exceeds 20 %": the paper's bound, and what is called rarely here.
BOUND, RARELY = 0.2, 0.1

Run = Mapping[str, Any]

_PUBLISHED = Words(
    "Measured as the code of the paper does, (a) below, the mean error is {mean:.0%}, and it exceeds 20 % in {count} of {all} runs.",
    "Medido como lo hace el código del artículo, (a) más abajo, el error medio es del {mean:.0%} y supera el 20 % en {count} de {all} "
    "reconstrucciones.",
)


def findings(plan: Plan, runs: Sequence[Run]) -> list[Words]:
    """Say what the errors show.

    Args:
        plan: With the recipe's own weights.
        runs: With ``representation``, ``lambda``, ``number`` of the photograph, ``error`` and ``by_code``.
    """
    found = [_rarely(plan, runs)]
    names = {run["representation"] for run in runs}
    if {"hog", "hogb"} <= names:
        found.append(_soft_or_hard(runs))
    if len(plan.lambdas) > 1:
        found.append(_smoothing(plan, runs))
    if published := [run["by_code"] for run in runs if run["by_code"] is not None]:
        found.append(_PUBLISHED.fill(count=sum(each > BOUND for each in published), all=len(published), mean=fmean(published)))
    return found


def share_above(runs: Sequence[Run]) -> float:
    """Return which share of runs has a relative error above 20 %."""
    return fmean(run["error"] > BOUND for run in runs)


def _rarely(plan: Plan, runs: Sequence[Run]) -> Words:
    own = [run for run in runs if run["lambda"] == plan.own(run["representation"])]
    count = sum(run["error"] > BOUND for run in runs)
    numbers = Words(
        "“The error rarely exceeds 20 %”, the paper says. Here it does in {count} of {all} runs ({share:.0%})",
        "«El error rara vez supera el 20 %», dice el artículo. Aquí lo supera en {count} de {all} reconstrucciones ({share:.0%})",
    ).fill(count=count, all=len(runs), share=share_above(runs))
    if own and len(own) < len(runs):
        numbers = Words(
            "{numbers}, and in {count} of {all} with the λ_V that the recipe gives the representation",
            "{numbers}, y en {count} de {all} con el λ_V que la receta da a la representación",
        ).fill(numbers=numbers, count=sum(run["error"] > BOUND for run in own), all=len(own))
    verdict = (
        Words("so the statement holds here.", "así que la afirmación se cumple aquí.")
        if share_above(own or runs) <= RARELY
        else Words(
            "so with {steps} steps it is not borne out here: this error is measured against ‖Φ₀‖², and more steps may lower it.",
            "así que con {steps} pasos no se confirma aquí: este error se mide frente a ‖Φ₀‖², y más pasos pueden reducirlo.",
        ).fill(steps=plan.recipe.steps)
    )
    return Words("{numbers}; {verdict}", "{numbers}; {verdict}").fill(numbers=numbers, verdict=verdict)


def _soft_or_hard(runs: Sequence[Run]) -> Words:
    """Compare HOG and HOGb, each run with the same photograph and weight."""
    hard, soft = ({(r["number"], r["lambda"]): r["error"] for r in runs if r["representation"] == name} for name in ("hog", "hogb"))
    pairs = [(hard[key], soft[key]) for key in hard if key in soft]
    easier = sum(b < a for a, b in pairs)
    told = {"a": fmean(a for a, _ in pairs), "b": fmean(b for _, b in pairs), "count": easier, "all": len(pairs)}
    numbers = Words(
        "HOG puts each slope into one bin, HOGb shares it between two. The mean error is {a:.1%} for HOG and {b:.1%} for HOGb, and HOGb "
        "comes nearer in {count} of {all} pairs of runs",
        "HOG pone cada pendiente en una sola casilla; HOGb la reparte entre dos. El error medio es del {a:.1%} con HOG y del {b:.1%} con "
        "HOGb, y HOGb queda más cerca en {count} de {all} pares de reconstrucciones",
    ).fill(**told)
    if easier == len(pairs):
        verdict = Words(
            "as in the paper, the smooth one is easier to invert, for a gradient can follow a share but not a choice.",
            "como en el artículo, el suave es más fácil de invertir, pues un gradiente puede seguir un reparto, pero no una elección.",
        )
    elif told["b"] < told["a"]:
        verdict = Words("easier to invert on the whole, not always.", "más fácil de invertir en conjunto, no siempre.")
    else:
        verdict = Words("the paper found the opposite of this.", "el artículo encontró lo contrario.")
    return Words("{numbers}: {verdict}", "{numbers}: {verdict}").fill(numbers=numbers, verdict=verdict)


def _smoothing(plan: Plan, runs: Sequence[Run]) -> Words:
    """Say what more smoothing costs, shallow and deep."""
    low, high = plan.lambdas[0], plan.lambdas[-1]

    def mean(name: str, weight: float) -> float | None:
        errors = [run["error"] for run in runs if (run["representation"], run["lambda"]) == (name, weight)]
        return fmean(errors) if errors else None

    pairs = {name: (mean(name, low), mean(name, high)) for name in plan.codes}
    whole = {name: (a, b) for name, (a, b) in pairs.items() if a is not None and b is not None}
    worse = [name for name, (a, b) in whole.items() if b > a]
    said = Words(
        "From λ_V = {low:.3g} to {high:.3g} the error grows for {count} of {all} representations: smoothness is paid for with what the "
        "code says.",
        "De λ_V = {low:.3g} a {high:.3g} el error crece en {count} de {all} representaciones: la lisura se paga con lo que dice el código.",
    )
    if not worse:
        said = Words(
            "From λ_V = {low:.3g} to {high:.3g} the error grows for none of {all} representations: here smoothing costs nothing.",
            "De λ_V = {low:.3g} a {high:.3g} el error no crece en ninguna de {all} representaciones: aquí alisar no cuesta nada.",
        )
    said = said.fill(low=low, high=high, count=len(worse), all=len(whole))
    layers = [name for name in plan.ladder if name in whole]
    if len(layers) < 2:
        return said
    return Words("{said} {depth}", "{said} {depth}").fill(said=said, depth=_depth(plan, whole, (layers[0], layers[-1])))


def _depth(plan: Plan, whole: Mapping[str, tuple[float, float]], ends: tuple[str, str]) -> Words:
    shallow, deep = (whole[name][1] for name in ends)
    told = {"a": plan.short(ends[0]), "b": plan.short(ends[1]), "c": shallow, "d": deep, "high": plan.lambdas[-1]}
    verdict = (
        Words(
            "a deep code bears smoothing better, as it says less of single pixels.",
            "un código profundo soporta mejor el alisado, pues dice menos de los píxeles sueltos.",
        )
        if deep < shallow
        else Words("here a deep code does not bear smoothing better.", "aquí un código profundo no soporta mejor el alisado.")
    )
    return Words(
        "At λ_V = {high:.3g} it is {c:.0%} in {a} and {d:.0%} in {b}: {verdict}",
        "Con λ_V = {high:.3g} es del {c:.0%} en {a} y del {d:.0%} en {b}: {verdict}",
    ).fill(**told, verdict=verdict)
