"""Gatys, Ecker, Bethge, "Texture Synthesis Using Convolutional Neural Networks", 2015 (arXiv 1505.07376), with the authors' code.

Differs: their optimiser keeps pixels between the smallest and the largest value of the source; ours between black and white.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

PAPER = "Gatys et al. 2015, textures"
CODE = "leongatys/DeepTextures, Example.ipynb"

RECIPE = cite(
    "texture",
    "texture synthesis as in the paper of 2015: no content, Gram matrices up to pool4, from noise",
    "grounds and patterns of any size; with --padding circular they can be laid in tiles",
    size=(256, f"{CODE}: 256² pixels"),
    size_of=("area", f"{CODE}: pictures of equal area"),
    rounding=("nearest", "ours"),
    resample=("bicubic", "ours: the code does not say"),
    style_size=("same-rule", f"{CODE}: source and result have the same area"),
    steps=(2000, f"{CODE}: maxiter 2000"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without content"),
    detail=(0.0, "there is no content whose detail could be kept"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours"),
    backbone=("vgg19", f"{PAPER}, section 2"),
    pooling=("avg", f"{PAPER}, section 2: average pooling, for cleaner results"),
    pool_rounding=("down", "torch"),
    activations=("normalised", f"{PAPER}, section 2: mean activation of each filter over images and positions equal to one"),
    calibration=("samples", "ours: the paper's ImageNet set cannot be shipped"),
    white=(255.0, "input of VGG-19"),
    colour=("match", f"{CODE}: histograms matched to the source's at the end"),
    colour_match=("histogram", f"{CODE}: channel by channel"),
    colour_when=("after", f"{CODE}: at the end"),
    convention=("slides", f"{PAPER}, eq. 4: 1/(4 N² M²) Σ(G-Ĝ)²"),
    content_weight=(0.0, f"{PAPER}: there is no content"),
    style_weight=(1e9, f"{CODE}: 1e9 for each layer, which only helps the optimiser's arithmetic"),
    tv_weight=(0.0, f"{PAPER}: none"),
    tv=("absolute", "not used"),
    content_layers=({"relu4_2": 1.0}, "not used"),
    style_layers=(
        {"relu1_1": 1.0, "pool1": 1.0, "pool2": 1.0, "pool3": 1.0, "pool4": 1.0},
        f"{CODE}: conv1_1 after its ReLU, pool1 to pool4, equal weights",
    ),
    init=("noise", f"{PAPER}, section 3: from white noise"),
    noise=("normal", f"{CODE}: randn"),
    noise_level=(1.0, f"{CODE}: randn on the mean-subtracted 0-255 scale"),
    canvas=("pixels", f"{PAPER}: pixels"),
    optimizer=("lbfgs", f"{PAPER}, section 3"),
    learning_rate=(1.0, "standard for L-BFGS"),
    optimizer_options=({"history": 20}, f"{CODE}: maxcor 20"),
    bounds=("clip", f"{CODE}: bounds of the source's values"),
)
FAST = fast(RECIPE)
