"""The authors' other released code, for their normalised network: leongatys/NeuralImageSynthesis, BasicStyleTransfer.ipynb.

Differs: the notebook goes on from its 512-pixel result to one of 1024; this recipe is its first pass. It shrinks pictures after a
Gaussian blur, rounds sizes up and never enlarges. Its network was normalised on a set of ImageNet; ours on the pictures named in
``calibration``.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "leongatys/NeuralImageSynthesis, BasicStyleTransfer.ipynb"
LUA = "leongatys/NeuralImageSynthesis, ImageSynthesis.lua"

RECIPE = cite(
    "gatys2016-normalised",
    "the authors' code for their normalised network: content start, content 1e6, style 1e9, L-BFGS",
    "landscapes, as its authors say; every layer of the style counts alike",
    size=(512, f"{CODE}, cell 4: img_size = 512"),
    size_of=("area", f"{CODE}, cell 5: pyramid_reduce by sqrt(area / img_size**2)"),
    rounding=("nearest", "ours"),
    resample=("bicubic", "ours, where the code smooths with a Gaussian before it leaves pixels out"),
    style_size=("same-rule", f"{CODE}, cell 5: both pictures have the same area"),
    steps=(500, f"{CODE}, cell 4: max_iter = 500"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: nothing is random"),
    backbone=("vgg19", f"{CODE}, cell 4: model_name = 'norm_pad', a rescaled VGG-19"),
    pooling=("max", "xunhuang1995/AdaIN-style, vgg_normalised.t7, converted from the same model"),
    pool_rounding=("up", "loadcaffe pools as Caffe does, rounding odd sizes up"),
    activations=("normalised", f"{CODE}, cell 2: vgg_normalised.caffemodel"),
    calibration=("samples", "ours: the authors' ImageNet set cannot be shipped"),
    white=(255.0, f"{CODE}, cell 2: 255 * (image - imagenet_mean)"),
    convention=("mean", f"{CODE}, cells 2 and 4: gram_matrix divides by the number of positions; MSE and GramMSE"),
    content_weight=(1e6, f"{CODE}, cell 4: cw = 1e6"),
    style_weight=(1e9, f"{CODE}, cell 4: sw = 1e9 / len(layers['style'])"),
    tv_weight=(0.0, f"{CODE}: none"),
    tv=("absolute", "not used"),
    content_layers=({"relu4_2": 1.0}, f"{CODE}, cell 4: layers['content']"),
    style_layers=(
        {"relu1_1": 0.2, "relu2_1": 0.2, "relu3_1": 0.2, "relu4_1": 0.2, "relu5_1": 0.2},
        f"{CODE}, cell 4: layers['style'], a fifth of sw each",
    ),
    init=("content", f"{CODE}, cell 4: init = 'image'"),
    noise=("normal", f"{CODE}, cell 5, for init = 'random': randn"),
    noise_level=(1.0, f"{CODE}, cell 5, for init = 'random': randn on the mean-subtracted 0-255 scale"),
    canvas=("pixels", CODE),
    optimizer=("lbfgs", f"{LUA}: optim.lbfgs with tolX = tolFun = 0"),
    learning_rate=(1.0, "default of Torch7's optim.lbfgs"),
    optimizer_options=({"history": 100}, "default of Torch7's optim.lbfgs: nCorrection 100"),
    bounds=("free", f"{CODE}, cell 2: deprocess clips the result"),
)
FAST = fast(RECIPE)
