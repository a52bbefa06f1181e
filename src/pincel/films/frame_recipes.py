"""The recipes of frames: by itself, continuing others, in a pass, or of the new parts only."""

from __future__ import annotations

import math

from pincel.errors import OptionError
from pincel.films.settings import FilmSettings
from pincel.recipes.schema import Recipe
from pincel.run.check import check_recipe, resolve_recipe

# Fraction of the steps at full size for new parts of a frame, before they are blended with the rest.
SKETCHED = 0.5
# Steps on the coarsest scale of a frame that continues another.
COARSE_STEPS = 10.0


def painting_recipe(settings: FilmSettings, size: tuple[int, int]) -> Recipe:
    """Return the recipe of a frame by itself, checked.

    Raises:
        OptionError: For colors that are matched after painting, each frame by itself, which would flicker.
    """
    recipe = resolve_recipe(settings.recipe, {**settings.overrides, "size": max(size)})
    if recipe.color == "hues" or (recipe.color in ("content", "match") and recipe.color_when == "after"):
        raise OptionError("A film's colors are matched before painting: after it, each frame would be matched by itself, and flicker.")
    check_recipe(recipe)
    return recipe


def background_of(settings: FilmSettings) -> str:
    """Return the recipe's color behind transparent parts of frames and styles."""
    return resolve_recipe(settings.recipe, dict(settings.overrides)).background


def pass_steps(steps: int, passes: int) -> int:
    """Return the steps of a frame in each pass: in all half as many again as in a single pass.

    Paper:
        Ruder et al. 2016: 15 passes of 100 steps, where a single one has 1000.
    """
    return math.ceil(1.5 * steps / passes)


def sketch_recipe(recipe: Recipe) -> Recipe:
    """Return the recipe for new parts of a frame: that of a frame by itself, with half of the steps at full size."""
    return _shorter(recipe, math.ceil(SKETCHED * recipe.steps))


def coarse_recipe(recipe: Recipe) -> Recipe:
    """Return the recipe of the large areas of a frame that continues another: a few steps on each coarse scale, of which one is used."""
    return recipe.override(steps=1, scales=dict.fromkeys(recipe.scales, COARSE_STEPS))


def next_recipe(recipe: Recipe, steps: int | None) -> Recipe:
    """Return the recipe of a frame that continues another: at full size only, with as many steps when ``steps`` is None."""
    return recipe.override(scales={}, steps=recipe.steps if steps is None else steps)


def pass_recipe(recipe: Recipe, passes: int, *, first: bool) -> Recipe:
    """Return the recipe of a frame in one of several passes; only the first has coarse scales, with all of their steps."""
    steps = pass_steps(recipe.steps, passes)
    return _shorter(recipe, steps) if first else next_recipe(recipe, steps)


def _shorter(recipe: Recipe, steps: int) -> Recipe:
    """Return a recipe with another number of steps at full size, and the same on each coarse scale."""
    return recipe.override(
        steps=steps, scales={share: multiple * recipe.steps / max(1, steps) for share, multiple in recipe.scales.items()}
    )
