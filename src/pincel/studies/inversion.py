"""Photographs rebuilt from their codes: the experiments of Mahendran, Vedaldi 2015."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from pincel.inversion.report import InversionResult
from pincel.studies.declarations import InversionOptions
from pincel.studies.inversion_baseline import baseline_jobs, baseline_section
from pincel.studies.inversion_invariance import invariance_jobs, invariance_section
from pincel.studies.inversion_locality import locality_jobs, locality_section
from pincel.studies.inversion_plan import InversionPlan, make_plan
from pincel.studies.inversion_runs import ExperimentSection, RebuildSpec, rebuild_all
from pincel.studies.inversion_table import table_jobs, table_section
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block, Formula, Paragraph, Report
from pincel.studies.settings import StudySettings
from pincel.translation import gettext_lazy as _

Experiment: TypeAlias = tuple[
    Callable[[InversionPlan], list[RebuildSpec]], Callable[[InversionPlan, Mapping[RebuildSpec, InversionResult]], ExperimentSection]
]

_EXPERIMENTS: Mapping[str, Experiment] = MappingProxyType(
    {
        "table": (table_jobs, table_section),
        "invariance": (invariance_jobs, invariance_section),
        "locality": (locality_jobs, locality_section),
        "baseline": (baseline_jobs, baseline_section),
    }
)

_TITLE = _("Photographs rebuilt from their codes")
_LEAD = _(
    "A representation turns a picture x into a code Φ(x): the answers of a layer, or a descriptor such as HOG. What does the code keep? "
    "Turn it round: start from noise, and change it step by step until its code is that of a photograph. What comes out is a pre-image, "
    "a picture the representation cannot tell from the photograph; what is right in it was in the code, and what is wrong was not."
)
_WHY = _(
    "Many pictures have nearly the same code, most of them noise. Two regularizers choose among them what a photograph could be: the norm "
    "R keeps colors in range, and the total variation V punishes differences between neighboring pixels, more the larger λ_V. The code "
    "says what is seen, and the regularizers what pictures are like. Each picture here takes {steps} steps at {width}×{height} pixels."
)
_NORMS = {"alpha": "R(x) = Σ |x|^α / (n·σ²)", "range": "R(x) = Σ_ij (Σ_c x_ijc²)^(α/2) / (H·W)"}
_VARIATIONS = {"sigma": "(n·σ²)", "area": "(H·W)"}


def study(sources: Sequence[str], options: InversionOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Rebuild photographs from their codes and measure the errors.

    Raises:
        OptionError: For a name or a number that cannot be read.
        WeightsError: If the weights of all representations are missing.
        PincelError: For pictures that cannot be used.
    """
    plan = make_plan(sources, options, settings, progress)
    done = rebuild_all([job for name in plan.experiments for job in _EXPERIMENTS[name][0](plan)], plan, progress)
    sections = {name: _EXPERIMENTS[name][1](plan, done.found) for name in plan.experiments}
    blocks: list[Block] = [*_taught(plan), *(block for section in sections.values() for block in section.blocks)]
    return Report(
        name="inversion",
        title=_TITLE,
        lead=_LEAD,
        blocks=blocks,
        numbers={name: section.numbers for name, section in sections.items()},
        settings={**settings.as_json(), **_own(plan)},
        notes=(*plan.notes, *done.notes),
    )


def _taught(plan: InversionPlan) -> list[Block]:
    """Return a text that says what is minimized."""
    height, width = plan.size
    recipe = plan.recipe
    source = _(
        "Mahendran, Vedaldi 2015, eq. 4 (of 2016: eq. 3); x in gray levels from the mean color, n values, H×W pixels, σ = 68.9; recipe "
        "{name}: α = {alpha:g}, β = {beta:g}, λ_R = {norm:.3g}"
    ).fill(name=recipe.name, alpha=recipe.alpha, beta=recipe.beta, norm=recipe.norm_weight)
    variation = f"V(x) = Σ ((x_{{i,j+1}} - x_ij)² + (x_{{i+1,j}} - x_ij)²)^(β/2) / {_VARIATIONS[recipe.tv]}"
    return [
        Formula("x* = argmin  C · ‖Φ(x) - Φ₀‖² / ‖Φ₀‖²  +  λ_R · R(x)  +  λ_V · V(x)", source),
        Paragraph(_WHY.fill(steps=recipe.steps, width=width, height=height)),
        Formula(_NORMS[recipe.norm], _("the norm, of high power: nearly a bound")),
        Formula(variation, _("the total variation: with β = 2 it blurs")),
    ]


def _own(plan: InversionPlan) -> dict[str, Any]:
    return {
        "recipe": plan.options.recipe,
        "representations": list(plan.codes),
        "lambdas": list(plan.lambdas),
        "experiments": list(plan.experiments),
        "repeats": plan.options.repeats,
        "photographs": [picture.name for picture in plan.photographs],
        "fit": plan.recipe.fit,
    }
