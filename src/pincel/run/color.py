"""Whose colors the result has: what is done to pictures before they are painted, and to the result after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from pincel.functional.color import ColorStatistics, Matcher, color_statistics, luminance, pool_statistics, with_luminance_of
from pincel.functional.oklab import with_hues_of
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture
from pincel.recipes.schema import Recipe
from pincel.registry import Registry

MATCHERS: Registry[Matcher] = Registry(
    "color matching",
    {name: f"pincel.functional.color:{name}" for name in ("cholesky", "pca", "monge", "histogram")},
)


@dataclass(frozen=True)
class ColorTransfer:
    """Matches colors of pictures before a run, or of its result after it.

    Attributes:
        recipe: Its ``color``, ``color_match`` and ``color_when``.
        content: As loaded.
        styles: As loaded, with weights.
    """

    recipe: Recipe
    content: LoadedImage
    styles: Sequence[tuple[LoadedImage, float]]

    @property
    def preprocessed(self) -> tuple[LoadedImage, list[tuple[LoadedImage, float]]]:
        """Content and styles in the colors they are painted in."""
        styles = list(self.styles)
        if self.recipe.color in ("style", "hues") or self.recipe.color_when == "after":
            return self.content, styles
        if self.recipe.color == "luminance":
            return _with(self.content, luminance(self.content.pixels)), [(_with(s, luminance(s.pixels)), w) for s, w in styles]
        if self.recipe.color == "content":
            return self.content, [(_with(style, self._matched(style.pixels)), weight) for style, weight in styles]
        return _with(self.content, self._matched(self.content.pixels)), styles

    def postprocess(self, pixels: Tensor) -> Tensor:
        """Return a finished picture, (1, 3, H, W) in [0, 1], as it is to be saved."""
        if self.recipe.color in ("luminance", "hues"):
            content = resize_picture(self.content, (pixels.shape[-2], pixels.shape[-1]), self.recipe.resample).pixels.to(pixels)
            if self.recipe.color == "hues":
                return with_hues_of(pixels, content, [(style.pixels.to(pixels), weight) for style, weight in self.styles])
            return with_luminance_of(content, pixels)
        if self.recipe.color == "style" or self.recipe.color_when == "before":
            return pixels
        return self._matched(pixels)

    def for_evaluation(self, pixels: Tensor) -> Tensor:
        """Return a saved picture as the objective evaluates it: in gray where it was painted in gray."""
        gray = self.recipe.color == "luminance" and self.recipe.color_when == "before"
        return luminance(pixels) if gray else pixels

    @cached_property
    def _wanted(self) -> ColorStatistics:
        if self.recipe.color == "content":
            return color_statistics(self.content.pixels)
        return pool_statistics([(color_statistics(style.pixels), weight) for style, weight in self.styles])

    def _matched(self, pixels: Tensor) -> Tensor:
        return MATCHERS[self.recipe.color_match](pixels.cpu(), self._wanted).clamp(0, 1).to(pixels)


def _with(picture: LoadedImage, pixels: Tensor) -> LoadedImage:
    return replace(picture, pixels=pixels)
