"""Every representation with every weight of the total variation, on every photograph: the errors of the codes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import fmean, stdev
from typing import Any

from pincel.images.io import to_pil
from pincel.inversion.report import InversionResult
from pincel.studies.inversion_findings import findings
from pincel.studies.inversion_plan import InversionPlan
from pincel.studies.inversion_runs import ExperimentSection, RebuildSpec
from pincel.studies.plots import COLORS, curves
from pincel.studies.report import Block, Formula, Heading, Paragraph, Plot, Sheet, Table
from pincel.translation import Translate, Translated, untranslated
from pincel.translation import gettext_lazy as _

# The figures of a run, in the order of the table.
FIGURES = ("error", "root", "saved", "by_code", "by_text")

_HEADING = _("How much of a photograph is in its code?")
_HOW = _(
    "Each row is a representation, each column a weight λ_V of the total variation: the larger, the smoother the picture must be. Look "
    "along a row for what smoothing costs, and down a column for what is lost with depth. Under each picture stands its relative error; "
    "it says how well the code is matched, not how alike the pictures are."
)
_SHEET = _("At the left of each row {photograph}; beside it what was rebuilt from its code: λ_V, relative error.")
_ERROR = Formula(
    "E = ‖Φ(x) - Φ₀‖² / ‖Φ₀‖²",
    _(
        "0: the code is matched; 1: as far off as a code of zeros. Mahendran, Vedaldi 2015, eq. 4, the first term; its square root is the "
        "error of their paper of 2016"
    ),
)
_PUBLISHED = Formula(
    _("(a) ‖y - y₀‖² / mean over i, j of ‖Φᵢ - Φⱼ‖²;  (b) ‖y - y₀‖ / mean over i < j of ‖Φᵢ - Φⱼ‖"),
    _(
        "the error the paper publishes, against the distances between photographs: (a) as its released code computes it, pairs i = j "
        "included; (b) as its text defines it"
    ),
)
_ONE = _(
    "The paper publishes errors divided by the distances between photographs: they need two photographs or more, and there is one here."
)
_TABLE = _("Relative error E in %, mean over the photographs.")
_ALL = _(
    "All errors in %, mean ± standard deviation over {count} photographs; “as saved” is that of the picture clipped and rounded to 8 bits."
)
_ALL_OF_ONE = _("All errors in %; “as saved” is that of the picture clipped and rounded to 8 bits.")
_PLOT = _(
    "Relative error by representation, a line for each λ_V; bars are one standard deviation over the photographs, if there are several."
)


def table_jobs(plan: InversionPlan) -> list[RebuildSpec]:
    """List the runs, photograph by photograph."""
    return [RebuildSpec(name, weight, number) for number in range(len(plan.photographs)) for name in plan.codes for weight in plan.lambdas]


def table_section(plan: InversionPlan, results: Mapping[RebuildSpec, InversionResult]) -> ExperimentSection:
    """Measure and show them."""
    runs = [_measured(plan, job, results[job]) for job in table_jobs(plan) if job in results]
    if not runs:
        return ExperimentSection([], {"runs": []})
    rows = summarize(runs)
    blocks: list[Block] = [Heading(_HEADING), Paragraph(_HOW), _sheet(plan, results), _ERROR]
    blocks += [Paragraph(each) for each in findings(plan, runs)]
    blocks += [_plot(plan, rows), _spoken(plan, rows)]
    blocks += [_PUBLISHED] if len(plan.photographs) > 1 else [Paragraph(_ONE)]
    blocks.append(_everything(plan, rows))
    return ExperimentSection(blocks, {"runs": runs, "rows": rows})


def _measured(plan: InversionPlan, job: RebuildSpec, result: InversionResult) -> dict[str, Any]:
    error, codes = result.record["relative_error"], plan.codes[job.name]
    return {
        "representation": job.name,
        "lambda": job.tv_weight,
        "photograph": plan.photographs[job.photograph].name,
        "number": job.photograph,
        "error": error,
        "root": math.sqrt(error),
        "saved": result.record["saved"]["relative_error"],
        "by_code": codes.by_code(error, job.photograph),
        "by_text": codes.by_text(error, job.photograph),
        "code": result.record["code"],
        "steps": result.record["steps"],
    }


def summarize(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each representation and weight, the mean and the standard deviation of each figure over photographs.

    Args:
        runs: With ``representation``, ``lambda`` and :data:`FIGURES`, numbers or None.

    Returns:
        The same keys, each figure with its mean, and ``…_deviation`` beside it, None of one photograph.
    """
    order = list(dict.fromkeys((run["representation"], run["lambda"]) for run in runs))
    rows = []
    for name, weight in order:
        alike = [run for run in runs if (run["representation"], run["lambda"]) == (name, weight)]
        row: dict[str, Any] = {"representation": name, "lambda": weight, "photographs": len(alike)}
        for figure in FIGURES:
            values = [run[figure] for run in alike if run[figure] is not None]
            deviation = stdev(values) if len(values) > 1 else None
            row |= {figure: fmean(values) if values else None, f"{figure}_deviation": deviation}
        rows.append(row)
    return rows


