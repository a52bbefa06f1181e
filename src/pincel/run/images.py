"""The pictures of a run, in the sizes it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor

from pincel.engine.tiles import Reduce
from pincel.image.picture import Picture
from pincel.image.resize import resize_picture
from pincel.recipes.schema import Recipe
from pincel.run.cache import Forgetful, Remembers
from pincel.run.regions import Regions
from pincel.run.sizes import style_sizes

# (picture, layers, what to reduce them to) → the means.
Look: TypeAlias = Callable[[Picture, Mapping[str, float], Reduce], dict[Any, Tensor]]


@dataclass(frozen=True)
class Materials:
    """Pictures in the sizes of the run.

    Attributes:
        content: The content picture.
        styles: Each style picture with its weight.
        regions: What is painted after what, if not all after all.
    """

    content: Picture
    styles: Sequence[tuple[Picture, float]]
    regions: Regions | None = None


def prepare(recipe: Recipe, loaded: Materials, size: tuple[int, int], share: float = 1.0, memo: Remembers | None = None) -> Materials:
    """Bring pictures to the sizes of a run.

    Args:
        recipe: Says how.
        loaded: Them.
        size: (height, width) of the scale.
        share: Of the full size.
        memo: Knows style pictures that runs before had in the same size.
    """
    memo = memo or Forgetful()
    sizes = style_sizes(recipe, [style for style, _ in loaded.styles], size, share)

    def resized(style: Picture, each: tuple[int, int]) -> Picture:
        key = identity(recipe, style, loaded.content), each, recipe.resample
        return memo.once("style picture", key, lambda: resize_picture(style, each, recipe.resample))

    resized_styles = [(resized(style, each), weight) for (style, weight), each in zip(loaded.styles, sizes, strict=True)]
    return Materials(resize_picture(loaded.content, size, recipe.resample), resized_styles, loaded.regions)


def identity(recipe: Recipe, style: Picture, content: Picture) -> tuple[str, ...]:
    """Say which picture a style is, as it is to be looked at: where colours are matched, those of the content are in it."""
    return (
        style.sha256,
        recipe.background,
        *(() if recipe.colour == "style" else (recipe.colour, recipe.colour_match, recipe.colour_when, content.sha256)),
    )
