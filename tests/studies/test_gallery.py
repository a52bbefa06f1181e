"""The page of options and its pictures."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from gallery import PAGE, PICTURES, commands
from pincel.recipes import build
from pincel.recipes.schema import Recipe
from pincel.run import resolve_recipe
from pincel.sweep import grid_cells, parse_axis


@pytest.mark.parametrize("name", commands())
def test_commands_of_the_page_are_commands(name: str) -> None:
    verb, *arguments = commands()[name]
    given = import_module(f"pincel.cli.{verb}").command.make_context(verb, arguments).params
    values = {key: value for key, value in given.items() if key in Recipe.model_fields and value not in (None, ())}
    build.check_recipe(resolve_recipe("pincel", values))
    if verb == "grid":
        axes = [parse_axis(given[axis]) for axis in ("rows", "columns") if given[axis]]
        for cell in grid_cells([("style.png", 1.0)], *axes):
            build.check_recipe(resolve_recipe("pincel", {**values, **cell.overrides}))


def test_every_picture_is_there_and_is_shown() -> None:
    shown = re.findall(r"\]\(images/options/([\w.-]+)\)", PAGE.read_text(encoding="utf-8"))
    assert shown == list(commands())
    assert {path.name for path in PICTURES.iterdir()} == set(shown)
