"""Scale control of Gatys, Ecker, Bethge, Hertzmann, Shechtman 2017: the fine strokes of one painting on the coarse forms of another.

What it makes is a new style picture: the content given is the painting of the coarse forms, the style that of the fine strokes. A
photograph is then painted after the result, as after any painting.

Differs: the notebook goes on from its 512-pixel result to one of 1024, with layers up to relu4_1; this recipe is its first pass.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

PAPER = "Gatys et al. 2017, Controlling Perceptual Factors, section 6"
CODE = "leongatys/NeuralImageSynthesis, ExampleNotebooks/ScaleControl.ipynb"

RECIPE = cite(
    "strokes",
    "scale control of Gatys 2017: fine strokes of the style on the coarse forms of another painting, given as content",
    "making a style picture of two paintings, to paint a photograph after",
    size=(512, f"{CODE}, cell 4: img_size = 512"),
    size_of=("area", f"{CODE}, cell 5: pyramid_reduce by sqrt(area / img_size**2)"),
    rounding=("nearest", "ours"),
    resample=("lanczos", "ours, where the code smooths with a Gaussian before it leaves pixels out"),
    style_size=("same-rule", f"{CODE}, cell 5: all pictures have the same area"),
    steps=(500, f"{CODE}, cell 4: max_iter = 500"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without content"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: nothing is random"),
    backbone=("vgg19", f"{CODE}, cell 4: model_name = 'org_pad', the original VGG-19"),
    pooling=("max", f"{CODE}: the network as trained"),
    pool_rounding=("up", "loadcaffe pools as Caffe does, rounding odd sizes up"),
    activations=("raw", f"{CODE}, cell 4: not the normalised network"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{CODE}, cell 2: 255 * (image - imagenet_mean)"),
    convention=("mean", f"{CODE}, cell 2: gram_matrix divides by the number of positions; GramMSE"),
    content_weight=(0.0, f"{CODE}, cell 3, transfer_texture: nothing but Gram matrices; the start keeps the forms"),
    style_weight=(1e3, f"{CODE}, cell 4: ptw = 1e3"),
    tv_weight=(0.0, f"{CODE}: none"),
    tv=("absolute", "not used"),
    content_layers=({"relu4_2": 1.0}, "not used"),
    style_layers=(
        {"relu1_1": 0.5, "relu2_1": 0.5},
        f"{CODE}, cells 4 and 5: the layers up to max_pretrans_layer = 'relu2_1', each ptw/len(pretrans_layers)",
    ),
    init=("content", f"{CODE}, cell 3: initialises from the painting of the coarse forms"),
    noise=("normal", "not used"),
    noise_level=(1.0, "not used"),
    canvas=("pixels", f"{CODE}: pixels"),
    optimizer=("lbfgs", f"{PAPER}, and {CODE}: ImageSynthesis.lua"),
    learning_rate=(1.0, "default of Torch7's optim.lbfgs"),
    optimizer_options=({"history": 100}, "default of Torch7's optim.lbfgs: nCorrection 100"),
    bounds=("free", f"{CODE}, cell 2: clipped at the end only"),
)
FAST = fast(RECIPE)
