"""What a run begins with: a recipe and pictures, opened together, and found again when it goes on or others help."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from torch import Tensor

from pincel.formulas.guided import degrained
from pincel.image.background import flatten
from pincel.image.picture import Picture
from pincel.image.resize import resize, target_size
from pincel.recipes.schema import Recipe
from pincel.run import sizes
from pincel.run.advice import style_notes
from pincel.run.color import Palette
from pincel.run.images import Materials
from pincel.run.regions import Regions, make_regions
from pincel.sources import (
    Source,
    Styles,
    calibration_hashes,
    check_calibration,
    check_masks,
    described,
    open_picture,
    place_of,
    style_groups,
)


@dataclass(frozen=True)
class Inputs:
    """A recipe and what it is to be cooked from.

    Attributes:
        recipe: With a ``style_scale`` for every picture.
        content: As loaded.
        styles: As loaded, with weights.
        regions: What is painted after what, if not all after all.
        places: Where content and styles can be found again from any folder; nothing for one that is no file.
    """

    recipe: Recipe
    content: Picture
    styles: Sequence[tuple[Picture, float]]
    regions: Regions | None
    places: Sequence[str]

    @cached_property
    def palette(self) -> Palette:
        """Whose colours the result has."""
        return Palette(self.recipe, self.content, self.styles)

    @property
    def seen(self) -> Materials:
        """The pictures as they are to be looked at, in the colours they are painted in."""
        return Materials(*self.palette.before, self.regions)

    @property
    def plain(self) -> Materials:
        """The pictures as they are."""
        return Materials(self.content, self.styles)

    def finished(self, pixels: Tensor) -> Tensor:
        """Return a painted picture, (1, 3, H, W) in [0, 1], as it is to be saved: without grain, in its colours."""
        if self.recipe.degrain > 0:
            smooth = degrained(pixels, self.recipe.degrain)
            painted = self.regions.painted((pixels.shape[-2], pixels.shape[-1])) if self.regions else None
            pixels = smooth if painted is None else pixels + painted.to(pixels) * (smooth - pixels)
        return self.palette.after(pixels)

    def shown(self, pixels: Tensor) -> Tensor:
        """Return a painted picture, (1, 3, H, W) in [0, 1], as it looks: finished, its transparent parts on the background."""
        finished, alpha = self.finished(pixels), self.content.alpha
        if alpha is None:
            return finished
        alpha = resize(alpha, (pixels.shape[-2], pixels.shape[-1]), "bilinear").to(finished)
        return flatten(replace(self.content, pixels=finished, alpha=alpha), self.recipe.background).pixels

    @property
    def notes(self) -> list[str]:
        """What was to be said about them when they were read."""
        pictures = (self.content, *(style for style, _ in self.styles))
        advice = [note for style, _ in self.styles for note in style_notes(style)]
        return [*(f"{picture.name}: {note}" for picture in pictures for note in picture.notes), *advice]

    def written(self) -> dict[str, Any]:
        """Say what they are and how to find them again; see :func:`check_written`."""
        place, *places = self.places
        elsewhere = {"calibration": os.path.abspath(self.recipe.calibration)} if self._calibrated else {}
        masks: dict[str, str | list[str]] = {"style_mask": [os.path.abspath(path) for path in self.recipe.style_mask]}
        if self.recipe.content_mask:
            masks["content_mask"] = os.path.abspath(self.recipe.content_mask)
        return {
            "recipe": self.recipe.model_dump() | elsewhere | masks,
            "masks": {os.path.abspath(path): digest for path, digest in self.regions.sources.items()} if self.regions else {},
            "content": _identity(place, self.content),
            "styles": [{**_identity(path, style), "weight": weight} for path, (style, weight) in zip(places, self.styles, strict=True)],
            "calibration": calibration_hashes(elsewhere["calibration"]) if elsewhere else {},
        }

    def described(self) -> dict[str, Any]:
        """Say of the pictures what a record says."""
        styles = [{**described(style), "weight": weight} for style, weight in self.styles]
        return {"content": described(self.content), "styles": styles}

    @property
    def _calibrated(self) -> bool:
        """Whether the network is scaled on pictures of the user's."""
        return self.recipe.activations == "normalised" and self.recipe.calibration != "samples"


def _identity(path: str, picture: Picture) -> dict[str, Any]:
    """Say where a picture is, which it is, and in which size it was read: a very large one is shrunk as the memory there is allows."""
    return {"path": path, "sha256": picture.sha256, "size": [picture.height, picture.width]}


def load_inputs(
    recipe: Recipe, content: Source, style: Styles, tell: Callable[[str], None] = lambda _: None, memory: int | None = None
) -> Inputs:
    """Open what a run begins with.

    Args:
        recipe: What is asked for.
        content: The photograph.
        style: One style or several, with weights; a folder for all pictures in it.
        tell: Is told what was done to masks, and which files of a folder are left out.
        memory: Bytes that decoding a picture may use; half of what is free when left out.

    Raises:
        PincelError: For a picture or a mask that cannot be used.
    """
    groups = style_groups(style, tell)
    pairs = [pair for group in groups for pair in group]
    recipe = sizes.spread(recipe, [len(group) for group in groups])
    photograph = open_picture(content, "content", fit=partial(fitted_size, recipe), memory=memory)
    styles = [(open_picture(source, "style", recipe.background, memory=memory), weight) for source, weight in pairs]
    regions = make_regions(recipe, photograph, styles, tell)
    return Inputs(recipe, photograph, styles, regions, [place_of(source) for source in (content, *(source for source, _ in pairs))])


def fitted_size(recipe: Recipe, height: int, width: int) -> tuple[int, int]:
    """Return the (height, width) a content picture of some size comes out in, whether the network sees something in it or not."""
    return target_size(height, width, recipe.size, recipe.size_of, recipe.rounding)


def check_written(recipe: Recipe, written: Mapping[str, Any]) -> None:
    """Raise CheckpointError if what :meth:`Inputs.written` wrote of, beside the pictures, has changed since."""
    if written["calibration"]:
        check_calibration(recipe.calibration, written["calibration"])
    check_masks(written.get("masks", {}))
