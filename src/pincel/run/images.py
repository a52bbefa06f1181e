"""The pictures of a run, in the sizes it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor

from pincel.engine.tiles import Reduce
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture
from pincel.recipes.schema import Recipe
from pincel.run.cache import Cache
from pincel.run.regions import Regions
from pincel.run.sizes import style_sizes

# (picture, layers, reduction of their features) → the means over positions.
Extract: TypeAlias = Callable[[LoadedImage, Mapping[str, float], Reduce], dict[Any, Tensor]]


@dataclass(frozen=True)
class Images:
    """Content and styles in one size.

    Attributes:
        content: The content picture.
        styles: Each style picture with its weight.
        regions: Which style is for which region; None if all styles are for all of the picture.
        matched: The picture that features of the styles are matched with, by terms that do; the content where None.
    """

    content: LoadedImage
    styles: Sequence[tuple[LoadedImage, float]]
    regions: Regions | None = None
    matched: LoadedImage | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the content."""
        return self.content.height, self.content.width


def resize_images(recipe: Recipe, loaded: Images, size: tuple[int, int], share: float, cache: Cache) -> Images:
    """Bring pictures to the size of a scale.

    Args:
        recipe: Says how.
        loaded: As opened.
        size: (height, width) of the scale.
        share: The same as a share of the full size.
        cache: May hold style pictures in their sizes.
    """
    sizes = style_sizes(recipe, [style for style, _ in loaded.styles], size, share)

    def resized(style: LoadedImage, each: tuple[int, int]) -> LoadedImage:
        key = image_key(recipe, style, loaded.content), each, recipe.resample
        return cache.get_or_make("style picture", key, lambda: resize_picture(style, each, recipe.resample))

    styles = [(resized(style, each), weight) for (style, weight), each in zip(loaded.styles, sizes, strict=True)]
    return Images(resize_picture(loaded.content, size, recipe.resample), styles, loaded.regions)


def image_key(recipe: Recipe, style: LoadedImage, content: LoadedImage) -> tuple[str, ...]:
    """Return what the pixels of a style depend on before it is resized: with matched colors, those of the content too."""
    return (
        style.sha256,
        recipe.background,
        *(() if recipe.color == "style" else (recipe.color, recipe.color_match, recipe.color_when, content.sha256)),
    )
