"""Photographs before an inversion, and images after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import Tensor

from pincel.engine.multiscale import Scale
from pincel.images.picture import LoadedImage
from pincel.images.resize import cover, resize_picture, target_size
from pincel.inversion.representation import WHITE, Representation
from pincel.recipes.inversion import Inversion

# Bicubic, as the papers' own.
FITS: dict[str, Callable[[LoadedImage, tuple[int, int]], LoadedImage]] = {
    "keep": partial(resize_picture, resample="bicubic"),
    "stretch": partial(resize_picture, resample="bicubic"),
    "crop": lambda picture, size: replace(picture, pixels=cover(picture.pixels, size, "bicubic"), alpha=None),
}


def fitted_size(recipe: Inversion, picture: LoadedImage) -> tuple[int, int]:
    """Return (height, width) that a photograph is resized to; a side of a very thin one can be 0."""
    square = (recipe.size, recipe.size)
    return target_size(picture.height, picture.width, recipe.size) if recipe.fit == "keep" else square


def fit_picture(recipe: Inversion, picture: LoadedImage) -> LoadedImage:
    """Resize or crop a photograph to the size and shape of the recipe."""
    size = fitted_size(recipe, picture)
    return FITS[recipe.fit](picture, size)


def center_crop(picture: Tensor, scale: Scale) -> Tensor:
    """Crop the center of a picture for a phase with less margin."""
    top, left = ((have - want) // 2 for have, want in zip(picture.shape[-2:], scale.size, strict=True))
    return picture[..., top : top + scale.size[0], left : left + scale.size[1]]


def tone_map(recipe: Inversion, representation: Representation, pixels: Tensor) -> Tensor:
    """Return pictures (B, 3, H, W) in gray levels as they are saved, in [0, 1]."""
    tone = recipe.tone if recipe.tone != "auto" else "stretch" if representation.channels == 1 else "clip"
    if tone == "clip":
        return (pixels / WHITE).clamp(0, 1)
    least, most = pixels.amin((1, 2, 3), keepdim=True), pixels.amax((1, 2, 3), keepdim=True)
    return (pixels - least) / (most - least).clamp(min=1)
