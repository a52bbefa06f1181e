"""The same code from several starts: where the pictures differ, the code is invariant (figure 7 of Mahendran, Vedaldi 2015)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image
from torch import Tensor

from pincel.images.io import to_pil
from pincel.inversion.report import InversionResult
from pincel.studies.features import WHITE
from pincel.studies.inversion_findings import BOUND
from pincel.studies.inversion_plan import InversionPlan, first_middle_last
from pincel.studies.inversion_runs import ExperimentSection, RebuildSpec
from pincel.studies.report import Block, Formula, Heading, Paragraph, Sheet, Table
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

# Starts that are shown; all of them are measured.
SHOWN = 4

_HEADING = _("What the code leaves free")
_HOW = _(
    "The same photograph rebuilt {count} times, from other noise each time, with λ_V = {weight:.3g}, the weakest smoothing of this study. "
    "What all pictures share is what the code says; where they differ, it has nothing to say: to that layer they are all the "
    "same picture. Look at the last two columns: the mean, and the deviation, on one scale for all rows."
)
_FORMULA = Formula(
    _("s = mean over pixels of √( mean over colors of  1/N · Σₖ (xₖ - x̄)² )"),
    _(
        "in gray levels, of 255; ours; the pictures are those of figure 7 of Mahendran, Vedaldi 2015, who give no figure. Differs: one "
        "λ_V for all layers, so that smoothing does not hide what a deep code leaves free"
    ),
)
_SHEET = _("From the code of each layer: {shown} of {count} starts, their mean, and where they differ (white: {most:.0f} gray levels).")
_TABLE = _(
    "Deviation between starts, distance of the pictures from the photograph (both in gray levels) and relative error of their codes."
)


def invariance_jobs(plan: InversionPlan) -> list[RebuildSpec]:
    """List the runs: a shallow, a middle and a deep layer, or what representations there are."""
    names = first_middle_last(plan.layer_series or tuple(plan.codes))
    return [RebuildSpec(name, plan.lambdas[0], repeats=plan.options.repeats) for name in names]


def invariance_section(plan: InversionPlan, rebuilt: Mapping[RebuildSpec, InversionResult]) -> ExperimentSection:
    """Measure and show them."""
    results = {job.name: rebuilt[job] for job in invariance_jobs(plan) if job in rebuilt}
    if not results:
        return ExperimentSection([], [])
    maps = {name: deviation(result.pictures) for name, result in results.items()}
    rows = [_measured(plan, name, result, maps[name]) for name, result in results.items()]
    blocks: list[Block] = [
        Heading(_HEADING),
        Paragraph(_HOW.fill(count=plan.options.repeats, weight=plan.lambdas[0])),
        _sheet(plan, results, maps),
        _FORMULA,
        *(Paragraph(invariance_finding(each)) for each in ([rows] if plan.layer_series else [[row] for row in rows])),
        Table("invariance", _COLUMNS, [{**row, "error": 100 * row["error"]} for row in rows], _TABLE, print_to_terminal=True),
    ]
    return ExperimentSection(blocks, rows)


_COLUMNS = {"layer": _("layer"), "deviation": _("deviation"), "distance": _("from the photograph"), "error": untranslated("E, %")}


def deviation(pictures: Tensor) -> Tensor:
    """Return how far pictures of one batch are from their mean, pixel by pixel.

    Args:
        pictures: (N, 3, H, W) in [0, 1].

    Returns:
        (H, W), in gray levels: root of the mean over colors of the variance, N below.

    Example:
        >>> import torch
        >>> pictures = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 3, 1, 1)
        >>> deviation(pictures)
        tensor([[127.5000]])
    """
    return WHITE * pictures.var(0, correction=0).mean(0).sqrt()


def gray_image(values: Tensor, most: float) -> Image.Image:
    """Return (H, W) as a picture: black is 0, white ``most``."""
    return to_pil((values / max(most, 1e-12)).clamp(0, 1)[None, None].expand(1, 3, -1, -1))


def _measured(plan: InversionPlan, name: str, result: InversionResult, spread: Tensor) -> dict[str, Any]:
    distance = WHITE * (result.pictures - result.photograph).square().mean(1).sqrt()
    return {
        "layer": plan.short(name),
        "representation": name,
        "deviation": float(spread.mean()),
        "distance": float(distance.mean()),
        "error": result.record["relative_error"],
        "errors": result.record["relative_errors"],
    }


def _sheet(plan: InversionPlan, results: Mapping[str, InversionResult], maps: Mapping[str, Tensor]) -> Sheet:
    most, shown = max(float(each.max()) for each in maps.values()), min(plan.options.repeats, SHOWN)
    cells = []
    for name, result in results.items():
        errors = result.record["relative_errors"]
        cells += [
            (untranslated(f"{plan.short(name)} · {number + 1} · {errors[number]:.1%}"), to_pil(result.pictures[number : number + 1]))
            for number in range(shown)
        ]
        mean = float(maps[name].mean())
        cells += [(_("mean"), result.mean), (_("deviation {mean:.1f}").fill(mean=mean), gray_image(maps[name], most))]
    return Sheet("invariance", cells, shown + 2, _SHEET.fill(shown=shown, count=plan.options.repeats, most=most), height=128)


def invariance_finding(rows: Sequence[Mapping[str, Any]]) -> Translated:
    """Return a text that says whether deep layers leave more free, and whether their codes match all the same.

    Args:
        rows: With ``layer``, ``deviation`` and ``error``, shallow to deep.
    """
    first, last = rows[0], rows[-1]
    if len(rows) == 1:
        return _("From {layer}, pictures differ by {a:.1f} gray levels on average, and their codes are off by {e:.1%}.").fill(
            layer=first["layer"], a=first["deviation"], e=first["error"]
        )
    values = {
        "x": first["layer"],
        "y": last["layer"],
        "a": first["deviation"],
        "b": last["deviation"],
        "e": first["error"],
        "f": last["error"],
    }
    numbers = _(
        "From {x} to {y} the deviation between starts goes from {a:.1f} to {b:.1f} gray levels, and the relative error of the codes from "
        "{e:.1%} to {f:.1%}."
    ).fill(**values)
    freer, matched = last["deviation"] > first["deviation"], last["error"] <= max(first["error"], BOUND)
    return untranslated("{numbers} {verdict}").fill(numbers=numbers, verdict=_VERDICTS[freer, matched])


_VERDICTS = {
    (True, True): _(
        "So the deeper pictures are freer while their code matches: to the deep layer they are the same picture. This is its invariance."
    ),
    (True, False): _(
        "The deeper pictures differ more, but their codes do not match well either: part of that may be a run that is not finished. Give "
        "more --steps."
    ),
    (False, True): _(
        "So on this photograph the deeper layer does not leave more free, and its code matches: the statement of the paper is not borne "
        "out here."
    ),
    (False, False): _(
        "So on this photograph the deeper layer does not leave more free, but its code does not match well either: give more --steps."
    ),
}
