"""One half of the channels of a layer alone: what it keeps (figure 10 of Mahendran, Vedaldi 2015)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from pincel.images.io import to_pil
from pincel.inversion.code_mask import HALVES
from pincel.inversion.report import InversionResult
from pincel.studies.features import WHITE
from pincel.studies.inversion_plan import InversionPlan
from pincel.studies.inversion_runs import ExperimentSection, RebuildSpec
from pincel.studies.report import Heading, Paragraph, Sheet
from pincel.translation import Translated, untranslated
from pincel.translation import gettext_lazy as _

# Layers whose channels are halved: the paper shows shallow ones.
HALVED = 2
# So many times as colorful is another picture.
UNEVEN = 1.5

_HEADING = _("Half of the channels")
_HALVES = _(
    "All positions of a layer are matched, but only one half of its channels. In AlexNet, whose halves were trained on two processors, the "
    "paper finds shapes in one and colors in the other; VGG has no such halves."
)
_HALVES_SHEET = _(
    "From the first and the last half of the channels: relative error in that half, distance from the photograph in gray levels."
)


def halves_jobs(plan: InversionPlan) -> list[RebuildSpec]:
    """List the runs: both halves of each of the shallowest layers, with the weakest smoothing."""
    return [RebuildSpec(name, plan.lambdas[0], neurons=f"channels={half}") for name in plan.layer_series[:HALVED] for half in HALVES]


def halves_section(plan: InversionPlan, results: Mapping[RebuildSpec, InversionResult]) -> ExperimentSection:
    """Measure and show them."""
    jobs = [job for job in halves_jobs(plan) if job in results]
    if not jobs:
        return ExperimentSection([], [])
    parts = [_half(plan, job, results[job]) for job in jobs]
    photograph = colorful(results[jobs[0]].photograph[0])
    sheet, found_out = _halves_sheet(plan, jobs, parts, results), Paragraph(halves_finding(parts, photograph))
    return ExperimentSection([Heading(_HEADING), Paragraph(_HALVES), sheet, found_out], parts)


def _half(plan: InversionPlan, job: RebuildSpec, result: InversionResult) -> dict[str, Any]:
    shown = result.pictures[0]
    return {
        "layer": plan.short(job.name),
        "representation": job.name,
        "half": job.neurons.partition("=")[2],
        "error": result.record["relative_error"],
        "distance": float(WHITE * (shown - result.photograph[0]).square().mean(0).sqrt().mean()),
        "color": colorful(shown),
    }


def colorful(picture: Tensor) -> float:
    """Return how far pixels are from their own gray on average, in gray levels: 0 of a gray picture.

    Args:
        picture: (3, H, W) in [0, 1].
    """
    return float(WHITE * (picture - picture.mean(0)).square().mean(0).sqrt().mean())


def halves_finding(parts: Sequence[Mapping[str, Any]], photograph: float) -> Translated:
    """Return a text that says whether one half of the channels keeps the colors.

    Args:
        parts: With ``layer``, ``half`` and ``color``.
        photograph: How colorful it is.
    """
    colors: dict[str, dict[str, float]] = {}
    for part in parts:
        colors.setdefault(part["layer"], {})[part["half"]] = part["color"]
    pairs = {layer: [of[half] for half in HALVES] for layer, of in colors.items() if len(of) == len(HALVES)}
    listed = [f"{layer} {first:.0f} | {last:.0f}" for layer, (first, last) in pairs.items()]
    uneven = [layer for layer, pair in pairs.items() if max(pair) > UNEVEN * min(pair)]
    verdict = (
        _("one half keeps more of the colors in {layers}.").fill(layers=", ".join(uneven))
        if uneven
        else _("neither half has the colors to itself.")
    )
    return _(
        "How far colors are from gray, in gray levels, from the first and the last half: {said} (photograph {photograph:.0f}); {verdict}"
    ).fill(said=", ".join(listed), photograph=photograph, verdict=verdict)


_NAMES = {HALVES[0]: _("first half"), HALVES[1]: _("last half")}


def _halves_sheet(
    plan: InversionPlan, jobs: Sequence[RebuildSpec], parts: Sequence[Mapping[str, Any]], results: Mapping[RebuildSpec, InversionResult]
) -> Sheet:
    cells = [
        (
            untranslated("{layer}, {half}: {error:.1%}, {distance:.0f}").fill(**{**part, "half": _NAMES[part["half"]]}),
            to_pil(results[job].pictures[:1]),
        )
        for job, part in zip(jobs, parts, strict=True)
    ]
    return Sheet("halves", [(_("photograph"), to_pil(plan.photographs[0].pixels)), *cells], len(cells) + 1, _HALVES_SHEET, 160)
