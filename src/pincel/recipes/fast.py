"""The fast twin of any recipe: the same objective at full size, reached coarse to fine."""

from __future__ import annotations

from typing import Any

from pincel.recipes.schema import CitedRecipe, cite

WHY = "ours: scripts/ladder_study.py shows what it brings"


def fast(base: CitedRecipe) -> CitedRecipe:
    """Return a recipe with the objective of another and a shorter way to it.

    What is asked for at full size is untouched: network, weights, layers, sizes. The way is ours: coarse scales first, a canvas and an
    optimiser that need few steps, and pixels that stay in the range of colours, because the picture that counts is the one that is saved.
    """
    values: dict[str, Any] = {key: (value, base.sources[key]) for key, value in base.recipe.model_dump().items() if key in base.sources}
    way = {
        "steps": (30, WHY),
        "ladder": ({"1/4": 2.0, "1/2": 0.5}, WHY),
        "coarse_content": (10.0, WHY),
        "detail": (1.5, WHY),
        "tolerance": (0.01, WHY),
        "canvas": ("fourier", WHY),
        "optimizer": ("lbfgs", WHY),
        "learning_rate": (1.0, "standard for L-BFGS"),
        "optimizer_options": ({"history": 20}, WHY),
        "bounds": ("clip", "ours: what is painted is what is saved"),
    }
    name = base.recipe.name
    return cite(f"{name}-fast", f"the objective of {name}, coarse to fine", f"what {name} is good for, in fewer steps", **{**values, **way})
