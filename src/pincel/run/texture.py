"""What a texture is painted on: a blank picture in the shape that is asked for."""

from __future__ import annotations

import re
from typing import Literal

from pincel.errors import OptionError
from pincel.recipes.schema import Recipe
from pincel.sources import BLANK

# Long side where neither the caller nor the recipe gives one.
SIZE = 512


def blank_content(aspect: str, recipe: Recipe, size: int | None = None) -> str:
    """Return the source of a blank picture of the size of a texture.

    Args:
        aspect: ``W:H`` in whole numbers.
        recipe: Its size is used where none is given.
        size: Long side in pixels.

    Raises:
        OptionError: For a shape that is none.
    """
    shape = re.fullmatch(r"([1-9]\d*):([1-9]\d*)", aspect.strip())
    if not shape:
        raise OptionError(f"--aspect takes W:H, such as 1:1 or 4:3, not '{aspect}'.")
    wide, high = int(shape[1]), int(shape[2])
    side = size or recipe.size or SIZE
    width, height = (round(side * length / max(wide, high)) for length in (wide, high))
    return f"{BLANK}{max(1, width)}x{max(1, height)}"


def tileable_padding(padding: str | None) -> Literal["circular"]:
    """Return the padding of a tileable texture; raises OptionError if another one is asked for."""
    if padding not in (None, "circular"):
        raise OptionError(f"--tileable and --padding {padding} contradict each other; give only one of them.")
    return "circular"
