"""The pages of options and of inversion, the gallery, and their pictures."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

from gallery import PAGES, commands, page_of, pictures_of
from pincel.inversion.code_mask import parse_code_mask
from pincel.inversion.loop import check_inversion
from pincel.inversion.representation import check_representation
from pincel.inversion.run import resolve_inversion
from pincel.recipes.inversion import Inversion
from pincel.recipes.schema import NAMES, Recipe
from pincel.run.check import check_recipe, resolve_recipe
from pincel.sweep import grid_cells, parse_axis


@pytest.mark.parametrize(("page", "name"), [(page, name) for page in ("options", "gallery") for name in commands(page)])
def test_commands_of_the_page_are_commands(page: str, name: str) -> None:
    verb, *arguments = commands(page)[name]
    given = import_module(f"pincel.cli.{verb}").command.make_context(verb, arguments).params
    values = {key: value for key, value in given.items() if key in Recipe.model_fields and value not in (None, ())}
    check_recipe(resolve_recipe(given["recipe"], values))
    if verb == "grid":
        axes = [parse_axis(given[axis]) for axis in ("rows", "columns") if given[axis]]
        for cell in grid_cells([("style.png", 1.0)], *axes):
            overrides = {**values, **cell.overrides}
            check_recipe(resolve_recipe(overrides.pop("recipe", given["recipe"]), overrides))


def test_every_option_that_changes_the_picture_is_shown() -> None:
    page = page_of("options").read_text(encoding="utf-8")
    # What only decides how sizes are rounded, or in which units the network is fed.
    unseen = {"size_of", "rounding", "pool_rounding", "white", "calibration", "optimizer_options", *NAMES}
    options = [name.replace("_", "-") for name in Recipe.model_fields if name not in unseen]
    assert [option for option in options if f"--{option}" not in page and f"{option}=" not in page] == []


@pytest.mark.parametrize("name", commands("inversion"))
def test_commands_of_the_page_of_inversion_are_commands(name: str) -> None:
    verb, *arguments = commands("inversion")[name]
    assert verb == "invert"
    given = import_module("pincel.cli.invert").command.make_context(verb, arguments).params
    values = {key: value for key, value in given.items() if key in Inversion.model_fields and value is not None}
    check_representation(given["representation"])
    check_inversion(resolve_inversion(given["recipe"], values), given["representation"])
    parse_code_mask(given["neurons"])


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_there_and_is_shown(page: str) -> None:
    shown = re.findall(rf"\]\(images/{page}/([\w.-]+)\)", page_of(page).read_text(encoding="utf-8"))
    assert shown == list(commands(page))
    assert {path.name for path in pictures_of(page).iterdir()} == set(shown)
