"""How large everything is: pictures, styles, scales; and which layers are needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pincel.backbones import BACKBONES
from pincel.engine.multiscale import Scale, make_scales
from pincel.errors import OptionError, PictureSizeError
from pincel.images.picture import LoadedImage
from pincel.images.resize import area_size, target_size
from pincel.losses import STYLE_TERMS
from pincel.recipes.schema import Recipe

# Shorter side of the smallest scale worth painting: below it a picture is nothing but its mean colors.
MIN_SCALE_SIDE = 64
# Of the result's short side, what a style that is shrunk to it may have without being shrunk.
MAX_UNSHRUNK_RATIO = 1.1


def active_layers(recipe: Recipe) -> tuple[dict[str, float], dict[str, float]]:
    """Content and style layers that count: a weight of zero costs nothing."""
    alpha, beta, _ = recipe.weights
    wanted = ((recipe.content_layers, alpha, recipe.content_terms), (recipe.style_layers, beta, recipe.style_terms))
    content, style = ({n: w for n, w in layers.items() if w > 0 and weight > 0 and any(terms.values())} for layers, weight, terms in wanted)
    return content, style


def matching_terms(recipe: Recipe) -> list[str]:
    """Return the style terms whose targets depend on the picture that is painted on."""
    return [name for name, weight in recipe.style_terms.items() if weight > 0 and STYLE_TERMS[name].matches]


def recipe_at(recipe: Recipe, scale: Scale) -> Recipe:
    """Return the recipe of a scale: coarse ones may keep more of the content, and have style terms of their own."""
    if not scale.coarse:
        return recipe
    return recipe.override(
        content_weight=recipe.content_weight * recipe.coarse_content_factor, style_terms=recipe.coarse_terms or recipe.style_terms
    )


def needed_layers(recipe: Recipe) -> frozenset[str]:
    """Return the layers that content or style need."""
    content, style = active_layers(recipe)
    return frozenset([*content, *style])


def min_side(recipe: Recipe) -> int:
    """Pixels a side must have at least for the deepest layer to have one position."""
    spec = BACKBONES[recipe.backbone]
    return max((spec.smallest(name) for name in needed_layers(recipe)), default=2)


def content_size(recipe: Recipe, picture: LoadedImage) -> tuple[int, int]:
    """(height, width) of the result for a content picture.

    Raises:
        PictureSizeError: If the deepest layer has no position in it.
    """
    size = target_size(picture.height, picture.width, recipe.size, recipe.size_of, recipe.rounding)
    return _checked(recipe, picture, "content", size)


def broadcast_strokes(recipe: Recipe, counts: Sequence[int]) -> Recipe:
    """Give every picture of a folder the ``strokes`` of that folder; ``counts`` says how many pictures each style given stands for."""
    if len(recipe.strokes) == 1 or len(recipe.strokes) != len(counts):
        return recipe
    return recipe.override(strokes=[scale for scale, count in zip(recipe.strokes, counts, strict=True) for _ in range(count)])


def style_sizes(recipe: Recipe, styles: Sequence[LoadedImage], content: tuple[int, int], share: float = 1.0) -> list[tuple[int, int]]:
    """(height, width) of each style picture in the run, with its ``strokes``; see :func:`style_size`.

    Raises:
        OptionError: If there are scales, but not one for each.
    """
    scales = recipe.strokes * len(styles) if len(recipe.strokes) == 1 else recipe.strokes
    if len(scales) != len(styles):
        raise OptionError(
            f"--strokes has {len(scales)} numbers for {len(styles)} style pictures; give one for all of them, or one for each."
        )
    return [style_size(recipe, style, content, share, scale) for style, scale in zip(styles, scales, strict=True)]


def style_size(recipe: Recipe, picture: LoadedImage, content: tuple[int, int], share: float = 1.0, scale: float = 1.0) -> tuple[int, int]:
    """(height, width) of a style picture in the run, its shape kept.

    Args:
        recipe: Says how.
        picture: As loaded.
        content: (height, width) of the scale.
        share: Of that scale.
        scale: Of the strokes: twice as large is painted with strokes twice as wide.

    Raises:
        PictureSizeError: If the deepest layer has no position in it.
    """
    if recipe.style_size == "content-area":
        size = area_size(picture.height, picture.width, round(scale**2 * content[0] * content[1]))
    elif recipe.style_size == "content-short":
        # Of the result at full size, which the style's own size is compared with.
        short, own = min(content) / share, min(picture.height, picture.width)
        rows = round(scale * share * picture.height * (short / own if own > MAX_UNSHRUNK_RATIO * short else 1.0))
        size = (rows, round(picture.width / picture.height * rows))
    else:
        height, width = target_size(picture.height, picture.width, recipe.size, recipe.size_of, recipe.rounding)
        size = (round(scale * share * height), round(scale * share * width))
    return _checked(recipe, picture, "style", size)


def _checked(recipe: Recipe, picture: LoadedImage, what: str, size: tuple[int, int]) -> tuple[int, int]:
    need = min_side(recipe)
    if min(picture.height, picture.width) < need:
        raise PictureSizeError(
            f"The {what} picture {picture.name} is too small: {picture.width}×{picture.height} pixels, "
            f"and the deepest layer asked for needs at least {need} on each side."
        )
    if min(size) < need:
        raise PictureSizeError(
            f"The {what} picture {picture.name}, {picture.width}×{picture.height} pixels, would be {size[1]}×{size[0]} in the run, "
            f"and the deepest layer asked for needs at least {need} on each side. Try a larger --size, or crop the picture."
        )
    return size


def scales_of(recipe: Recipe, size: tuple[int, int], styles: Sequence[LoadedImage]) -> list[Scale]:
    """Lay out the scales of a run whose result has (height, width) ``size``; those too small for the network are left out."""
    need = min_side(recipe)
    top = min(*size, *(min(each) for each in style_sizes(recipe, styles, size)))
    *coarse, last = make_scales(
        size,
        recipe.steps,
        recipe.scale_fractions,
        smallest=max(need, MIN_SCALE_SIDE, math.ceil(need * min(size) / top)),
        tolerance=recipe.tolerance,
    )
    return [*coarse, replace(last, anew=bool(coarse and recipe.coarse_terms))]


def check_sizes(recipe: Recipe, content: LoadedImage, styles: Sequence[LoadedImage]) -> None:
    """Raise PictureSizeError if the deepest layer has no position for a picture, before a network is loaded or downloaded."""
    style_sizes(recipe, styles, content_size(recipe, content))


def recipe_for_size(recipe: Recipe, content: LoadedImage, size: tuple[int, int]) -> Recipe:
    """Return the recipe under which a content picture comes out in ``size``, as a finished picture shows it did.

    Raises:
        PictureSizeError: If no size does: the picture was cropped, or made from another content.
    """
    height, width = size
    sides = {"long": max(size), "short": min(size), "area": math.isqrt(height * width)}
    tries = [recipe, recipe.override(size=sides[recipe.size_of], size_of=recipe.size_of), recipe.override(size=max(size))]
    for candidate in tries:
        if target_size(content.height, content.width, candidate.size, candidate.size_of, candidate.rounding) == size:
            return candidate
    raise PictureSizeError(
        f"The picture is {width}×{height}, and no --size makes that of the content {content.name} "
        f"({content.width}×{content.height}). Was it cropped, or made from another content?"
    )
