"""crowsonkb/style-transfer-pytorch with its default options, 2023: style_transfer/style_transfer.py.

Its pixels run from 0 to 1, ours from 0 to 255: learning rate, epsilon and total variation are converted exactly.

Differs: the program paints on with the average of its iterates, decaying by .99, and saves that; we keep what Adam stepped to. Its scales
begin at 128 pixels whatever the size; the ladder here is that of 512 pixels, and a larger size wants more rungs below. It takes roots of
matrices by twelve Newton-Schulz iterations with 1e-4 added to the diagonal, where ours are exact. It never enlarges a style.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "crowsonkb/style-transfer-pytorch, style_transfer.py"

RECIPE = cite(
    "crowsonkb",
    "crowsonkb/style-transfer-pytorch as it comes: Wasserstein style, torchvision's weights, Adam, scales by √2",
    "brushwork at every scale: coarse forms first, and three quarters of the style on the finest layer",
    size=(512, f"{CODE}, stylize: end_scale = 512"),
    size_of=("long", f"{CODE}, size_to_fit: the longer side"),
    rounding=("nearest", f"{CODE}, size_to_fit: round"),
    resample=("bicubic-8bit", f"{CODE}, stylize: Image.BICUBIC on 8-bit pictures"),
    style_size=("same-rule", f"{CODE}, stylize: size_to_fit for both, style_scale_fac = 1"),
    steps=(500, f"{CODE}, stylize: iterations = 500"),
    ladder=(
        {"1/4": 2.0, "0.3536": 1.0, "1/2": 1.0, "0.7071": 1.0},
        f"{CODE}, gen_scales: 128, 181, 256, 362 of 512; initial_iterations = 1000, then 500 each",
    ),
    coarse_content=(1.0, f"{CODE}, stylize: the same weights at all scales"),
    detail=(0.0, f"{CODE}, stylize: the enlarged result and nothing else"),
    tolerance=(0.0, f"{CODE}, stylize: all iterations"),
    seed=(0, "ours: nothing is random"),
    backbone=("vgg19-torchvision", f"{CODE}, VGGFeatures: VGG19_Weights.IMAGENET1K_V1, normalised by its mean and standard deviation"),
    pooling=("max", f"{CODE}, StyleTransfer: pooling='max'"),
    pool_rounding=("down", "torch"),
    padding=("replicate-first", f"{CODE}, VGGFeatures: padding mode 'replicate' for the first convolution"),
    activations=("raw", f"{CODE}: the network as it is"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, "pixels from 0 to 1 there; the mean and the standard deviation of the network are for 0-255 here"),
    style_terms=({"w2": 1.0}, f"{CODE}, StyleLossW2"),
    convention=("mean", f"{CODE}, ContentLossMSE: nn.MSELoss"),
    content_weight=(0.015, f"{CODE}, stylize: content_weight = 0.015"),
    style_weight=(1.0, f"{CODE}: style weights sum to 1"),
    tv_weight=(2 / 255**2, f"{CODE}, stylize: tv_weight = 2, for pixels from 0 to 1"),
    tv=("crowsonkb", f"{CODE}, TVLoss: nine-point stencil"),
    content_layers=({"relu4_2": 1.0}, f"{CODE}, StyleTransfer: content_layers = [22]"),
    style_layers=(
        {"relu1_1": 256 / 341, "relu2_1": 64 / 341, "relu3_1": 16 / 341, "relu4_1": 4 / 341, "relu5_1": 1 / 341},
        f"{CODE}, StyleTransfer: style_layers = [1, 6, 11, 20, 29], style_weights = [256, 64, 16, 4, 1] over their sum",
    ),
    init=("content", f"{CODE}, stylize: init = 'content'"),
    noise=("normal", f"{CODE}, stylize, for init = 'normal'"),
    noise_level=(0.25 * 255, f"{CODE}, stylize, for init = 'normal': std = 0.25, for pixels from 0 to 1"),
    canvas=("pixels", CODE),
    optimizer=("adam", f"{CODE}, stylize: optimizer = 'adam'"),
    learning_rate=(0.02 * 255, f"{CODE}, stylize: step_size = 0.02, for pixels from 0 to 1"),
    optimizer_options=(
        {"beta1": 0.9, "beta2": 0.99, "eps": 1e-8 / 255},
        f"{CODE}, stylize: betas=(0.9, 0.99); eps is torch's default, for pixels from 0 to 1",
    ),
    bounds=("clip", f"{CODE}, stylize: clamp_(0, 1) after every step"),
)
FAST = fast(RECIPE)
