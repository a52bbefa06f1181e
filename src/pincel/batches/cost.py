"""Costs of jobs and the time they may take, planned from the sizes of their pictures without loading anything."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from statistics import median

import torch

from pincel.batches.jobs import recipe_of
from pincel.batches.messages import Job, MachineOptions
from pincel.errors import PincelError
from pincel.images.opening import opened_file
from pincel.images.picture import LoadedImage
from pincel.recipes.schema import Recipe
from pincel.run.cache import Cache
from pincel.run.check import prepare_recipe
from pincel.run.images import Images
from pincel.run.machine import Machine
from pincel.run.plan import make_plan
from pincel.run.sizes import broadcast_strokes
from pincel.samples import PREFIX, find_sample
from pincel.sources import BLANK, expand_styles, open_picture


def costs(jobs: Sequence[Job], machine: Machine | None = None) -> dict[str, float]:
    """Return name → multiply-adds of each job; for one whose pictures cannot be read, the median of the others.

    Args:
        jobs: The jobs.
        machine: Where, for layouts that fit into its memory; this processor in single precision when None.
    """
    where = replace(machine or Machine(torch.device("cpu")), cache=Cache())
    shape = lru_cache(maxsize=None)(_shape)
    recipes: dict[int, Recipe] = {}
    found: dict[str, float | None] = {}
    for job in jobs:
        found[job.name] = None
        # What is wrong with a job is said when it is painted.
        with suppress(PincelError, OSError, ValueError, SyntaxError):
            # Jobs made together share their settings.
            if id(job.settings) not in recipes:
                recipes[id(job.settings)], _ = prepare_recipe(recipe_of(job), {})
            recipe = recipes[id(job.settings)]
            groups = expand_styles(list(job.styles))
            styles = [(shape(str(source)), weight) for group in groups for source, weight in group]
            settled = broadcast_strokes(recipe, [len(group) for group in groups])
            found[job.name] = make_plan(settled, Images(shape(job.content), styles), where).work
    usual = median([cost for cost in found.values() if cost] or [1.0])
    return {name: cost or usual for name, cost in found.items()}


def expected_seconds(jobs: Sequence[Job], options: MachineOptions) -> dict[str, float | None]:
    """Return name → seconds of a job on a machine; None where its speed is not known."""
    machine = Machine.resolve(options.device, options.precision, options.tiles, options.memory)
    return {name: machine.seconds_for(cost) for name, cost in costs(jobs, machine).items()}


def _shape(place: str) -> LoadedImage:
    """Return a picture of the size that a file says, without pixels."""
    if place.startswith(BLANK):
        return open_picture(place, "content")
    path = find_sample(place) if place.startswith(PREFIX) else Path(place)
    with opened_file(path) as image:
        width, height = image.size
    return LoadedImage(torch.empty((1, 3, height, width), device="meta"), None, path.name, "")
