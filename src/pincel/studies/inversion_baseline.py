"""The same descent without any regularizer: a code can be matched by what is no picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from torch import Tensor

from pincel.functional.color import luma
from pincel.functional.variation import beta_variation
from pincel.images.io import to_pil
from pincel.inversion.report import InversionResult
from pincel.studies.features import WHITE
from pincel.studies.inversion_plan import InversionPlan
from pincel.studies.inversion_runs import ExperimentSection, RebuildSpec
from pincel.studies.report import Block, Formula, Heading, Paragraph, Sheet, Table
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

PLAIN = "plain"
# Total variation is that of squares, as in the paper.
BETA = 2.0

_HEADING = _("Without regularizers")
_HOW = _(
    "The recipe “plain” follows the code alone. Many noisy pictures have nearly the same code as the photograph, and the descent stops at "
    "the first it meets: compare the two pictures of each representation, their errors, and how rough they are beside the photograph."
)
_FORMULA = Formula(
    "r = TV²(x) / TV²(x₀),  TV²(x) = Σ (x_{i,j+1} - x_{ij})² + (x_{i+1,j} - x_{ij})²",
    _(
        "total variation of Mahendran, Vedaldi 2015, section 2, with β = 2, of the picture as shown, against that of the photograph; of "
        "HOG and SIFT, which see no colors, against the photograph in gray. The comparison is ours"
    ),
)
_SHEET = _("Of each representation the recipe, and beside it no regularizer: relative error, roughness (photograph: ×1).")
_TABLE = _(
    "With the recipe, at its own λ_V, and without any regularizer: relative error in %, and roughness as a multiple of the photograph's."
)


def baseline_jobs(plan: InversionPlan) -> list[RebuildSpec]:
    """List the runs: each representation with the recipe as it is, and without any regularizer."""
    return [job for name in plan.codes for job in _pair(plan, name)]


def _pair(plan: InversionPlan, name: str) -> tuple[RebuildSpec, RebuildSpec]:
    return RebuildSpec(name, plan.own(name)), RebuildSpec(name, 0.0, recipe=PLAIN)


def baseline_section(plan: InversionPlan, results: Mapping[RebuildSpec, InversionResult]) -> ExperimentSection:
    """Measure and show them."""
    rows, cells = [], []
    for name in plan.codes:
        if not all(job in results for job in _pair(plan, name)):
            continue
        ours, plain = (results[job] for job in _pair(plan, name))
        rows.append(_measured(plan, name, ours, plain))
        for result, key, recipe in ((ours, "", plan.options.recipe), (plain, "plain_", PLAIN)):
            caption = untranslated(f"{plan.short(name)} · {recipe}\n{rows[-1][f'{key}error']:.1%} · ×{rows[-1][f'{key}roughness']:.2g}")
            cells.append((caption, to_pil(result.pictures[:1])))
    if not rows:
        return ExperimentSection([], [])
    columns = {
        "layer": _("representation"),
        "error": _("E, recipe"),
        "plain_error": _("E, plain"),
        "roughness": _("roughness, recipe"),
        "plain_roughness": _("roughness, plain"),
    }
    shown = [{**row, "error": 100 * row["error"], "plain_error": 100 * row["plain_error"]} for row in rows]
    blocks: list[Block] = [
        Heading(_HEADING),
        Paragraph(_HOW),
        Sheet("baseline", cells, 4, _SHEET, height=128),
        _FORMULA,
        Paragraph(baseline_finding(rows)),
        Table("baseline", columns, shown, _TABLE),
    ]
    return ExperimentSection(blocks, rows)


def _measured(plan: InversionPlan, name: str, ours: InversionResult, plain: InversionResult) -> dict[str, Any]:
    photograph = ours.photograph
    if name not in plan.networks:
        photograph = luma(photograph).expand(-1, 3, -1, -1)
    return {
        "layer": plan.short(name),
        "representation": name,
        "lambda": plan.own(name),
        "error": ours.record["relative_error"],
        "plain_error": plain.record["relative_error"],
        "roughness": roughness(ours.pictures, photograph),
        "plain_roughness": roughness(plain.pictures, photograph),
    }


def roughness(picture: Tensor, photograph: Tensor) -> float:
    """Return the total variation of squares of a picture over that of a photograph; infinite beside a flat one.

    Args:
        picture: (1, 3, H, W) in [0, 1].
        photograph: Of the same shape.
    """
    rough, usual = (float(beta_variation(WHITE * each.double(), BETA)) for each in (picture, photograph))
    return rough / usual if usual > 0 else float("inf")


def baseline_finding(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says what is gained and lost without regularizers.

    Args:
        rows: With ``error``, ``plain_error``, ``roughness`` and ``plain_roughness``.
    """
    nearer = sum(row["plain_error"] < row["error"] for row in rows)
    rougher = [row for row in rows if row["plain_roughness"] > row["roughness"]]
    values = {
        "nearer": nearer,
        "rougher": len(rougher),
        "all": len(rows),
        "a": median(row["roughness"] for row in rows),
        "b": median(row["plain_roughness"] for row in rows),
    }
    numbers = _(
        "Without regularizers the code comes nearer in {nearer} of {all} cases, and the picture is rougher in {rougher} of {all}: ×{b:.2g} "
        "beside the photograph (median), against ×{a:.2g} with the recipe."
    ).fill(**values)
    usual = 2 * len(rougher) > len(rows)
    kind = (usual, 2 * nearer > len(rows))
    return untranslated("{numbers} {verdict}").fill(numbers=numbers, verdict=_VERDICTS[kind])


_VERDICTS = {
    (True, True): _(
        "So a better match is no better picture: what looks natural comes from the regularizers, and the code alone does not ask for it."
    ),
    (True, False): _(
        "So leaving them out makes pictures rougher, and does not, more often than not, bring the code nearer: what looks natural comes "
        "from the regularizers."
    ),
    (False, True): _("So here regularizers cost accuracy and do not make pictures smoother."),
    (False, False): _("So here regularizers make little difference to pictures of this kind."),
}
