"""The terms of an objective for two pictures, side by side; and the losses of a run, from its record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pincel.recipes.schema import Recipe
from pincel.studies import plots
from pincel.studies.records import RunRecord
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Table
from pincel.translation import Translate, Translated, joined, untranslated
from pincel.translation import gettext_lazy as _

# On a logarithmic axis, how many powers of ten below the largest value are drawn.
DECADES = 9
# Two measures of one picture that differ by less are the same but for rounding.
ROUNDING = 1e-3

_TERMS_TITLE = _("Every term of J")
_TERMS = _(
    "Both pictures are judged as if each were the result of a run of the recipe {recipe} ({backbone}) with this photograph and this style. "
    "J is each term by its formula, unweighted; weighted is what it adds to the total."
)
_OBJECTIVE = Formula("J = α·Σ w_l·J_content^l + β·Σ λ_l·J_style^l + γ·J_tv", _("the deck; weights of the recipe"))
_BARS = _("What each term adds to the total, in powers of ten.")
_ADDS = _("adds to J")
_TERMS_TABLE = _("Every term of the objective for A and B; B/A of the unweighted.")
_TERM_COLUMNS = {
    "term": _("term"),
    "first": untranslated("J(A)"),
    "first_weighted": _("A, weighted"),
    "second": untranslated("J(B)"),
    "second_weighted": _("B, weighted"),
    "ratio": untranslated("B/A"),
}
_EQUAL_TOTAL = _("Both have the same total, {first:.4g}.")
_LESS = _("{better} has the lower total: {low:.4g} against {high:.4g}. Of {count} terms it is lower in {wins}{which}.")
_MAIN = _("Most of the total of A is {first}, of B {second}.")

_WAY_TITLE = _("The way the run took")
_WAY = _("Each curve is a part of the total, with its weight α, β or γ: they add up to it. The axis counts powers of ten.")
_SCALES = _(
    "The picture was painted coarse to fine ({sizes}), and each scale begins where the one before it ended, enlarged; J jumps there. On "
    "the coarse scales the recipe may weigh content more than drawn here."
)
_WAY_CAPTION = _("Loss curves from the record.")
_CUT = _("Loss curves from the record; what is below {least:.0e} is not drawn.")
_STEP = _("step")
_TOTAL = _("total J")
_FELL = _(
    "At full size the total went from {first:.4g} down to {best:.4g}, {factor:.3g} times less, in {steps} steps. Half of that way, counted "
    "in powers of ten, was behind it after step {half}. {traded}"
)
_NO_FALL = _("The total did not fall below its first value, {first:.4g}.")
_PAID = _("Style was bought with content: J_style fell while J_content rose.")
_BOTH = _("J_content and J_style both fell.")
_OTHERWISE = _("J_style did not fall.")

_SAVED_TITLE = _("The terms of the saved picture")
_SAVED = _(
    "The picture in the file, judged again today, beside what the record says of it. It was rounded to whole gray levels when it was saved."
)
_AGREES = _("Record and picture agree: no term differs by more than {most:.1e} of its size.")
_DISAGREES = _(
    "Record and picture do not agree: {term} differs by {most:.1%}. The picture was changed after the run, or saved with loss as JPEG."
)
_UNJUDGED = _("The record does not say how good the picture is: judging it was interrupted.")
_SAVED_TABLE = _("Every term, unweighted: at the first step, as recorded, measured now.")
_SAVED_COLUMNS = {
    "term": _("term"),
    "start": _("first step"),
    "recorded": _("as recorded"),
    "now": _("measured now"),
    "weighted": _("adds to J"),
}
_RECIPE_TABLE = _("The recipe of the run, value by value.")
_RECIPE_COLUMNS = {"name": _("value"), "setting": _("set to")}


def weighted_term(judged: Mapping[str, Any], name: str) -> float:
    """Return what a term adds to the total, or the terms of all layers that its name stands for."""
    weighted: Mapping[str, float] = judged["weighted"]
    return weighted[name] if name in weighted else sum(each for key, each in weighted.items() if key.startswith(f"{name}:"))


def terms_section(first: Mapping[str, Any], second: Mapping[str, Any], recipe: Recipe) -> tuple[list[Block], list[dict[str, Any]]]:
    """Compare the terms of two pictures, as :func:`pincel.evaluate` returns them.

    Returns:
        Blocks of the page, and the rows of the table.
    """
    rows = []
    for name, value in first["terms"].items():
        other = second["terms"][name]
        weighted = {"first_weighted": weighted_term(first, name), "second_weighted": weighted_term(second, name)}
        rows.append({"term": name, "first": value, "second": other, **weighted, "ratio": other / value if value else None})
    total = {"first": None, "first_weighted": first["total"], "second": None, "second_weighted": second["total"]}
    ratio = second["total"] / first["total"] if first["total"] else None

    def bars(translate: Translate) -> Figure:
        series = {letter: [judged["weighted"][name] for name in first["weighted"]] for letter, judged in (("A", first), ("B", second))}
        return grouped_bars(list(first["weighted"]), series, translate(_ADDS))

    rows.append({"term": "total", **total, "ratio": ratio})
    blocks: list[Block] = [
        Heading(_TERMS_TITLE),
        Paragraph(_TERMS.fill(recipe=recipe.name, backbone=recipe.backbone)),
        _OBJECTIVE,
        Plot("terms", bars, _BARS),
        Paragraph(_verdict(first, second)),
        Table("terms", _TERM_COLUMNS, rows, _TERMS_TABLE),
    ]
    return blocks, rows


def _verdict(first: Mapping[str, Any], second: Mapping[str, Any]) -> Translated:
    """Return a text that says which picture is better by this objective, and what its total is made of."""
    if first["total"] == second["total"]:
        return _EQUAL_TOTAL.fill(first=first["total"])
    better, worse, letter = (first, second, "A") if first["total"] < second["total"] else (second, first, "B")
    wins = [name for name, value in better["weighted"].items() if value < worse["weighted"][name]]
    which = f" ({', '.join(wins)})" if wins else ""
    total = _LESS.fill(better=letter, low=better["total"], high=worse["total"], count=len(better["weighted"]), wins=len(wins), which=which)
    main = _MAIN.fill(first=_largest(first["weighted"]), second=_largest(second["weighted"]))
    return joined(" ", [total, main])


def _largest(values: Mapping[str, float]) -> str:
    return max(values, key=lambda name: values[name])


def grouped_bars(names: Sequence[str], series: Mapping[str, Sequence[float]], label: str) -> Figure:
    """Draw a bar for each name in each series, in powers of ten unless all are 0; values :data:`DECADES` below the largest are cut off."""
    width = 0.8 / len(series)
    most = max((value for values in series.values() for value in values), default=0.0)
    least = min((value for values in series.values() for value in values if value > 0), default=0.0)
    (first, values), *others = series.items()
    figure = plots.bars(dict(zip(names, values, strict=True)), label, size=(max(7.0, 1.0 * len(names)), 4.0))
    (axes,) = figure.axes
    axes.containers[0].set_label(first)
    for bar in axes.patches:
        if isinstance(bar, Rectangle):
            bar.set_width(width)
    for place, (name, heights) in enumerate(others, 1):
        axes.bar(
            [index - 0.4 + (place + 0.5) * width for index in range(len(names))], heights, width, label=name, color=plots.COLORS[place]
        )
    axes.set_xticks(range(len(names)), labels=list(names), rotation=30, ha="right")
    if most > 0:
        plots.log_scale(axes)
        axes.set_ylim(max(least / 3, most / 10**DECADES), 3 * most)
    if others:
        axes.legend(frameon=False)
    return figure


def loss_curves(record: RunRecord) -> tuple[list[Block], dict[str, Any]]:
    """Show the loss curves of a run; nothing for a record without steps."""
    if not record.losses:
        return [], {}
    weights = dict(zip(("content", "style", "tv"), record.recipe.weights, strict=True))
    greek = {"content": "α·J_content", "style": "β·J_style", "tv": "γ·J_tv"}
    total = [float(step["total"]) for step in record.losses]
    parts = {greek[name]: [weight * float(step.get(name, 0.0)) for step in record.losses] for name, weight in weights.items()}
    least = max(total) / 10**DECADES
    cut = any(0 < value < least for values in parts.values() for value in values)

    def curves(translate: Translate) -> Figure:
        lines = {translate(_TOTAL): total, **{name: values for name, values in parts.items() if any(values)}}
        drawn = {name: [value if value >= least else math.nan for value in values] for name, values in lines.items()}
        labels = (translate(_STEP), "J")
        return plots.curves(drawn, list(range(len(total))), labels, logarithmic=least > 0, points=len(total) <= 60)

    sizes = list(dict.fromkeys("×".join(str(side) for side in step.get("size", ())) for step in record.losses))
    blocks: list[Block] = [
        Heading(_WAY_TITLE),
        Paragraph(_WAY),
        Plot("losses", curves, _CUT.fill(least=least) if cut else _WAY_CAPTION),
        *([Paragraph(_SCALES.fill(sizes=", ".join(sizes)))] if len(sizes) > 1 else []),
        Paragraph(_fell(record)),
    ]
    return blocks, {"total": total, **dict(zip(weights, parts.values(), strict=True))}


def _fell(record: RunRecord) -> Translated:
    """Return a text that says how far the total fell at full size, and what with."""
    last = [step for step in record.losses if step.get("size") == record.losses[-1].get("size")]
    total = [float(step["total"]) for step in last]
    best = min(total)
    if not 0 < best < total[0]:
        return _NO_FALL.fill(first=total[0])
    halfway = math.sqrt(best * total[0])
    half = next(step for step, value in enumerate(total) if value <= halfway)
    end = last[total.index(best)]
    content, style = (float(end.get(name, 0.0)) - float(last[0].get(name, 0.0)) for name in ("content", "style"))
    traded = _OTHERWISE if style >= 0 else _PAID if content > 0 else _BOTH
    return _FELL.fill(first=total[0], best=best, factor=total[0] / best, steps=len(total) - 1, half=half, traded=traded)


def saved_terms(record: RunRecord, now: Mapping[str, Any]) -> tuple[list[Block], list[dict[str, Any]]]:
    """Compare the terms in a record with those of its picture now, as :func:`pincel.evaluate` returns them.

    Returns:
        Blocks of the page, and the rows of the table.
    """
    start, recorded = record.losses[0] if record.losses else {}, (record.saved or {}).get("terms", {})
    rows: list[dict[str, Any]] = [
        {"term": name, "start": start.get(name), "recorded": recorded.get(name), "now": value, "weighted": weighted_term(now, name)}
        for name, value in now["terms"].items()
    ]
    totals = {"start": start.get("total"), "recorded": (record.saved or {}).get("total"), "now": now["total"], "weighted": now["total"]}
    rows.append({"term": "total", **totals})
    columns = _SAVED_COLUMNS if recorded else {key: words for key, words in _SAVED_COLUMNS.items() if key != "recorded"}
    settings = [{"name": name, "setting": str(value)} for name, value in record.recipe.model_dump().items()]

    def bars(translate: Translate) -> Figure:
        return grouped_bars(list(now["weighted"]), {"J": list(now["weighted"].values())}, translate(_ADDS))

    blocks: list[Block] = [
        Heading(_SAVED_TITLE),
        Paragraph(_SAVED),
        _OBJECTIVE,
        Plot("terms", bars, _BARS),
        Paragraph(_agreement(rows)),
        Table("terms", columns, rows, _SAVED_TABLE),
        Table("recipe", _RECIPE_COLUMNS, settings, _RECIPE_TABLE),
    ]
    return blocks, rows


def _agreement(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says whether a picture is as good as its record says."""
    off = {
        row["term"]: abs(row["now"] - row["recorded"]) / max(abs(row["recorded"]), abs(row["now"]), 1e-30)
        for row in rows
        if row["recorded"] is not None
    }
    if not off:
        return _UNJUDGED
    worst = max(off, key=lambda name: off[name])
    text = _AGREES if off[worst] <= ROUNDING else _DISAGREES
    return text.fill(term=worst, most=off[worst])
