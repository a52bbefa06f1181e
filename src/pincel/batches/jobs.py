"""Jobs of a batch, one a picture, and fingerprints that show whether anything about them has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pincel.backbones import BACKBONES
from pincel.backbones.calibrate import calibration_pictures
from pincel.batches.messages import Job
from pincel.batches.names import PATTERN, Names
from pincel.batches.path_globs import ACCEPTED, Notify, is_folder, pictures
from pincel.canvas.init import parse_init
from pincel.errors import OptionError
from pincel.files import one_line, sha256_of
from pincel.images.folder import list_pictures
from pincel.recipes import RECIPES
from pincel.recipes.schema import Recipe
from pincel.samples import PREFIX, find_sample
from pincel.sources import BLANK
from pincel.version import __version__

# Path of a file, sample:NAME or blank:WxH → hash of its bytes; nothing for a file that does not exist.
Digest: TypeAlias = Callable[[str], str]

# The recipe where none is named.
DEFAULT_RECIPE = "pincel"


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

    Args:
        contents: Photographs; see :func:`pincel.batches.path_globs.pictures`.
        styles: Paintings, likewise.
        folder: Where the results go. Pictures in it count as contents or styles only if they are named one by one.
        pattern: Of their names; see :class:`pincel.batches.names.Names`.
        settings: Of all jobs; see :class:`Job`.
        notify: Called with a note on the files of a folder or a pattern that are left out.

    Raises:
        PincelError: For a text that stands for no picture, or a pattern that is none.
    """
    for texts, what in ((contents, "contents"), (styles, "styles")):
        if not texts:
            hint = "contents first" if what == "contents" else "--styles painting.jpg"
            raise OptionError(one_line(f"batch: there are no {what}", "nothing", ACCEPTED, hint))
    names = Names(pattern)
    photographs, paintings = (
        pictures(texts, what, outside=folder, notify=notify) for texts, what in ((contents, "contents"), (styles, "styles"))
    )
    return pair_jobs(photographs, paintings, names, dict(settings or {}), lambda name: str(folder / name))


def pair_jobs(
    contents: Sequence[str], styles: Sequence[str], names: Names, settings: Mapping[str, Any], output: Callable[[str], str]
) -> list[Job]:
    """Return a job for each pair of a content and a style; ``output`` returns the path for a name."""
    # All contents with one style, whose targets are measured once, then with the next.
    pairs = [(content, style) for style in styles for content in contents]
    recipe = str(settings.get("recipe", DEFAULT_RECIPE))
    named = [names.name(content, [style], recipe, number) for number, (content, style) in enumerate(pairs, 1)]
    return [Job(name, content, ((style, 1.0),), output(name), settings) for name, (content, style) in zip(named, pairs, strict=True)]


def recipe_of(job: Job) -> Recipe:
    """Return the recipe of a job; raises PincelError for settings that are not accepted."""
    values = dict(job.settings)
    return RECIPES.find(str(values.pop("recipe", DEFAULT_RECIPE))).recipe.override(**values)


def input_files(job: Job, recipe: Recipe) -> dict[str, list[str]]:
    """Return the inputs of a job, by role: paths, ``sample:NAME`` and ``blank:WxH``; of a folder the pictures in it."""
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
    """Return the SHA-256 of a file; the text for a blank picture; nothing for a file that cannot be read."""
    if place.startswith(BLANK):
        return place
    try:
        return sha256_of(find_sample(place) if place.startswith(PREFIX) else place)
    except OSError:
        return ""


def fingerprint(job: Job, digest: Digest = digest_of) -> str:
    """Return a hash of everything the picture depends on.

    That is the bytes of all input files, every value of the recipe, the network's weights, and the version of pincel; not paths.

    Args:
        job: The job, with accepted settings.
        digest: Hashes files; for instance one that reads each only once, or from elsewhere.
    """
    recipe = recipe_of(job)
    values = recipe.model_dump(exclude={"name", "summary", "good_for", "content_mask", "style_mask", "calibration"})
    start = parse_init(recipe.init)
    facts = {
        "pincel": __version__,
        "recipe": {**values, "init": start.kind} if start.path else values,
        "network": BACKBONES[recipe.backbone].fingerprint,
        "weights": [weight for _, weight in job.styles],
        "files": {role: [digest(place) for place in places] for role, places in input_files(job, recipe).items()},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
