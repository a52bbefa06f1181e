"""The pictures of a run, in the sizes it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor

from pincel.engine.tiles import Reduce
from pincel.image.picture import Picture
from pincel.image.resize import resize_picture
from pincel.recipes.regions import Regions
from pincel.recipes.schema import Recipe
from pincel.recipes.sizes import style_sizes

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


def prepare(recipe: Recipe, loaded: Materials, size: tuple[int, int], share: float = 1.0) -> Materials:
    """Bring pictures to the sizes of a run.

    Args:
        recipe: Says how.
        loaded: Them.
        size: (height, width) of the scale.
        share: Of the full size.
    """
    sizes = style_sizes(recipe, [style for style, _ in loaded.styles], size, share)
    resized = [(resize_picture(style, each, recipe.resample), weight) for (style, weight), each in zip(loaded.styles, sizes, strict=True)]
    return Materials(resize_picture(loaded.content, size, recipe.resample), resized, loaded.regions)
