"""How much work a job is beside others, and how long all may take."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median

import torch

from pincel.batch.jobs import USUAL, recipe_of
from pincel.batch.messages import Job, Machine
from pincel.errors import PincelError
from pincel.image.opening import opened_file
from pincel.image.picture import Picture
from pincel.recipes.schema import Recipe
from pincel.run import sizes
from pincel.run.run import Run
from pincel.samples import PREFIX, find_sample
from pincel.sources import BLANK, open_picture


def efforts(jobs: Sequence[Job]) -> dict[str, float]:
    """Return name → pixels × steps of all scales, from the first bytes of each content alone; of one that cannot be read, as of others."""
    recipes: dict[int, Recipe] = {}
    shapes: dict[str, Picture | None] = {}
    found: dict[str, float | None] = {}
    for job in jobs:
        # Jobs made together share their settings.
        if id(job.settings) not in recipes:
            recipes[id(job.settings)] = recipe_of(job)
        if job.content not in shapes:
            shapes[job.content] = _shape(job.content)
        found[job.name] = _effort(recipes[id(job.settings)], shapes[job.content])
    usual = median([effort for effort in found.values() if effort] or [1.0])
    return {name: effort or usual for name, effort in found.items()}


def _shape(place: str) -> Picture | None:
    """Return a picture of the same size as one that is only looked at, without pixels."""
    try:
        if place.startswith(BLANK):
            return open_picture(place, "content")
        path = find_sample(place) if place.startswith(PREFIX) else Path(place)
        with opened_file(path) as image:
            width, height = image.size
    except (OSError, ValueError, SyntaxError):
        return None
    return Picture(torch.empty((1, 3, height, width), device="meta"), None, path.name, "")


def _effort(recipe: Recipe, content: Picture | None) -> float | None:
    if content is None:
        return None
    try:
        height, width = sizes.content_size(recipe, content)
    except PincelError:
        return None
    coarse = sum(share**2 * multiple for share, multiple in recipe.rungs)
    return height * width * max(1.0, recipe.steps * (1 + coarse))


def expected_seconds(jobs: Sequence[Job], machine: Machine) -> dict[str, float | None]:
    """Return name → how long a job may take on this machine; None where nothing is known of it.

    For each network one run is put together, which asks this machine how quick it is; the others follow from their efforts.

    Args:
        jobs: What is to be painted.
        machine: Where and how.
    """
    known = efforts(jobs)
    paces: dict[str, float | None] = {}
    for job in jobs:
        network = recipe_of(job).backbone
        if paces.get(network) is None:
            paces[network] = _pace(job, known[job.name], machine)
    return {job.name: _times(paces[recipe_of(job).backbone], known[job.name]) for job in jobs}


def _times(pace: float | None, effort: float) -> float | None:
    return None if pace is None else pace * effort


def _pace(job: Job, effort: float, machine: Machine) -> float | None:
    """Return seconds a unit of effort; None if the job cannot be painted."""
    settings = dict(job.settings)
    recipe = settings.pop("recipe", USUAL)
    with suppress(PincelError):
        run = Run(
            job.content,
            list(job.styles),
            recipe=recipe,
            device=machine.device,
            precision=machine.precision,
            tiles=machine.tiles,
            memory=machine.memory,
            **settings,
        )
        return None if run.expected_seconds is None else run.expected_seconds / effort
    return None
