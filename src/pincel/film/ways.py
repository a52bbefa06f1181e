"""The recipes by which a frame is painted: by itself, continuing others, in a pass, or only what is new in it on coarse scales."""

from __future__ import annotations

import math

from pincel.errors import OptionError
from pincel.film.settings import Settings
from pincel.recipes import build, sizes
from pincel.recipes.schema import Recipe, share_of
from pincel.run import resolve_recipe

# Of what is new in a frame: as many times the steps of the finest coarse scale.
SKETCHED = 3


def painting_recipe(settings: Settings, size: tuple[int, int]) -> Recipe:
    """Return the recipe of a frame by itself, checked.

    Raises:
        OptionError: For colours that are matched after painting, each frame by itself: they would flicker.
    """
    recipe = resolve_recipe(settings.recipe, {**settings.overrides, "size": max(size)})
    if recipe.colour in ("content", "match") and recipe.colour_when == "after":
        raise OptionError("A film's colours are matched before painting: after it, each frame would be matched by itself, and flicker.")
    build.check_recipe(recipe)
    return recipe


def pass_steps(steps: int, passes: int) -> int:
    """Return the steps of a frame in each pass: together half as many again as in one go.

    Paper:
        Ruder et al. 2016: 15 passes of 100 steps, where a single one has 1000.
    """
    return math.ceil(1.5 * steps / passes)


def sketch_recipe(recipe: Recipe, size: tuple[int, int]) -> Recipe | None:
    """Return how what is new in a frame is painted, up to the finest of its coarse scales; None if it has none.

    There it has three times the steps: full size has few for it, since all else in the frame is painted already.
    """
    if not recipe.ladder:
        return None
    shares = {share_of(text): multiple for text, multiple in recipe.ladder.items()}
    finest = max(shares)
    steps = round(SKETCHED * recipe.steps * shares[finest])
    if steps < 1 or finest * min(size) < sizes.SMALLEST:
        return None
    coarser = {str(share / finest): multiple / shares[finest] / SKETCHED for share, multiple in shares.items() if share < finest}
    long = round(finest * max(size))
    return recipe.override(size=long, steps=steps, ladder=coarser, content_weight=recipe.content_weight * recipe.coarse_content)


def next_recipe(recipe: Recipe, steps: int | None) -> Recipe:
    """Return how a frame is painted that begins with another's painting: at full size only, in as many steps unless told otherwise."""
    return recipe.override(ladder={}, steps=recipe.steps if steps is None else steps)


def pass_recipe(recipe: Recipe, passes: int, *, first: bool) -> Recipe:
    """Return how a frame is painted in one of several passes; the first alone has coarse scales, and all of their steps."""
    steps = pass_steps(recipe.steps, passes)
    ladder = {share: multiple * recipe.steps / max(1, steps) for share, multiple in recipe.ladder.items()} if first else {}
    return recipe.override(steps=steps, ladder=ladder)
