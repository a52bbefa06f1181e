"""Galerne, Raad, Lezama, Morel, "Scaling Painting Style Transfer", 2024, with its code bgalerne/scaling_painting_style_transfer, spst.py.

Differs: for a short side above 1023 pixels the program begins at a half, a quarter and so on, with 600, 200, 66, 30 … iterations each, and
shrinks its history to 10; here every step is at full size, and ``--ladder 1/4=9,1/2=3 --steps 66`` is nearly its way for three scales. It
rounds to 8 bits between scales. It counts closures of an L-BFGS with twenty inner iterations a step where we count single iterations. Its
standard deviations are roots of bare variances; ours have a ten-thousandth of the mean variance added to each, so that the slope stays
finite.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "bgalerne/scaling_painting_style_transfer, spst.py"
BLOCKS = "bgalerne/scaling_painting_style_transfer, vgg_by_blocks.py"
GATYS = "bgalerne/scaling_painting_style_transfer, vgg_gatys.py"

RECIPE = cite(
    "spst",
    "Scaling Painting Style Transfer: Gram matrices with means and standard deviations, at the size of the photograph",
    "large pictures, and contrasts of the painting that Gram matrices alone leave open",
    size=(0, f"{CODE}: the size of the content picture"),
    size_of=("short", f"{CODE}: min(wco, hco) is what scales are counted by"),
    rounding=("nearest", f"{CODE}: round"),
    resample=("bicubic-8bit", f"{CODE}: PIL's resize with its default, on 8-bit pictures"),
    style_size=("content-short", f"{CODE}: rescale_mode 'downscale_style', to the content's short side if more than 1.1 times that"),
    steps=(600, f"{CODE}: iterations_mode 'spst-fast', 600 at the first scale"),
    ladder=({}, "every step at full size, as for a short side of up to 1023 pixels"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(0.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: nothing is random"),
    backbone=("vgg19", f"{CODE}: vgg_conv.pth, the original VGG-19"),
    pooling=("max", f"{CODE}: VGG(), whose default is pool='max'"),
    pool_rounding=("down", "torch"),
    activations=("raw", "the weights of vgg_conv.pth are not normalised"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{GATYS}, prep: x.mul_(255)"),
    style_terms=(
        {"gram": 1.0, "mean-std": 10.0},
        f"{CODE}: weights_layers_means = weights_layers_stds = 1e3/n**2 * n**2 * wmeanstd/100 = 1e4, ten times 1e3",
    ),
    convention=("channels", f"{BLOCKS}: sums of squares over numel(); the 1/n**2 of weights_Gram_matrices is that of the convention"),
    content_weight=(1.0, f"{CODE}: content_weights = [1e0]"),
    style_weight=(1e3, f"{CODE}: weights_Gram_matrices = [1e3/n**2 …]"),
    tv_weight=(0.0, f"{CODE}: none"),
    tv=("absolute", "not used"),
    content_layers=({"relu4_2": 1.0}, f"{CODE}: r42"),
    style_layers=(
        {"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0, "relu5_1": 1.0},
        f"{CODE}: r11, r21, r31, r41, r51",
    ),
    init=("content", f"{CODE}: content_image.clone()"),
    noise=("normal", "not used"),
    noise_level=(1.0, "not used"),
    canvas=("pixels", CODE),
    optimizer=("lbfgs", f"{CODE}: optim.LBFGS"),
    learning_rate=(1.0, "default of torch.optim.LBFGS"),
    optimizer_options=({"history": 100}, f"{CODE}: history_sizes[0] = 100"),
    bounds=("free", f"{GATYS}, postp: clips the result"),
)
FAST = fast(RECIPE)
