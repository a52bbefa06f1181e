"""The image a run begins from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pincel.canvas.init import noise, parse_init
from pincel.feedforward.file import find_stylizer, load_stylizer
from pincel.feedforward.stylize import stylize
from pincel.images.picture import LoadedImage
from pincel.images.resize import cover, is_cut
from pincel.recipes.schema import Recipe
from pincel.run.images import Images
from pincel.translation import Note
from pincel.translation import gettext_lazy as _


def initial_image(recipe: Recipe, images: Images, given: LoadedImage | None, mean: Sequence[float]) -> Tensor:
    """Return the image to begin from.

    Args:
        recipe: Its ``init``, ``seed`` and noise.
        images: In the size of the scale.
        given: Used instead, cut to the shape of the scale.
        mean: Of the network's pixels, 0-255, which noise is drawn around.

    Returns:
        (1, 3, H, W), in the network's pixel units.
    """
    if given is not None:
        return recipe.white * cover(given.pixels, images.size, recipe.resample)
    content, init = recipe.white * images.content.pixels, parse_init(recipe.init)
    if init.kind == "content":
        return content
    if init.kind == "feedforward":
        stylizer = load_stylizer(find_stylizer(init.path))
        return recipe.white * stylize(stylizer, images.content, images.styles if stylizer.encoder else ())
    if init.kind == "style":
        return recipe.white * cover(images.styles[0][0].pixels, images.size, recipe.resample)
    seeded = torch.Generator().manual_seed(recipe.seed)
    drawn = noise((1, 3, *images.size), kind=recipe.noise, level=recipe.noise_level, mean=mean, generator=seeded)
    return init.noise_fraction * drawn + (1 - init.noise_fraction) * content if init.kind == "blend" else drawn


def cut_notes(init: LoadedImage | None, size: tuple[int, int]) -> list[str]:
    """Return a note where the picture to begin from has another shape than the result."""
    if init is None or not is_cut((init.height, init.width), size):
        return []
    text = _("{name}: {width}×{height}, cut to the shape of the result, {across}×{down}.")
    return [Note(text, name=init.name, width=init.width, height=init.height, across=size[1], down=size[0])]
