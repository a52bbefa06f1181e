"""What is given to a training: its recipe and J, its styles, the name of its network; found and checked."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from pincel import recipes
from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError, OutputError
from pincel.files import one_line, quoted
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture, target_size
from pincel.recipes.schema import Recipe
from pincel.sources import Styles, expand_styles, open_picture
from pincel.training.recipes import DEFAULTS, RECIPES
from pincel.training.schema import StyleTrainingRecipe

SUFFIX = ".safetensors"


def objective_of(recipe: StyleTrainingRecipe) -> Recipe:
    """Return J as a recipe of painting."""
    weights = {name: getattr(recipe, name) for name in ("content_weight", "style_weight", "tv_weight")}
    return recipes.RECIPES.find("gram").recipe.override(**recipe.objective, **weights)


def checked_output(path: Path) -> Path:
    """Return it; raises OutputError unless it ends as our files do."""
    if path.suffix != SUFFIX:
        raise OutputError(
            one_line(
                "network: a name that pincel would not find again", quoted(path), f"a name in {SUFFIX}", quoted(path.with_suffix(SUFFIX))
            )
        )
    return path


def place_of(style: Styles) -> str:
    """Return the places of styles that an any-style network learns from; raises OptionError for anything but text or a path."""
    if not isinstance(style, str | PathLike):
        raise OptionError(
            one_line("style: an any-style network learns from places", type(style).__name__, "a folder, sample:styles", "'paintings'")
        )
    return str(style)


def opened_styles(style: Styles, recipe: StyleTrainingRecipe) -> list[tuple[LoadedImage, float]]:
    """Open the style of a one-style network, in the size it is looked at."""
    found = []
    for group in expand_styles(style):
        for source, weight in group:
            picture = open_picture(source, "style", DEFAULT_BACKGROUND)
            height, width = target_size(picture.height, picture.width, recipe.style_side, "long", "nearest")
            found.append((resize_picture(picture, (max(1, height), max(1, width)), "lanczos"), weight))
    return found


def resolved(recipe: str | StyleTrainingRecipe | None, kind: str, before: Mapping[str, Any] | None) -> StyleTrainingRecipe:
    """Return the recipe that was asked for, that of the run which goes on, or the usual one."""
    if isinstance(recipe, StyleTrainingRecipe):
        return recipe
    if recipe is None and before is not None:
        return StyleTrainingRecipe.make(before)
    return RECIPES[recipe or DEFAULTS[kind]].recipe
