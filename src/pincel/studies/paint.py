"""Several pictures painted one after the other, with one bar for all of them and the time that is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pincel.engine.events import ScaleStart, Step
from pincel.engine.result import Result
from pincel.images.io import LoadedImage
from pincel.run.cache import SHARED, Cache
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.studies.settings import Settings
from pincel.studies.watch import Watch
from pincel.translation import Translated
from pincel.translation import gettext_lazy as _

EARLY = _("The study was ended early: {done} of {count} pictures are there, the last one unfinished.")


@dataclass(frozen=True)
class Job:
    """A picture to be painted.

    Attributes:
        content: The photograph, in the size of the study.
        style: The painting, likewise.
        values: What is asked of the recipe.
    """

    content: LoadedImage
    style: LoadedImage
    values: Mapping[str, Any]


def paint_all(jobs: Sequence[Job], settings: Settings, watch: Watch, recipe: str = "gatys2015") -> list[Result]:
    """Paint one picture after the other, each from the same seed.

    Args:
        jobs: What to paint.
        settings: Network, size, seed and steps, for all of them.
        watch: Told how far it is; may ask for the end.
        recipe: Whose values hold where a job says nothing.

    Returns:
        Their results, in order; fewer if the study was asked to end, the last of them unfinished then.

    Raises:
        PincelError: As :class:`pincel.run.run.Run`.
    """
    done: list[Result] = []
    if watch.stopped:
        return done
    # Most of them share their network, and often the painting.
    machine = Machine.resolve(settings.device, cache=Cache(most=SHARED))
    last = _run(jobs[-1], settings, recipe, machine)
    _estimate(last, len(jobs), watch)
    for job in jobs:
        if watch.stopped:
            break
        run = _run(job, settings, recipe, machine) if len(done) < len(jobs) - 1 else last
        watch.also = run.stop
        _paint(run, len(done), len(jobs), watch)
        watch.also = lambda _: None
        done.append(run.result)
    return done


def early(done: Sequence[object], jobs: Sequence[object], watch: Watch) -> tuple[Translated, ...]:
    """Return the note that a study was ended early, if it was."""
    return (EARLY.fill(done=len(done), count=len(jobs)),) if watch.stopped else ()


def _paint(run: Run, before: int, count: int, watch: Watch) -> None:
    each = sum(scale.steps for scale in run.plan.scales)
    climbed = 0
    steps = 0
    for event in run:
        if isinstance(event, ScaleStart):
            # A coarse scale may have ended before its last step.
            climbed, steps = climbed + steps, event.steps
        elif isinstance(event, Step):
            watch.part(f"painting {count} pictures", before * each + climbed + event.step, count * each)
    watch.part(f"painting {count} pictures", (before + 1) * each, count * each)


def _run(job: Job, settings: Settings, recipe: str, machine: Machine) -> Run:
    own = {"backbone": settings.backbone, "size": settings.size, "size_of": "long", "seed": settings.seed, "steps": settings.steps}
    return Run(job.content, job.style, recipe=recipe, machine=machine, **{**own, **job.values})


def _estimate(last: Run, count: int, watch: Watch) -> None:
    """Say how long all of it may take, if the speed of this machine is known; no study has a picture of more work than its last."""
    seconds = last.machine.seconds_for(last.plan.work)
    if seconds:
        whole = count * seconds
        about = f"{whole / 60:.0f} min" if whole >= 90 else f"{whole:.0f} s"
        watch.note(f"{count} pictures of {last.recipe.steps} steps, {about} at most at the speed of the last run on this machine.")
