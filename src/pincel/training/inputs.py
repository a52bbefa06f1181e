"""The inputs of a training: its recipe and J, its styles, the name of its network; found and checked."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError, OutputError
from pincel.files import one_line, quoted
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize_picture, target_size
from pincel.recipes import RECIPES as OPTIMIZATION_RECIPES
from pincel.recipes.schema import Recipe
from pincel.sources import Styles, expand_styles, open_picture
from pincel.training.recipes import DEFAULTS, RECIPES
from pincel.training.schema import StyleTrainingRecipe

SUFFIX = ".safetensors"


def objective_recipe(recipe: StyleTrainingRecipe) -> Recipe:
    """Return J as a recipe of image optimization."""
    weights = {name: getattr(recipe, name) for name in ("content_weight", "style_weight", "tv_weight")}
    return OPTIMIZATION_RECIPES.find("gram").recipe.override(**recipe.objective, **weights)


def check_network_path(path: Path) -> Path:
    """Return the path; raises OutputError unless it ends in ``.safetensors``."""
    if path.suffix != SUFFIX:
        failed, hint = "network: a name that pincel would not find again", quoted(path.with_suffix(SUFFIX))
        raise OutputError(one_line(failed, quoted(path), f"a name in {SUFFIX}", hint))
    return path


def style_places(style: Styles) -> str:
    """Return the places of an any-style network's styles; raises OptionError for anything but text or a path."""
    if not isinstance(style, str | PathLike):
        failed = "an any-style network learns from places"
        raise OptionError(one_line(failed, type(style).__name__, "a folder, sample:styles", "'paintings'"), about="style")
    return str(style)


def load_styles(style: Styles, recipe: StyleTrainingRecipe) -> list[tuple[LoadedImage, float]]:
    """Load the style images of a one-style network, in the recipe's size."""
    loaded = []
    for group in expand_styles(style):
        for source, weight in group:
            picture = open_picture(source, "style", DEFAULT_BACKGROUND)
            height, width = target_size(picture.height, picture.width, recipe.style_side, "long", "nearest")
            loaded.append((resize_picture(picture, (max(1, height), max(1, width)), "lanczos"), weight))
    return loaded


def resolve_recipe(
    recipe: str | StyleTrainingRecipe | None, kind: str, saved: Mapping[str, Any] | None, overrides: Mapping[str, Any]
) -> StyleTrainingRecipe:
    """Return the recipe given, that of the run that is resumed, or the default of a kind of network, with some values changed.

    Raises:
        OptionError: For a value that is not accepted, or a recipe of one style where any was asked for.
    """
    if recipe is None and saved is not None:
        recipe = StyleTrainingRecipe.make(saved)
    known = recipe if isinstance(recipe, StyleTrainingRecipe) else RECIPES[recipe or DEFAULTS[kind]].recipe
    known = known.override(**overrides)
    if kind == "any-style" and known.kind != kind:
        failed, accepted = "recipe: teaches one style, and any was asked for", "adain-small, adain2017"
        raise OptionError(one_line(failed, known.name, accepted, "leave --any or --recipe out"))
    return known
