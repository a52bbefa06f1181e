"""Recipes of training, each value with its source, and what they are without one of their parts. Loads no torch.

A name is that of a recipe, and whatever is taken from it: ``alexnet-small``, ``alexnet-small-tanh``, ``alexnet2012-no-lrn-no-overlap``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from pathlib import Path

from pincel.classify.schema import TrainingRecipe
from pincel.errors import unknown_name
from pincel.recipes.cited import Cited, RecipeTable

NAMES = ["alexnet2012", "alexnet-small", "alexnet-tiny"]
BASES = RecipeTable("recipe of training", TrainingRecipe, Path(__file__).parent / "presets", names=NAMES)

# What can be taken from a recipe, each a variant in presets/variants.
ABLATIONS = ("tanh", "no-lrn", "no-overlap", "no-augmentation", "no-dropout", "no-conv3", "no-conv4", "one-gpu")


def training_names() -> list[str]:
    """List the recipes, each followed by what it is without one of its parts."""
    return [name for base in BASES for name in (base, *(f"{base}-{suffix}" for suffix in ABLATIONS))]


def find_training(name: str) -> Cited[TrainingRecipe]:
    """Return the recipe of a name.

    Raises:
        UnknownNameError: With the closest match.
    """
    base = next((each for each in sorted(BASES, key=len, reverse=True) if name == each or name.startswith(f"{each}-")), "")
    ablations = _suffixes(name.removeprefix(base)) if base else None
    if ablations is None:
        raise unknown_name("recipe of training", name, training_names())
    return reduce(_less, ablations, BASES[base])


def _suffixes(rest: str) -> list[str] | None:
    """Split ``-tanh-no-lrn`` into names of :data:`ABLATIONS`; None for anything else."""
    taken = []
    while rest:
        suffix = next((each for each in ABLATIONS if f"{rest}-".startswith(f"-{each}-")), None)
        if suffix is None or suffix in taken:
            return None
        taken.append(suffix)
        rest = rest.removeprefix(f"-{suffix}")
    return taken


def _less(cited: Cited[TrainingRecipe], ablation: str) -> Cited[TrainingRecipe]:
    """Take one part from a recipe; convolutions that were left out before stay out."""
    less = BASES.vary(cited, ablation)
    without = tuple(dict.fromkeys((*cited.recipe.without, *less.recipe.without)))
    return replace(less, recipe=less.recipe.model_copy(update={"without": without}))
