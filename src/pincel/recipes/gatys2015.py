"""Gatys, Ecker, Bethge, "A Neural Algorithm of Artistic Style", 2015 (arXiv 1508.06576), with the CVPR 2016 text where it is silent.

Differs: the printed content term, ½Σ, is C·H·W/2 times a mean; with it the printed ratio α/β = 1e-3 gives almost no style. The
ratio belongs to mean-normalised terms, as in the authors' code for the normalised network (1e6 against 1e9), so the convention
here is ``slides``, where content and style share their factor. The paper calibrates its network on
ImageNet; we calibrate on the pictures named in ``calibration``.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

PAPER = "Gatys et al. 2015"
CVPR = "Gatys et al. 2016 (CVPR)"
CODE = "leongatys/NeuralImageSynthesis, BasicStyleTransfer.ipynb"

RECIPE = cite(
    "gatys2015",
    "the paper of 2015: normalised VGG-19, average pooling, from white noise, α/β = 1e-3",
    "pictures from noise, another with every --seed, as in the paper's figures",
    size=(512, f"{CODE}: 512² pixels"),
    size_of=("area", f"{CODE}: pictures of equal area"),
    rounding=("nearest", "ours"),
    resample=("bicubic", "ours: the paper does not say"),
    style_size=(
        "same-rule",
        f"{CVPR}: style resized to the size of the content; in {CODE} to the same area, which does not stretch it",
    ),
    steps=(500, f"{CODE}: 500 iterations"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours"),
    backbone=("vgg19", f"{PAPER}, Methods: 16 convolutional and 5 pooling layers of VGG-19"),
    pooling=("avg", f"{PAPER}, Methods: replacing max-pooling by average pooling improves the gradient flow"),
    pool_rounding=("down", "torch"),
    activations=("normalised", f"{CVPR}, section 2: mean activation of each filter over images and positions equal to one"),
    calibration=("samples", "ours: the paper's ImageNet set cannot be shipped"),
    white=(255.0, "input of VGG-19"),
    convention=("slides", f"{CODE}: mean-normalised terms, for which the paper's ratios hold"),
    content_weight=(1e3, f"{PAPER}, figure 2: α/β = 1e-3"),
    style_weight=(1e6, f"{PAPER}, figure 2: α/β = 1e-3; the absolute size is ours"),
    tv_weight=(0.0, f"{PAPER}: none"),
    tv=("absolute", "not used"),
    content_layers=({"relu4_2": 1.0}, f"{PAPER}, figure 2: conv4_2"),
    style_layers=(
        {"relu1_1": 0.2, "relu2_1": 0.2, "relu3_1": 0.2, "relu4_1": 0.2, "relu5_1": 0.2},
        f"{PAPER}, figure 2: conv1_1, conv2_1, conv3_1, conv4_1, conv5_1, w = 1/5",
    ),
    init=("noise", f"{PAPER}: gradient descent on a white noise image"),
    noise=("normal", f"{CODE}: randn"),
    noise_level=(1.0, f"{CODE}: randn on the mean-subtracted 0-255 scale"),
    canvas=("pixels", f"{PAPER}: pixels"),
    optimizer=("lbfgs", f"{CVPR}, section 2: L-BFGS, found to work best"),
    learning_rate=(1.0, "standard for L-BFGS"),
    optimizer_options=({"history": 100}, "default of the authors' optimiser"),
    bounds=("free", f"{CODE}: clipped at the end only"),
)
FAST = fast(RECIPE)
