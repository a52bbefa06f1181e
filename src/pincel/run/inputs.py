"""Inputs of a run: a recipe and pictures, opened together, and opened again on resume and in worker processes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from torch import Tensor

from pincel.canvas.init import parse_init
from pincel.functional.guided import guided_denoise
from pincel.images.background import flatten
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize, target_size
from pincel.recipes.schema import Recipe
from pincel.run import sizes
from pincel.run.advice import style_notes
from pincel.run.color import ColorTransfer
from pincel.run.images import Images
from pincel.run.regions import Regions, make_regions
from pincel.sources import (
    Source,
    Styles,
    calibration_hashes,
    check_calibration,
    check_masks,
    expand_styles,
    image_metadata,
    open_picture,
)
from pincel.translation import Note, untranslated


@dataclass(frozen=True)
class Inputs:
    """A recipe and the pictures it is applied to.

    Attributes:
        recipe: With ``strokes`` for every picture.
        content: As opened.
        styles: As opened, with weights.
        init: The picture to begin from; None where that is none of its own.
        regions: Which style is for which region; None if all styles are for all of the picture.
        reading_notes: What was said while they were opened, a sentence each.
    """

    recipe: Recipe
    content: LoadedImage
    styles: Sequence[tuple[LoadedImage, float]]
    init: LoadedImage | None
    regions: Regions | None
    reading_notes: Sequence[str] = ()

    @property
    def uris(self) -> list[str]:
        """Where content and styles can be found again; empty for one that is no file."""
        return [picture.uri for picture in (self.content, *(style for style, _ in self.styles))]

    @cached_property
    def colors(self) -> ColorTransfer:
        """Whose colors the result has."""
        return ColorTransfer(self.recipe, self.content, self.styles)

    @property
    def originals(self) -> Images:
        """The pictures as they are."""
        return Images(self.content, self.styles)

    @cached_property
    def preprocessed(self) -> Images:
        """The pictures in the colors they are painted in."""
        return Images(*self.colors.preprocessed, self.regions)

    def postprocess(self, pixels: Tensor) -> Tensor:
        """Return a painted picture, (1, 3, H, W) in [0, 1], as it is to be saved: without grain, in its colors."""
        if self.recipe.degrain > 0:
            smooth = guided_denoise(pixels, self.recipe.degrain)
            painted = self.regions.painted((pixels.shape[-2], pixels.shape[-1])) if self.regions else None
            pixels = smooth if painted is None else pixels + painted.to(pixels) * (smooth - pixels)
        return self.colors.postprocess(pixels)

    def preview(self, pixels: Tensor) -> Tensor:
        """Return a painted picture, (1, 3, H, W) in [0, 1], as it will look: postprocessed, its transparent parts on the background."""
        finished, alpha = self.postprocess(pixels), self.content.alpha
        if alpha is None:
            return finished
        alpha = resize(alpha, (pixels.shape[-2], pixels.shape[-1]), "bilinear").to(finished)
        return flatten(replace(self.content, pixels=finished, alpha=alpha), self.recipe.background).pixels

    @property
    def notes(self) -> list[str]:
        """What was out of the ordinary with the pictures, a sentence each."""
        pictures = (self.content, *(style for style, _ in self.styles))
        advice = [note for style, _ in self.styles for note in style_notes(style)]
        reading = [Note(untranslated("{name}: {note}"), name=each.name, note=note) for each in pictures for note in each.notes]
        return [*self.reading_notes, *reading, *advice]

    def manifest(self, recipe: Recipe) -> dict[str, Any]:
        """Return a recipe, paths and hashes, by which other processes, and later runs, find the same again."""
        elsewhere = {"calibration": os.path.abspath(self.recipe.calibration)} if self._calibrated else {}
        masks: dict[str, str | list[str]] = {"style_mask": [os.path.abspath(path) for path in self.recipe.style_mask]}
        if self.recipe.content_mask:
            masks["content_mask"] = os.path.abspath(self.recipe.content_mask)
        return {
            "recipe": recipe.model_dump() | elsewhere | masks,
            "masks": {os.path.abspath(path): digest for path, digest in self.regions.sources.items()} if self.regions else {},
            "content": _identity(self.content),
            "styles": [{**_identity(style), "weight": weight} for style, weight in self.styles],
            "calibration": calibration_hashes(elsewhere["calibration"]) if elsewhere else {},
        }

    def described(self) -> dict[str, Any]:
        """Return what a record says of the pictures."""
        styles = [{**image_metadata(style), "weight": weight} for style, weight in self.styles]
        return {"content": image_metadata(self.content), "styles": styles, **({"start": image_metadata(self.init)} if self.init else {})}

    @property
    def _calibrated(self) -> bool:
        """Whether the network is scaled on pictures of the user's."""
        return self.recipe.activations == "normalized" and self.recipe.calibration != "samples"


def _identity(picture: LoadedImage) -> dict[str, Any]:
    """Say where a picture is, which it is, and in which size it was read: a very large one is shrunk as the memory there is allows."""
    return {"path": picture.uri, "sha256": picture.sha256, "size": [picture.height, picture.width]}


def load_inputs(recipe: Recipe, content: Source, style: Styles, init: Source | None = None, memory: int | None = None) -> Inputs:
    """Open the pictures of a run.

    Args:
        recipe: What is asked for.
        content: The photograph.
        style: One style or several, with weights; a folder for all pictures in it.
        init: The picture to begin from, if it is one; see :func:`start_file`.
        memory: Bytes that decoding a picture may use; half of what is free when left out.

    Raises:
        PincelError: For a picture or a mask that cannot be used.
    """
    notes: list[str] = []
    groups = expand_styles(style, notes.append)
    pairs = [pair for group in groups for pair in group]
    recipe = sizes.broadcast_strokes(recipe, [len(group) for group in groups])
    photograph = open_picture(content, "content", fit=partial(fitted_size, recipe), memory=memory)
    styles = [(open_picture(source, "style", recipe.background, memory=memory), weight) for source, weight in pairs]
    regions = make_regions(recipe, photograph, styles, notes.append)
    begin = None if init is None else open_picture(init, "init", recipe.background)
    return Inputs(recipe, photograph, styles, begin, regions, tuple(notes))


def start_file(recipe: Recipe) -> str | None:
    """Return the picture a recipe begins from; None if it begins otherwise."""
    start = parse_init(recipe.init)
    return start.path if start.kind == "file" else None


def fitted_size(recipe: Recipe, height: int, width: int) -> tuple[int, int]:
    """Return the (height, width) a content picture of some size comes out in, whether the network sees something in it or not."""
    return target_size(height, width, recipe.size, recipe.size_of, recipe.rounding)


def check_written(recipe: Recipe, written: Mapping[str, Any]) -> None:
    """Raise CheckpointError if what :meth:`Inputs.manifest` says, beside the pictures, has changed since."""
    if written["calibration"]:
        check_calibration(recipe.calibration, written["calibration"])
    check_masks(written.get("masks", {}))
