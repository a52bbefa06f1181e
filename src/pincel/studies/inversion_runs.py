"""All the pictures a study rebuilds, one after the other, with one bar for all of them; the same one is rebuilt only once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pincel.errors import OptionError
from pincel.inversion.report import InversionResult
from pincel.inversion.run import InversionRun
from pincel.recipes.values import InversionValues
from pincel.studies.inversion_plan import InversionPlan, spec_of
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Block
from pincel.translation import Note, Translated
from pincel.translation import gettext_lazy as _

# Multiply-adds a pixel that take as long as what is done around the network: on a CPU, a step that reads one convolution and a step that
# reads sixteen differ by the work of the latter alone.
AROUND = 45_000
# Runs differ so much that progress is in parts of the whole work, not in steps.
PARTS = 1000
# Share of it after which the time is estimated: the first run has much to load.
ESTIMATE_AFTER = 0.05
# Seconds from which on an estimate is reported.
LONG = 20

_EARLY = _("The study was ended early: {done} of {count} runs are finished, and only those are shown.")
_REFUSED = _("One run was left out: {reason}")


@dataclass(frozen=True)
class RebuildSpec:
    """A picture to be rebuilt.

    Attributes:
        name: Of the representation.
        tv_weight: λ_V.
        photograph: Which, from 0.
        recipe: Another than that of the study, by name.
        neurons: Entries of the code that are matched; see :func:`pincel.inversion.code_mask.parse_code_mask`.
        repeats: Starts in one batch.
    """

    name: str
    tv_weight: float
    photograph: int = 0
    recipe: str = ""
    neurons: str = ""
    repeats: int = 1


@dataclass(frozen=True)
class RebuildResults:
    """The results of the jobs.

    Attributes:
        found: Those that were finished.
        notes: On what was not.
    """

    found: Mapping[RebuildSpec, InversionResult]
    notes: tuple[Translated, ...]


@dataclass(frozen=True)
class ExperimentSection:
    """The part of the report of an experiment.

    Attributes:
        blocks: In reading order.
        numbers: Everything measured.
    """

    blocks: Sequence[Block]
    numbers: Any


def rebuild_all(jobs: Sequence[RebuildSpec], plan: InversionPlan, progress: ProgressReporter) -> RebuildResults:
    """Rebuild one picture after the other.

    A choice of neurons that are all zero has nothing to be rebuilt from: it is left out with a note. A run that is ended early is dropped.

    Args:
        jobs: What to rebuild; the same one again costs nothing.
        plan: Pictures and recipe.
        progress: Reports how far it is; may ask for the end.

    Raises:
        PincelError: As :class:`pincel.inversion.run.InversionRun`, but for a code of nothing.
    """
    wanted = tuple(dict.fromkeys(jobs))
    costs = [cost(job, plan) for job in wanted]
    whole, before, started = sum(costs), 0.0, time.monotonic()
    what, reported = Note(_("rebuilding {count} pictures, parts of {parts}"), count=len(wanted), parts=PARTS), 0
    progress.update(what, reported, PARTS)
    results: dict[RebuildSpec, InversionResult] = {}
    notes: list[Translated] = []
    for job, price in zip(wanted, costs, strict=True):
        if progress.stopped:
            break
        try:
            run = _run(job, plan)
        except OptionError as error:
            notes.append(_REFUSED.fill(reason=str(error)))
            progress.note(str(error))
        else:
            for steps in progress.follow_steps(run):
                if (now := int(PARTS * (before + steps / run.steps * price) / whole)) > reported:
                    reported = now
                    progress.update(what, reported, PARTS)
            if progress.stopped:
                break
            results[job] = run.result
        before += price
        if before - price < ESTIMATE_AFTER * whole <= before:
            _estimate((time.monotonic() - started) * whole / before, len(wanted), progress)
    if progress.stopped:
        notes.append(_EARLY.fill(done=len(results), count=len(wanted)))
    else:
        progress.update(what, PARTS, PARTS)
    return RebuildResults(results, tuple(notes))


def cost(job: RebuildSpec, plan: InversionPlan) -> float:
    """Return the work of a run, in multiply-adds or what takes as long: of the layers before the code, and of all else a step does."""
    height, width = plan.size
    macs = 0
    if network := spec_of(job.name):
        spec, name = network
        macs = sum(each.products * spec.positions(height, each.name) * spec.positions(width, each.name) for each in spec.up_to((name,)))
    return float(job.repeats * plan.recipe.steps * (AROUND * height * width + macs))


def _run(job: RebuildSpec, plan: InversionPlan) -> InversionRun:
    recipe = plan.recipe
    values: InversionValues = {"tv_weight": job.tv_weight}
    if job.recipe:
        values |= {"size": recipe.size, "fit": recipe.fit, "seed": recipe.seed, "steps": plan.settings.steps or None}
    return InversionRun(
        plan.photographs[job.photograph],
        job.name,
        recipe=job.recipe or recipe,
        neurons=job.neurons,
        repeats=job.repeats,
        device=plan.settings.device,
        **values,
    )


def _estimate(seconds: float, count: int, progress: ProgressReporter) -> None:
    """Return a text that says how long all of it may take, from how long the first runs took."""
    if seconds >= LONG:
        about = f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
        progress.note(Note(_("{count} pictures, about {time} in all, as the first ones went."), count=count, time=about))
