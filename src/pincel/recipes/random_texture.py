"""Ustyuzhaninov, Brendel, Gatys, Bethge, "What does it take to generate natural textures?", 2017, with the authors' code.

Differs: their sources are cropped to a square; ours keep their shape, as a Gram matrix does not mind. Their optimiser is scipy's, ours
steps the same way. Filters are drawn once and for all, rather than anew in each run.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "ivust/random-texture-synthesis, synthesise.py"

RECIPE = cite(
    "random-texture",
    "texture synthesis by one layer of random filters that were never trained (Ustyuzhaninov 2017)",
    "seeing how little a network must know to make a texture; the recipe texture makes better ones, sooner",
    size=(256, f"{CODE}: called with -s 256 for the figures"),
    size_of=("short", f"{CODE}, prep_image: the shorter side"),
    rounding=("floor", f"{CODE}, prep_image: int()"),
    resample=("bilinear", f"{CODE}, prep_image: skimage.transform.resize, of order 1"),
    style_size=("same-rule", f"{CODE}: source and result have the same size"),
    steps=(4000, f"{CODE}: --n-iter 4000"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without content"),
    detail=(0.0, "there is no content whose detail could be kept"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours"),
    backbone=("random-cnn", f"{CODE}, build_model_multiscale: 128 filters each of 3, 5, 7, 11, 15, 23, 37, 55"),
    pooling=("max", "not used: there is one layer"),
    pool_rounding=("down", "not used: there is one layer"),
    activations=("raw", f"{CODE}: the filters as they are drawn"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{CODE}, prep_image: 0-255"),
    convention=("slides", f"{CODE}, style_loss: 1/(4 N² M²) Σ(G-A)²"),
    content_weight=(0.0, f"{CODE}: there is no content"),
    style_weight=(1e7, f"{CODE}, optimize: 1e7 times the loss, which only helps the optimiser's arithmetic"),
    tv_weight=(0.0, f"{CODE}: none"),
    tv=("absolute", "not used"),
    content_layers=({"relu1_1": 1.0}, "not used"),
    style_layers=({"relu1_1": 1.0}, f"{CODE}: conv1_1, with its rectifier"),
    init=("noise", f"{CODE}, optimize: np.random.uniform"),
    noise=("uniform", f"{CODE}, optimize: np.random.uniform(-1, 1)"),
    noise_level=(1.0, f"{CODE}, optimize: np.random.uniform(-1, 1), around the mean pixel"),
    canvas=("pixels", f"{CODE}: pixels"),
    optimizer=("lbfgs", f"{CODE}, optimize: fmin_l_bfgs_b"),
    learning_rate=(1.0, "standard for L-BFGS"),
    optimizer_options=({"history": 10}, "default of scipy's fmin_l_bfgs_b: m=10"),
    bounds=("free", f"{CODE}, deprocess: clipped at the end"),
)
FAST = fast(RECIPE)
