"""What is asked of a run, as data: what a recipe is, and the recipes that come with pincel, each value with its source.

``presets/`` has those of ``pincel transfer``, ``inversions/`` those of ``pincel invert``; :mod:`pincel.recipes.cited` says how such a file
is written. ``pincel recipes`` lists them.
"""

from __future__ import annotations

from pathlib import Path

from pincel.recipes.cited import RecipeTable
from pincel.recipes.inversion import Inversion
from pincel.recipes.schema import Recipe

# Ours, chosen by their pictures.
PRESETS = ("pincel", "faithful", "bold", "detailed", "line", "fast", "portrait")
# Of papers and programs, and the deck's J; each has a variant, NAME-fast.
PUBLISHED = (
    "gram",
    "slides",
    "gatys2015",
    "gatys2016",
    "gatys2016-normalized",
    "neural-style",
    "cysmith",
    "tf-tutorial",
    "pytorch-tutorial",
    "gordic",
    "crowsonkb",
    "spst",
    "nnst",
    "pastiche",
    "strokes",
    "random-texture",
    "texture",
)

_HERE = Path(__file__).parent

RECIPES = RecipeTable(
    "recipe",
    Recipe,
    _HERE / "presets",
    names=[*PRESETS, *(each for name in PUBLISHED for each in (name, f"{name}-fast"))],
    # That of nnst has terms of its own for coarse scales, and a file.
    variants={f"{name}-fast": (name, "fast") for name in PUBLISHED if name != "nnst"},
)

# How a picture is rebuilt from its code.
INVERSIONS = RecipeTable("recipe of inversion", Inversion, _HERE / "inversions", names=["mahendran2015", "mahendran2016", "plain"])
