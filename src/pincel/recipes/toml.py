"""Recipes as text."""

from __future__ import annotations

from textwrap import fill

import tomli_w

from pincel.recipes.cited import Cited
from pincel.recipes.schema import NAMES, RecipeModel

WIDTH = 140


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
