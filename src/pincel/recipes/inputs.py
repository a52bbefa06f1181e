"""What a run begins with: a recipe and pictures, opened together, and found again when it goes on or others help."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor

from pincel.formulas.guided import degrained
from pincel.image.picture import Picture
from pincel.recipes import sizes
from pincel.recipes.colour import Palette
from pincel.recipes.materials import Materials
from pincel.recipes.regions import Regions, make_regions
from pincel.recipes.schema import Recipe
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

    @property
    def notes(self) -> list[str]:
        """What was to be said about them when they were read."""
        return [f"{picture.name}: {note}" for picture in (self.content, *(style for style, _ in self.styles)) for note in picture.notes]

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
            "content": {"path": place, "sha256": self.content.sha256},
            "styles": [
                {"path": path, "sha256": style.sha256, "weight": weight} for path, (style, weight) in zip(places, self.styles, strict=True)
            ],
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


def load_inputs(recipe: Recipe, content: Source, style: Styles, tell: Callable[[str], None] = lambda _: None) -> Inputs:
    """Open what a run begins with.

    Args:
        recipe: What is asked for.
        content: The photograph.
        style: One style or several, with weights; a folder for all pictures in it.
        tell: Is told what was done to masks.

    Raises:
        PincelError: For a picture or a mask that cannot be used.
    """
    groups = style_groups(style)
    pairs = [pair for group in groups for pair in group]
    recipe = sizes.spread(recipe, [len(group) for group in groups])
    photograph = open_picture(content, "content")
    styles = [(open_picture(source, "style"), weight) for source, weight in pairs]
    regions = make_regions(recipe, photograph, styles, tell)
    return Inputs(recipe, photograph, styles, regions, [place_of(source) for source in (content, *(source for source, _ in pairs))])


def check_written(recipe: Recipe, written: Mapping[str, Any]) -> None:
    """Raise CheckpointError if what :meth:`Inputs.written` wrote of, beside the pictures, has changed since."""
    if written["calibration"]:
        check_calibration(recipe.calibration, written["calibration"])
    check_masks(written.get("masks", {}))
