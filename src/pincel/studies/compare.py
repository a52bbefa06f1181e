"""Two pictures, one over the other, and every term layer by layer; or a run and what its record says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from pincel.api.painting import evaluate
from pincel.errors import OptionError, PictureSizeError
from pincel.files import one_line
from pincel.images.io import LoadedImage, Source
from pincel.images.resize import resize_picture, target_size
from pincel.run.check import resolve_recipe
from pincel.sources import open_picture, parse_weighted
from pincel.studies.declarations import CompareOptions
from pincel.studies.features import load_input
from pincel.studies.image_distance import ImagePair, compare_images
from pincel.studies.objective_terms import loss_curves, saved_terms, terms_section
from pincel.studies.progress import ProgressReporter
from pincel.studies.records import RunRecord, find_input, read_record
from pincel.studies.report import Report
from pincel.studies.settings import StudySettings, select_layers
from pincel.translation import Note, Translated, untranslated
from pincel.translation import gettext_lazy as _

# Those of style, and the content layer of Gatys et al. 2016.
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")
# Pixels by which rounding may change the shape of a result.
SLACK = 2

_TITLE = _("{first} and {second}, compared")
_LEAD = _(
    "How far apart are two pictures? It depends on who looks: the pixels, or a layer of the network; and on whether it looks for what is "
    "where (content) or for what appears together (style)."
)
_RUN_TITLE = _("{picture}: a run and its record")
_RUN_LEAD = _(
    "A run of pincel writes beside its picture a record of what was asked for, what it began with and every loss on the way. Here the two "
    "are read together."
)
_RESIZED = _("B was brought from {was} to the size of A, {now} pixels.{stretched}")
_STRETCHED = _(" It was stretched: the two have not the same shape.")
_EARLY = _("The study was ended early: the terms of J were not measured.")


@dataclass(frozen=True)
class ObjectiveInputs:
    """What pictures are judged by.

    Attributes:
        content: The photograph.
        styles: Paintings with their weights.
        recipe: Name or file; ``pincel`` when left out.
    """

    content: Source | None = None
    styles: Sequence[tuple[Source, float]] = ()
    recipe: str | None = None


def study(pictures: Sequence[Source], options: CompareOptions, settings: StudySettings, progress: ProgressReporter) -> Report:
    """Compare two pictures, or the result of a run with its photograph.

    Raises:
        OptionError: If these do not go together, or the record is none.
        UnknownNameError: For a layer or a recipe there is not.
        PictureError: For a picture that cannot be used, or is not the one a run began with.
    """
    inputs = ObjectiveInputs(options.content, [parse_weighted(text) for text in options.style], options.recipe)
    _check(pictures, inputs, options.record)
    chosen = select_layers(settings.spec, options.layers, LAYERS)
    if options.record is not None:
        return _compare_run(pictures[0], read_record(options.record), chosen, inputs, settings, progress)
    return _compare_pair(pictures, chosen, inputs, settings, progress)


def _check(pictures: Sequence[Source], inputs: ObjectiveInputs, record: str | None) -> None:
    """Raise OptionError unless the options fit together."""
    wanted = 2 if record is None else 1
    if len(pictures) != wanted:
        accepted = "two pictures, or one with --record"
        raise OptionError(one_line("compare: number of pictures", str(len(pictures)), accepted, "compare A.png B.png"))
    if record is not None and inputs.recipe is not None:
        raise OptionError(
            one_line("compare: the record says which recipe it was", f"--recipe {inputs.recipe}", "--record without it", "leave it out")
        )
    if record is None and (inputs.content is None) != (not inputs.styles):
        given = "--style alone" if inputs.content is None else "--content alone"
        raise OptionError(one_line("compare: J needs a photograph and a style", given, "--content and --style, or neither", "give both"))
    if record is None and inputs.content is None and inputs.recipe is not None:
        given = f"--recipe {inputs.recipe} alone"
        raise OptionError(
            one_line("compare: a recipe says how to judge, but not by what", given, "--content, --style and --recipe", "give both")
        )


# Two pictures


def _compare_pair(
    pictures: Sequence[Source], layers: Sequence[str], inputs: ObjectiveInputs, settings: StudySettings, progress: ProgressReporter
) -> Report:
    two, notes = _open_pair(pictures, inputs, settings)
    names = [picture.name for picture in (two.first, two.second)]
    blocks, numbers = compare_images(two, layers, settings, progress)
    own: dict[str, Any] = {"layers": list(layers), "pictures": names}
    if inputs.content is not None:
        recipe = resolve_recipe(inputs.recipe or "pincel", {"size": settings.size, "size_of": "long"})
        own["recipe"] = recipe.name
        sides = (two.first, two.second)
        judged = [
            evaluate(side, inputs.content, list(inputs.styles), recipe=recipe, device=settings.device)
            for side in progress.track(Note(_("judging pictures")), sides)
        ]
        if len(judged) == len(sides):
            section, numbers["terms"] = terms_section(judged[0], judged[1], recipe)
            blocks += section
        else:
            notes.append(_EARLY)
    title = _TITLE.fill(first=names[0], second=names[1])
    return Report("compare", title, _LEAD, blocks, numbers, {**settings.as_json(), **own}, notes)


def _open_pair(pictures: Sequence[Source], inputs: ObjectiveInputs, settings: StudySettings) -> tuple[ImagePair, list[Translated]]:
    """Open two pictures in one size: that of the first, or the one a run from the photograph would have."""
    given = [open_picture(source, what) for source, what in zip(pictures, ("picture A", "picture B"), strict=True)]
    notes: list[Translated] = []
    if inputs.content is None:
        first = load_input(given[0], settings, "picture A")
    else:
        first = _as_result(given[0], open_picture(inputs.content, "content"), inputs, settings)
    size = (first.height, first.width)
    second = given[1] if (given[1].height, given[1].width) == size else resize_picture(given[1], size, "lanczos")
    if (given[0].height, given[0].width) != (given[1].height, given[1].width):
        was, now = f"{given[1].width}×{given[1].height}", f"{size[1]}×{size[0]}"
        shape = target_size(given[1].height, given[1].width, max(size))
        stretched = _STRETCHED if max(abs(a - b) for a, b in zip(shape, size, strict=True)) > SLACK else untranslated("")
        notes.append(_RESIZED.fill(was=was, now=now, stretched=stretched))
    labels = (untranslated(f"A: {first.name}"), untranslated(f"B: {second.name}"))
    return ImagePair(first, second, labels), notes


def _as_result(picture: LoadedImage, content: LoadedImage, inputs: ObjectiveInputs, settings: StudySettings) -> LoadedImage:
    """Bring a picture to the size that a run from a photograph has; raises PictureSizeError if it has another shape."""
    rounding = resolve_recipe(inputs.recipe or "pincel", {}).rounding
    shape = target_size(content.height, content.width, max(picture.height, picture.width), "long", rounding)
    if max(abs(shape[0] - picture.height), abs(shape[1] - picture.width)) > SLACK:
        given = f"{picture.width}×{picture.height}, and {content.name} is {content.width}×{content.height}"
        failed = "compare: A has not the shape of the photograph, so it cannot be judged as made from it"
        raise PictureSizeError(one_line(failed, given, "a picture made from the content", "without --content and --style"))
    size = target_size(content.height, content.width, settings.size, "long", rounding)
    return picture if (picture.height, picture.width) == size else resize_picture(picture, size, "lanczos")


# A run and its record


def _compare_run(
    source: Source, record: RunRecord, layers: Sequence[str], inputs: ObjectiveInputs, settings: StudySettings, progress: ProgressReporter
) -> Report:
    painted = open_picture(source, "picture")
    if (painted.width, painted.height) != record.size:
        given = f"{painted.name} of {painted.width}×{painted.height} pixels"
        accepted = f"one of {record.size[0]}×{record.size[1]}, as in {record.path.name}"
        raise PictureSizeError(one_line("record: is of another picture", given, accepted, "the record written with this picture"))
    content, styles = _find_inputs(source, record, inputs)
    # Enlarged, a small picture would be nothing but less sharp than its photograph.
    shown = load_input(painted, replace(settings, size=min(settings.size, max(record.size))))
    before = resize_picture(content, (shown.height, shown.width), "lanczos")
    two = ImagePair(before, shown, (untranslated(f"A: {content.name}"), untranslated(f"B: {painted.name}")))
    blocks, numbers = compare_images(two, layers, settings, progress)
    section, numbers["losses"] = loss_curves(record)
    blocks += section
    judged = [
        evaluate(painted, content, styles, recipe=record.recipe, device=settings.device)
        for _once in progress.track(Note(_("judging the picture")), [0])
    ]
    for now in judged:
        section, numbers["terms"] = saved_terms(record, now)
        blocks += section
    own = {"layers": list(layers), "record": str(record.path), "recipe": record.recipe.model_dump()}
    notes = [] if judged else [_EARLY]
    return Report("compare", _RUN_TITLE.fill(picture=painted.name), _RUN_LEAD, blocks, numbers, {**settings.as_json(), **own}, notes)


def _find_inputs(source: Source, record: RunRecord, inputs: ObjectiveInputs) -> tuple[LoadedImage, list[tuple[LoadedImage, float]]]:
    """Find the inputs of a run: pictures given, samples, or files of that name beside record or picture, or in this folder."""
    places = [record.path, *([Path(source)] if isinstance(source, str | PathLike) else [])]
    folders = [*(place.parent for place in places), Path()]
    contents = [] if inputs.content is None else [open_picture(inputs.content, "content")]
    paintings = [open_picture(style, "style") for style, _ in inputs.styles]
    content = find_input(record.content, contents, folders, "content")
    return content, [(find_input(style, paintings, folders, "style"), float(style["weight"])) for style in record.styles]
