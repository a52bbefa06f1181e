"""What is to be painted: one job a picture, and how to know whether anything about it has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pincel.backbones import BACKBONES
from pincel.backbones.calibrate import calibration_pictures
from pincel.batch.messages import Job
from pincel.batch.names import PATTERN, Names
from pincel.batch.path_globs import ACCEPTED, Notify, is_folder, pictures
from pincel.canvas.init import parse_init
from pincel.errors import OptionError
from pincel.files import one_line, sha256_of
from pincel.images.folder import list_pictures
from pincel.recipes import RECIPES
from pincel.recipes.schema import Recipe
from pincel.samples import PREFIX, find_sample
from pincel.sources import BLANK
from pincel.version import __version__

__all__ = ["USUAL", "Digest", "Job", "digest_of", "fingerprint", "gather_jobs", "input_files", "recipe_of"]

# Path of a file, sample:NAME or blank:WxH → what tells its bytes from others; nothing for a file that is not there.
Digest: TypeAlias = Callable[[str], str]

# The recipe where none is named.
USUAL = "pincel"


def gather_jobs(
    contents: Sequence[str],
    styles: Sequence[str],
    folder: Path,
    *,
    pattern: str = PATTERN,
    settings: Mapping[str, Any] | None = None,
    notify: Notify = lambda _: None,
) -> list[Job]:
    """Return a job for each pair of a content and a style, all contents with the first style, then with the next.

    In that order what is seen in a style is there for one content after the other.

    Args:
        contents: Photographs; see :func:`pincel.batch.path_globs.pictures`.
        styles: Paintings, likewise.
        folder: Where the results go. Pictures in it count as contents or styles only if they are named one by one.
        pattern: How they are called; see :class:`pincel.batch.names.Names`.
        settings: As of a :class:`Job`, for all.
        notify: Called with a note on the files of a folder or a pattern that are left out.

    Raises:
        PincelError: For a text that stands for no picture, or a pattern that is none.
    """
    for texts, what in ((contents, "contents"), (styles, "styles")):
        if not texts:
            raise OptionError(
                one_line(
                    f"batch: there are no {what}", "nothing", ACCEPTED, f"{what} first" if what == "contents" else "--styles painting.jpg"
                )
            )
    names, shared = Names(pattern), dict(settings or {})
    photographs, paintings = (
        pictures(texts, what, outside=folder, notify=notify) for texts, what in ((contents, "contents"), (styles, "styles"))
    )
    pairs = [(content, style) for style in paintings for content in photographs]
    recipe = str(shared.get("recipe", USUAL))
    named = [names.name(content, [style], recipe, number) for number, (content, style) in enumerate(pairs, 1)]
    return [Job(name, content, ((style, 1.0),), str(folder / name), shared) for name, (content, style) in zip(named, pairs, strict=True)]


def recipe_of(job: Job) -> Recipe:
    """Return everything a job depends on but its pictures and the machine; raises PincelError for settings that cannot be."""
    values = dict(job.settings)
    return RECIPES.find(str(values.pop("recipe", USUAL))).recipe.override(**values)


def input_files(job: Job, recipe: Recipe) -> dict[str, list[str]]:
    """Return what a job reads, by role: paths, ``sample:NAME`` and ``blank:WxH``; of a folder the pictures in it."""
    start = parse_init(recipe.init)
    calibrated = recipe.activations == "normalized"
    return {
        "content": [job.content],
        **{f"style {number}": list(_files(style)) for number, (style, _) in enumerate(job.styles, 1)},
        "content mask": [recipe.content_mask] if recipe.content_mask else [],
        "style masks": list(recipe.style_mask),
        "start": [start.path] if start.path else [],
        "calibration": [str(path) for path in calibration_pictures(recipe.calibration)] if calibrated else [],
    }


def _files(place: str) -> Iterator[str]:
    yield from (map(str, list_pictures(Path(place)).paths) if is_folder(place) else [place])


def digest_of(place: str) -> str:
    """Return the SHA-256 of a file's bytes; of the text for a blank picture; nothing for a file that cannot be read."""
    if place.startswith(BLANK):
        return place
    try:
        return sha256_of(find_sample(place) if place.startswith(PREFIX) else place)
    except OSError:
        return ""


def fingerprint(job: Job, digest: Digest = digest_of) -> str:
    """Return a hash that changes with whatever the picture depends on.

    That is the bytes of all files a job reads, every value of its recipe, its network's weights, and the version of pincel: not where the
    files are or what they are called.

    Args:
        job: The job; its settings must be such as can be.
        digest: Knows the bytes of files; for instance one that reads each but once, or reads from elsewhere.
    """
    recipe = recipe_of(job)
    values = recipe.model_dump(exclude={"name", "summary", "good_for", "content_mask", "style_mask", "calibration"})
    start = parse_init(recipe.init)
    told = {
        "pincel": __version__,
        "recipe": {**values, "init": start.kind} if start.path else values,
        "network": BACKBONES[recipe.backbone].fingerprint,
        "weights": [weight for _, weight in job.styles],
        "files": {role: [digest(place) for place in places] for role, places in input_files(job, recipe).items()},
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
