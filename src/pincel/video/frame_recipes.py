"""The recipes by which a frame is painted: by itself, continuing others, in a pass, or what is new in it."""

from __future__ import annotations

import math

from pincel.errors import OptionError
from pincel.recipes.schema import Recipe
from pincel.run.check import check_recipe, resolve_recipe
from pincel.video.settings import Settings

# Share of the steps at full size by which what is new in a frame is painted before it joins the rest.
SKETCHED = 0.5


def painting_recipe(settings: Settings, size: tuple[int, int]) -> Recipe:
    """Return the recipe of a frame by itself, checked.

    Raises:
        OptionError: For colors that are matched after painting, each frame by itself: they would flicker.
    """
    recipe = resolve_recipe(settings.recipe, {**settings.overrides, "size": max(size)})
    if recipe.color in ("content", "match") and recipe.color_when == "after":
        raise OptionError("A film's colors are matched before painting: after it, each frame would be matched by itself, and flicker.")
    check_recipe(recipe)
    return recipe


def background_of(settings: Settings) -> str:
    """Return what is seen behind transparent parts of frames and styles, as the recipe says."""
    return resolve_recipe(settings.recipe, dict(settings.overrides)).background


def pass_steps(steps: int, passes: int) -> int:
    """Return the steps of a frame in each pass: together half as many again as in one go.

    Paper:
        Ruder et al. 2016: 15 passes of 100 steps, where a single one has 1000.
    """
    return math.ceil(1.5 * steps / passes)


def sketch_recipe(recipe: Recipe) -> Recipe:
    """Return how what is new in a frame is painted before it joins the rest: as a frame by itself, with half of the steps at full size."""
    return _shorter(recipe, math.ceil(SKETCHED * recipe.steps))


def next_recipe(recipe: Recipe, steps: int | None) -> Recipe:
    """Return how a frame is painted that begins with another's painting: at full size only, in as many steps unless told otherwise."""
    return recipe.override(scales={}, steps=recipe.steps if steps is None else steps)


def pass_recipe(recipe: Recipe, passes: int, *, first: bool) -> Recipe:
    """Return how a frame is painted in one of several passes; the first alone has coarse scales, and all of their steps."""
    steps = pass_steps(recipe.steps, passes)
    return _shorter(recipe, steps) if first else next_recipe(recipe, steps)


def _shorter(recipe: Recipe, steps: int) -> Recipe:
    """Return a recipe with other steps at full size, and as many as before on each coarse scale."""
    return recipe.override(
        steps=steps, scales={share: multiple * recipe.steps / max(1, steps) for share, multiple in recipe.scales.items()}
    )
