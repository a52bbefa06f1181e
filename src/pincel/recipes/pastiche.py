"""The package pastiche 1.6.0 (Daniel Steinberg) with its default options, for comparison in one process."""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "pastiche 1.6.0, pastiche.py"

RECIPE = cite(
    "pastiche",
    "the package pastiche 1.6.0 as it comes: content start, 1000 steps of L-BFGS",
    "comparing with the package, as pincel bench does",
    size=(500, f"{CODE}, --size-pixels: 500²"),
    size_of=("area", f"{CODE}, --size-pixels"),
    rounding=("nearest", f"{CODE}, load_image: round"),
    resample=("bilinear-8bit", f"{CODE}, load_image: Pillow's BILINEAR on 8 bits"),
    style_size=("content-area", f"{CODE}: style_pixels is the content's height × width"),
    steps=(1000, f"{CODE}, --num-steps"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: the package draws another one each time"),
    backbone=("vgg19", f"{CODE}: VGG19.from_quantized_bin"),
    pooling=("max", f"{CODE}, --pooling"),
    pool_rounding=("down", "torch"),
    activations=("raw", f"{CODE}: the weights as they are"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{CODE}, load_image: 0-255 minus VGG_MEAN"),
    convention=("mean", f"{CODE}, _calc_loss: mse_loss; gram divides by h*w"),
    content_weight=(1.0, f"{CODE}, --content-weight"),
    style_weight=(1.0, f"{CODE}: style weights sum to 1"),
    tv_weight=(0.0, f"{CODE}, --tv-weight"),
    tv=("pastiche", f"{CODE}, _calc_loss"),
    content_layers=({"relu4_2": 0.01}, f"{CODE}, _calc_loss: layer_weight = .01"),
    style_layers=(
        {"relu1_1": 10 / 64**2, "relu2_1": 10 / 128**2, "relu3_1": 10 / 256**2, "relu4_1": 10 / 512**2, "relu5_1": 10 / 512**2},
        f"{CODE}, _calc_loss: layer_weight = 10.0 / channels²",
    ),
    init=("content", f"{CODE}: content.to(device, copy=True)"),
    noise=("normal", f"{CODE}, --random-init: torch.randn"),
    noise_level=(1.0, f"{CODE}, --random-init: torch.randn"),
    canvas=("fourier", "ours: a lower total of the same objective in as many steps; pixels, to step as the package does"),
    optimizer=("lbfgs", f"{CODE}, --optimizer"),
    learning_rate=(1.0, f"{CODE}: lr=1.0"),
    optimizer_options=({"history": 100}, "default of torch.optim.LBFGS"),
    bounds=("free", f"{CODE}, save_image: clamped in the file only"),
)
FAST = fast(RECIPE)
