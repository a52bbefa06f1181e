"""Mahendran, Vedaldi, "Understanding Deep Image Representations by Inverting Them", 2015 (arXiv 1412.0035), with the authors' code.

Differs: the shape of the photograph is kept where nobody asks for the paper's square; σ² is that of as many values as the picture has, so
that weights and rates mean the same at all sizes (:mod:`pincel.formulas.natural`); each phase goes on from the best picture of the one
before, not from its last.
"""

from __future__ import annotations

from pincel.formulas.natural import SIGMA
from pincel.recipes.inversion import cite_inversion

PAPER = "Mahendran, Vedaldi 2015"
CODE = "aravindhm/deep-goggle"

# λ_V = 0.5, 5, 50 for shallow, middle and deep layers.
LAMBDAS = {
    "*net*:????1": 0.5,
    "*net*:[cr]*2": 0.5,
    "*net*:[pn]*2": 5.0,
    "*net*:*[34]": 5.0,
    "*net*:*": 50.0,
    "vgg*:????[12]*": 0.5,
    "vgg*:????[34]*": 5.0,
    "vgg*:*": 50.0,
    "hog*": 0.5,
    "dsift": 0.5,
    "*": 5.0,
}

RECIPE = cite_inversion(
    "mahendran2015",
    "the paper of 2015: α-norm, total variation, gradient descent with momentum and a falling rate",
    size=(227, f"{CODE}, helpers/cnn_normalize.m: 227×227, the input of the paper's network"),
    fit=("keep", "ours: the code stretches to a square"),
    pooling=("max", f"{PAPER}: networks as trained"),
    code_weight=({"*": 1.0}, f"{PAPER}, eq. 4"),
    norm=("alpha", f"{PAPER}, section 2"),
    alpha=(6.0, f"{PAPER}, section 2: α = 6"),
    norm_weight=(4e-10, f"{CODE}, experiments/experiment_cnn.m: lambdaL2 = 8e-10, halved in core/invert_nn.m; λ_α = 2.16e8 of the paper"),
    tv=("sigma", f"{CODE}, core/invert_nn.m"),
    beta=(2.0, f"{PAPER}, section 2: β = 2"),
    tv_weight=(
        LAMBDAS,
        f"{CODE}, experiments/experiment_cnn.m: lambdaTV = 1, 10, 100 for layers 1-6, 7-12, 13-20, halved; experiment_shallow: 1 for "
        "HOG and DSIFT; VGG and others: ours, by depth",
    ),
    bound=(0.0, f"{PAPER}: none"),
    jitter=(0.0, f"{PAPER}: none"),
    noise=("normal", f"{CODE}, core/invert_nn.m: randn"),
    noise_level=(SIGMA, f"{CODE}, core/invert_nn.m: scaled to the norm of natural pictures"),
    seed=(0, "ours"),
    optimizer=("gradient-descent", f"{PAPER}, section 3: gradient descent with momentum"),
    learning_rate=(0.004 * SIGMA**2, f"{CODE}, experiments/experiment_cnn.m: 0.004, on the gradient of σ²·E"),
    optimizer_options=({"momentum": 0.9}, f"{PAPER}, section 3: 0.9, and it begins at 0 whenever the rate changes"),
    schedule=(
        [{"steps": 100, "rate": 1.0}, {"steps": 200, "rate": 0.1}, {"steps": 100, "rate": 0.01}],
        f"{CODE}, experiments/experiment_cnn.m: 0.004·[1×100, 0.1×200, 0.01×100]",
    ),
    tone=("auto", f"{CODE}: vl_imsc, which stretches every picture; ours: only where contrast is not in the code"),
)

# What the paper gives nothing beside: the same descent towards the code alone.
PLAIN = cite_inversion(
    "plain",
    "a baseline: the same descent without any regulariser",
    **{
        **{key: (value, RECIPE.sources[key]) for key, value in RECIPE.recipe.model_dump(exclude={"name", "summary"}).items()},
        "norm_weight": (0.0, "none"),
        "tv_weight": ({"*": 0.0}, "none"),
    },
)
