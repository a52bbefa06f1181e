"""Pure data: what is asked of a run, each value cited. ``build`` alone turns names into objects.

==================  ==========================================================================
``pincel``          the default, chosen for its pictures
``slides``          the course deck: random start, gradient descent, α β γ λ
``gatys2015``       the paper: normalised network, average pooling, white noise, α/β = 1e-3
``gatys2016``       the code the authors released
``neural-style``    jcjohnson/neural-style, the most used program
``tf-tutorial``     the tutorial of TensorFlow
``pastiche``        the package pastiche 1.6.0
``texture``         texture synthesis: a picture like the style everywhere, without content
``…-fast``          each of them, the same objective coarse to fine
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
        "pincel-fast": "pincel.recipes.pincel:FAST",
        "slides": "pincel.recipes.slides:RECIPE",
        "slides-fast": "pincel.recipes.slides:FAST",
        "gatys2015": "pincel.recipes.gatys2015:RECIPE",
        "gatys2015-fast": "pincel.recipes.gatys2015:FAST",
        "gatys2016": "pincel.recipes.gatys2016:RECIPE",
        "gatys2016-fast": "pincel.recipes.gatys2016:FAST",
        "neural-style": "pincel.recipes.neural_style:RECIPE",
        "neural-style-fast": "pincel.recipes.neural_style:FAST",
        "tf-tutorial": "pincel.recipes.tf_tutorial:RECIPE",
        "tf-tutorial-fast": "pincel.recipes.tf_tutorial:FAST",
        "pastiche": "pincel.recipes.pastiche:RECIPE",
        "pastiche-fast": "pincel.recipes.pastiche:FAST",
        "texture": "pincel.recipes.texture:RECIPE",
        "texture-fast": "pincel.recipes.texture:FAST",
    },
)
