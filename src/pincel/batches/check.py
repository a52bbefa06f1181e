"""Checks of a batch before any work: settings, names, files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pincel.batches.jobs import input_files, recipe_of
from pincel.batches.manifest import MANIFEST
from pincel.batches.messages import Job
from pincel.batches.names import PATTERN
from pincel.batches.path_globs import is_folder, suggest
from pincel.engine.result import record_path
from pincel.errors import OutputError, PictureMissingError, PincelError
from pincel.files import check_output, one_line, quoted
from pincel.images.io import check_format
from pincel.recipes.schema import Recipe
from pincel.run.check import check_recipe
from pincel.samples import PREFIX, find_sample
from pincel.sources import BLANK

PAGE, TABLE, DATA = "index.html", "summary.csv", "batch.json"
THUMBNAILS = "thumbnails"
# What the batch itself writes into its folder.
OWN = (PAGE, TABLE, DATA, MANIFEST)


def check_jobs(jobs: Sequence[Job], folder: Path, more: Iterable[Path] = ()) -> None:
    """Check settings, names and files of all jobs, and that the folder can be written to.

    Args:
        jobs: The jobs.
        folder: Of the results.
        more: Further files that must not be overwritten, such as that of the jobs.

    Raises:
        PincelError: In one line, for the first error.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(one_line("batch: its folder is a file", quoted(folder), "a folder, new or not", "another name"))
    _check_names(jobs)
    recipes = _checked_recipes(jobs)
    inputs: set[str] = {os.path.realpath(path) for path in more}
    for job in jobs:
        inputs |= _inputs(job, recipes[job.name])
    for job in jobs:
        for path in (Path(job.output), record_path(Path(job.output))):
            if os.path.realpath(path) in inputs:
                failed, hint = f"output: would overwrite the input {quoted(path)}", "another folder, or another pattern of names"
                raise OutputError(one_line(failed, quoted(job.name), "a file that is no input", hint))
    check_output(folder / DATA, what="batch")
    for job in jobs:
        # Each, because a name made of content and style may be too long.
        check_output(job.output)


def _check_names(jobs: Sequence[Job]) -> None:
    taken: dict[str, Job] = {}
    for job in jobs:
        path = Path(job.output)
        check_format(path)
        for file in (path, record_path(path)):
            # As on systems whose names are case-insensitive.
            key = os.path.abspath(file).casefold()
            if key in taken:
                raise OutputError(_twice(taken[key], job, file))
            taken[key] = job
        if record_path(Path(job.name)).as_posix() in OWN or Path(job.name).parts[0] == THUMBNAILS:
            failed = f"output: the batch keeps {record_path(Path(job.name)).as_posix()} for itself"
            raise OutputError(one_line(failed, quoted(job.name), "another name", quoted(f"{path.stem}-1{path.suffix}")))


def _twice(first: Job, second: Job, file: Path) -> str:
    what = "records" if file.suffix == ".json" else "pictures"
    given = " and ".join(f"{job.content} after {', '.join(style for style, _ in job.styles)}" for job in (first, second))
    hint = f"a pattern that tells them apart, as '{{folder}}_{PATTERN}' or '{{number:04d}}_{PATTERN}'"
    return one_line(f"output: two {what} would be {quoted(file)}", given, "a name of its own for each", hint)


def _checked_recipes(jobs: Sequence[Job]) -> dict[str, Recipe]:
    """Return name → recipe; each set of settings is checked once."""
    keys = {job.name: json.dumps(dict(job.settings), sort_keys=True, default=str) for job in jobs}
    known: dict[str, Recipe] = {}
    for job in jobs:
        if keys[job.name] not in known:
            try:
                known[keys[job.name]] = recipe_of(job)
                check_recipe(known[keys[job.name]])
            except PincelError as error:
                if len(set(keys.values())) == 1:
                    raise
                # Where settings differ, the message names the job.
                raise type(error)(f"{job.name}: {error}") from None
    return {name: known[key] for name, key in keys.items()}


def _inputs(job: Job, recipe: Recipe) -> set[str]:
    """Return the real paths of the inputs of a job.

    Raises:
        PictureMissingError: For a file that is not there.
        UnknownNameError: For a sample that does not exist.
    """
    found = set()
    for role, places in input_files(job, recipe).items():
        for place in places:
            if place.startswith(PREFIX):
                find_sample(place)
            elif not place.startswith(BLANK):
                if is_folder(place):
                    failed, hint = f"{job.name}: the {role} is a folder", "a row for each picture in it"
                    raise PictureMissingError(one_line(failed, quoted(place), "a file", hint))
                if not os.path.isfile(place):
                    failed, hint = f"{job.name}: the {role.split()[0]} is not there", suggest(place) or "look at the path"
                    raise PictureMissingError(one_line(failed, quoted(place), "a file", hint))
                found.add(os.path.realpath(place))
    return found
