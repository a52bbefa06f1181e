"""Recipes as TOML files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import tomli_w

from pincel.documents import Reader
from pincel.errors import OptionError, RecipeError, unknown_name
from pincel.recipes import INVERSIONS, RECIPES
from pincel.recipes.inversion import CitedInversion, make_inversion
from pincel.recipes.schema import NAMES, CitedRecipe, make_recipe, parse_ladder, parse_layers

READER = Reader("recipe", "a file as 'pincel recipes NAME' prints it", RecipeError)


def find_recipe(name: str) -> CitedRecipe:
    """Return the recipe called ``name``, or the one in the TOML file of that name.

    Raises:
        UnknownNameError: For neither; with the closest match.
        RecipeError: For a file that is not a recipe.
    """
    if name in RECIPES:
        return RECIPES[name]
    if name.endswith(".toml") or os.path.isfile(name):
        return read_recipe(Path(name))
    raise unknown_name("recipe", name, RECIPES)


def read_recipe(path: Path) -> CitedRecipe:
    """Read a recipe file: all values, or ``base = "NAME"`` and those that differ.

    Raises:
        RecipeError: For a file that cannot be read, is no TOML, or has unknown keys (closest match) or values.
    """
    given = READER.toml(path)
    base_name = given.pop("base", None)
    base = RECIPES[str(base_name)] if base_name is not None else None
    inherited = base.recipe.model_dump() if base else {}
    # TOML has no null: a file that names its own optimizer and no rate means the optimizer's own rate.
    changed = given.get("optimizer", inherited.get("optimizer")) != inherited.get("optimizer")
    defaults: dict[str, Any] = {"name": path.stem, "summary": f"from {path.name}", "good_for": ""}
    if changed or base is None:
        defaults |= {"learning_rate": None, "optimizer_options": {}}
    try:
        for key in ("content_layers", "style_layers"):
            if isinstance(given.get(key), str | list | dict):
                given[key] = parse_layers(given[key], key, usual=inherited.get(key, {}))
        if isinstance(given.get("ladder"), str):
            given["ladder"] = parse_ladder(given["ladder"])
        recipe = make_recipe({**inherited, **defaults, **given})
    except (RecipeError, OptionError) as error:
        raise RecipeError(f"{path}: {error}") from None
    sources = dict(base.sources) if base else {}
    return CitedRecipe(recipe, {**sources, **dict.fromkeys(given, str(path))})


def find_inversion(name: str) -> CitedInversion:
    """Return the recipe of inversion called ``name``, or the one in the TOML file of that name: all values, or ``base`` and what differs.

    Raises:
        UnknownNameError: For neither; with the closest match.
        RecipeError: For a file that is not such a recipe.
    """
    if name in INVERSIONS:
        return INVERSIONS[name]
    if not (name.endswith(".toml") or os.path.isfile(name)):
        raise unknown_name("recipe of inversion", name, INVERSIONS)
    path = Path(name)
    given = READER.toml(path)
    base = INVERSIONS[str(given.pop("base"))] if "base" in given else None
    inherited = {**base.recipe.model_dump(), "name": path.stem, "summary": f"from {path.name}"} if base else {"learning_rate": None}
    try:
        recipe = make_inversion({**inherited, **given})
    except OptionError as error:
        raise RecipeError(f"{path}: {error}") from None
    return CitedInversion(recipe, {**(base.sources if base else {}), **dict.fromkeys(given, str(path))})


def write_recipe(cited: CitedRecipe | CitedInversion) -> str:
    """Return a recipe as TOML that :func:`read_recipe` or :func:`find_inversion` reads back to the same, each value under its source."""
    values = cited.recipe.model_dump(exclude_none=True)
    order = list(type(cited.recipe).model_fields)
    lines = [tomli_w.dumps({key: values.pop(key) for key in NAMES if key in values})]
    written = {key: tomli_w.dumps({key: value}) for key, value in values.items()}
    # Behind the title of a table, everything would belong to it.
    for key in sorted(values, key=lambda k: (written[k].startswith("["), order.index(k))):
        lines += [f"# {source}\n" for source in cited.sources.get(key, "").splitlines()]
        lines.append(written[key] + "\n")
    return "\n".join("".join(lines).split("\n")).rstrip() + "\n"
