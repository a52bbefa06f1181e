"""jcjohnson/neural-style with its default options, 2015-2017: neural_style.lua.

Differs: its style terms divide Gram matrices by C·H·W, which here is a layer weight of 1/C²; its total variation exists as a gradient only,
and here as the function that has that gradient. Its L-BFGS is Torch7's, ours steps the same way.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "jcjohnson/neural-style, neural_style.lua"

RECIPE = cite(
    "neural-style",
    "jcjohnson/neural-style as it comes: noise start, content 5, style 100, 1000 steps of L-BFGS",
    "pictures like those of the most used program; from noise, so another with every --seed",
    size=(512, f"{CODE}: -image_size 512"),
    size_of=("long", f"{CODE}: image.scale with a number sets the longer side"),
    rounding=("floor", "torch/image, scale: sizes are truncated"),
    resample=("torch7", f"{CODE}: image.scale(…, 'bilinear')"),
    style_size=("same-rule", f"{CODE}: style_size = ceil(style_scale · image_size), -style_scale 1"),
    steps=(1000, f"{CODE}: -num_iterations 1000"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: the program draws another one each time"),
    backbone=("vgg19", f"{CODE}: VGG_ILSVRC_19_layers.caffemodel"),
    pooling=("max", f"{CODE}: -pooling max"),
    pool_rounding=("up", "loadcaffe pools as Caffe does, rounding odd sizes up"),
    activations=("raw", f"{CODE}: the model as it is"),
    calibration=("samples", "not used with raw activations"),
    white=(256.0, f"{CODE}, preprocess: mul(256.0), not 255"),
    convention=("mean", f"{CODE}: nn.MSECriterion"),
    content_weight=(5.0, f"{CODE}: -content_weight 5"),
    style_weight=(100.0, f"{CODE}: -style_weight 100"),
    tv_weight=(1e-3, f"{CODE}: -tv_weight 1e-3"),
    tv=("neural-style", f"{CODE}: nn.TVLoss"),
    content_layers=({"relu4_2": 1.0}, f"{CODE}: -content_layers relu4_2"),
    style_layers=(
        {"relu1_1": 1 / 64**2, "relu2_1": 1 / 128**2, "relu3_1": 1 / 256**2, "relu4_1": 1 / 512**2, "relu5_1": 1 / 512**2},
        f"{CODE}: -style_layers relu1_1 … relu5_1; nn.StyleLoss divides the Gram matrix by C·H·W, its square by C² more",
    ),
    init=("noise", f"{CODE}: -init random"),
    noise=("normal", f"{CODE}: torch.randn"),
    noise_level=(0.001, f"{CODE}: mul(0.001)"),
    canvas=("pixels", CODE),
    optimizer=("lbfgs", f"{CODE}: -optimizer lbfgs"),
    learning_rate=(1.0, "default of Torch7's optim.lbfgs"),
    optimizer_options=({"history": 100}, "default of Torch7's optim.lbfgs: nCorrection 100"),
    bounds=("free", f"{CODE}: image.minmax at the end only"),
)
FAST = fast(RECIPE)
