"""Recipes by name or file, and recipes as text."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

import tomli_w

from pincel.recipes import INVERSIONS, RECIPES
from pincel.recipes.cited import Cited
from pincel.recipes.inversion import Inversion
from pincel.recipes.schema import NAMES, Recipe, RecipeModel

WIDTH = 140


def find_recipe(name: str) -> Cited[Recipe]:
    """Return the recipe called ``name``, or the one in the TOML file of that path; raises as :meth:`RecipeTable.find` does."""
    return RECIPES.find(name)


def find_inversion(name: str) -> Cited[Inversion]:
    """Return the recipe of inversion called ``name``, or the one in the TOML file of that path; raises as :meth:`RecipeTable.find` does."""
    return INVERSIONS.find(name)


def read_recipe(path: Path) -> Cited[Recipe]:
    """Read a recipe file; raises as :meth:`RecipeTable.read` does."""
    return RECIPES.read(path)


def write_recipe(cited: Cited[RecipeModel]) -> str:
    """Return a recipe of any kind as TOML that is read back to the same, each value under its source; see :mod:`pincel.recipes.cited`."""
    values = cited.recipe.model_dump(exclude_none=True)
    order = list(type(cited.recipe).model_fields)
    names = tomli_w.dumps({key: values.pop(key) for key in NAMES if key in values})
    written = {key: tomli_w.dumps({key: value}) for key, value in values.items()}
    # Behind the title of a table, everything would belong to it.
    keys = sorted(values, key=lambda k: (written[k].startswith("["), order.index(k)))
    return "".join([names, *("\n" + _as_comment(cited.sources.get(key, "")) + written[key] for key in keys)])


def _as_comment(source: str) -> str:
    """Return a source as the lines of a comment."""
    if not source:
        return ""
    return fill(source, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False) + "\n"
