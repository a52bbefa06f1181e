"""``pincel recipes``."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill

import click

from pincel.cli.completers import all_recipes
from pincel.cli.help_format import Verb

WIDTH = 100


@click.command(cls=Verb, examples=("pincel recipes", "pincel recipes gatys2016 > mine.toml"))
@click.argument("name", required=False, shell_complete=all_recipes)
def command(name: str | None) -> None:
    """List the recipes and their purposes, or print the recipe NAME as TOML with the source of each value.

    A printed recipe can be saved, edited and given to 'pincel transfer --recipe FILE.toml', or to 'pincel invert' if it is one of the last
    in the list. A file may also start with base = "NAME" and give only the values that differ.
    """
    from pincel.cli.streams import as_utf8
    from pincel.cli.terminal import echo
    from pincel.recipes import INVERSIONS, PRESETS, RECIPES
    from pincel.recipes.toml import write_recipe

    if name is not None:
        # It may be redirected to a file, which is read as UTF-8 whatever the encoding of standard output.
        echo(as_utf8(write_recipe(INVERSIONS[name] if name in INVERSIONS else RECIPES.find(name)).rstrip()))
        return
    sources = [key for key in RECIPES if key not in PRESETS and not key.endswith("-fast")]
    width = max(map(len, [*PRESETS, *sources])) + 2
    echo("Recipes of pincel; in each, --strength goes from the photograph (0) to more painting (2):")
    echo()
    _list(PRESETS, width)
    echo()
    echo("Of papers and programs, as they publish them:")
    echo()
    _list(sources, width)
    echo()
    echo("Each of these has a twin, NAME-fast: the same objective at full size, coarse to fine in fewer steps.")
    echo()
    echo("For 'pincel invert', which rebuilds a picture from its code:")
    echo()
    for inversion in (INVERSIONS[key].recipe for key in INVERSIONS):
        echo(_beside(f"{inversion.name:<{width}}", inversion.summary))


def _list(names: Iterable[str], width: int) -> None:
    """Print recipes and their purposes."""
    from pincel.cli.terminal import echo
    from pincel.recipes import RECIPES

    for recipe in (RECIPES[name].recipe for name in names):
        echo(_beside(f"{recipe.name:<{width}}", recipe.summary))
        echo(_beside(" " * (width + 2), f"good for {recipe.good_for}"))


def _beside(head: str, text: str) -> str:
    """Return the text, wrapped, beside its head."""
    return fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False)