def _sheet(plan: InversionPlan, results: Mapping[RebuildSpec, InversionResult]) -> Sheet:
    photograph = to_pil(plan.photographs[0].pixels)
    cells = []
    for name in plan.codes:
        made = [(weight, results[job]) for weight in plan.lambdas if (job := RebuildSpec(name, weight)) in results]
        if len(made) < len(plan.lambdas):
            break
        cells.append((untranslated(plan.short(name)), photograph))
        cells += [(untranslated(f"λ {weight:.3g} · {result.record['relative_error']:.1%}"), result.image) for weight, result in made]
    return Sheet(
        "table", cells or [_lone(plan, results)], 1 + len(plan.lambdas), _SHEET.fill(photograph=plan.photographs[0].name), height=128
    )


def _lone(plan: InversionPlan, results: Mapping[RebuildSpec, InversionResult]) -> tuple[Translated, Any]:
    """Return the first picture there is, of a study that was ended in its first row."""
    job, result = next(iter(results.items()))
    return untranslated(f"{plan.short(job.name)} · λ {job.tv_weight:.3g} · {result.record['relative_error']:.1%}"), result.image


def _plot(plan: InversionPlan, rows: Sequence[Mapping[str, Any]]) -> Plot:
    names = list(dict.fromkeys(row["representation"] for row in rows))
    # Layers of one network are joined by a line, and nothing else is: there is no depth between HOG and SIFT.
    groups = [list(each) for _, each in groupby(range(len(names)), lambda place: names[place].rpartition(":")[0] or place)]

    def draw(translate: Translate) -> Any:
        labels = (translate(_("representation")), translate(_("relative error")))
        nothing = [math.nan] * len(names)
        figure = curves({f"λ = {weight:.3g}": nothing for weight in plan.lambdas}, [plan.short(name) for name in names], labels)
        axes = figure.axes[0]
        for number, weight in enumerate(plan.lambdas):
            of_weight = {row["representation"]: row for row in rows if row["lambda"] == weight}
            for group in groups:
                places = [place for place in group if names[place] in of_weight]
                shown = [of_weight[names[place]] for place in places]
                bars = [row["error_deviation"] or 0.0 for row in shown]
                color = COLORS[number % len(COLORS)]
                axes.errorbar(places, [row["error"] for row in shown], bars, color=color, marker="o", markersize=4, capsize=3)
        axes.set_ylim(bottom=0)
        return figure

    return Plot("errors-by-depth", draw, _PLOT)


def _spoken(plan: InversionPlan, rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = {"representation": _("representation")}
    columns |= {str(weight): untranslated(f"λ = {weight:.3g}") for weight in plan.lambdas}
    lines: dict[str, dict[str, Any]] = {}
    for row in rows:
        line = lines.setdefault(row["representation"], {"representation": plan.short(row["representation"])})
        line[str(row["lambda"])] = round(100 * row["error"], 2)
    return Table("table", columns, list(lines.values()), _TABLE, print_to_terminal=True)


def _everything(plan: InversionPlan, rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = {
        "representation": _("representation"),
        "lambda": untranslated("λ_V"),
        "error": untranslated("E"),
        "error_deviation": untranslated("±"),
        "root": untranslated("√E"),
        "root_deviation": untranslated("±"),
        "saved": _("E as saved"),
    }
    if len(plan.photographs) > 1:
        columns |= {
            "by_code": untranslated("(a)"),
            "by_code_deviation": untranslated("±"),
            "by_text": untranslated("(b)"),
            "by_text_deviation": untranslated("±"),
        }
    else:
        columns = {key: words for key, words in columns.items() if not key.endswith("_deviation")}
    caption = _ALL.fill(count=len(plan.photographs)) if len(plan.photographs) > 1 else _ALL_OF_ONE
    given = {"representation", "lambda"}
    shown = [{key: row[key] if key in given or row[key] is None else 100 * row[key] for key in columns} for row in rows]
    return Table("errors", columns, shown, caption, collapsed=True)
