"""``pincel recipes``."""

from __future__ import annotations

import click

from pincel.cli.texts import examples


@click.command(epilog=examples("pincel recipes", "pincel recipes gatys2016 > mine.toml"))
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the recipes, or print the recipe NAME as TOML with the source of each value.

    What it prints can be edited and given to 'pincel transfer --recipe FILE.toml'. A file may also start with base = "NAME" and give
    only the values that differ.
    """
    from pincel.cli.terminal import say
    from pincel.recipes import RECIPES
    from pincel.recipes.toml import find_recipe, write_recipe

    if name is not None:
        say(write_recipe(find_recipe(name)).rstrip())
        return
    width = max(map(len, RECIPES)) + 2
    for recipe in (RECIPES[key].recipe for key in RECIPES):
        say(f"{recipe.name:<{width}}{recipe.summary}")
