"""Recipes of training a network that paints: two papers, each as its authors' code has it, and in a size for two cores."""

from __future__ import annotations

from pathlib import Path

from pincel.recipes.cited import RecipeTable
from pincel.training.schema import StyleTrainingRecipe

RECIPES = RecipeTable(
    "recipe of train-style",
    StyleTrainingRecipe,
    Path(__file__).parent / "presets",
    names=["johnson-small", "johnson2016", "adain-small", "wct-small", "adain2017"],
)
DEFAULTS = {"one-style": "johnson-small", "any-style": "adain-small"}
