"""The code the authors released with the CVPR paper: leongatys/PytorchNeuralStyleTransfer, NeuralStyleTransfer.ipynb.

Differs: the notebook goes on from its 512-pixel result to one of 800; this recipe is its first pass. It counts closures of an L-BFGS with
twenty inner iterations a step where we count single iterations, which is nearly the same thing.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "leongatys/PytorchNeuralStyleTransfer, NeuralStyleTransfer.ipynb"

RECIPE = cite(
    "gatys2016",
    "the code its authors released: content start, style weights 1e3/C², L-BFGS",
    "photographs that stay themselves, portraits above all; what others are compared with",
    size=(512, f"{CODE}, cell 4: img_size = 512"),
    size_of=("short", f"{CODE}, cell 4: transforms.Scale sets the shorter side"),
    rounding=("floor", "torchvision's Scale truncates the longer side"),
    resample=("bilinear-8bit", "torchvision's Scale resizes 8-bit pictures with Pillow, bilinear"),
    style_size=("same-rule", f"{CODE}, cell 6: both pictures go through the same preparation"),
    steps=(500, f"{CODE}, cell 8: max_iter = 500"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: nothing is random"),
    backbone=("vgg19", f"{CODE}, cell 5: vgg_conv.pth, the original VGG-19"),
    pooling=("max", f"{CODE}, cells 2 and 5: VGG(pool='max')"),
    pool_rounding=("down", "torch"),
    activations=("raw", "the weights of vgg_conv.pth are not normalised"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{CODE}, cell 4: x.mul_(255)"),
    convention=("mean", f"{CODE}, cell 3: nn.MSELoss on features and on Gram/(h*w)"),
    content_weight=(1.0, f"{CODE}, cell 7: content_weights = [1e0]"),
    style_weight=(1e3, f"{CODE}, cell 7: style_weights = [1e3/n**2 …]"),
    tv_weight=(0.0, f"{CODE}: none"),
    tv=("absolute", "not used"),
    content_layers=({"relu4_2": 1.0}, f"{CODE}, cell 7: r42"),
    style_layers=(
        {"relu1_1": 1 / 64**2, "relu2_1": 1 / 128**2, "relu3_1": 1 / 256**2, "relu4_1": 1 / 512**2, "relu5_1": 1 / 512**2},
        f"{CODE}, cell 7: r11, r21, r31, r41, r51, each 1/n**2 for n = 64, 128, 256, 512, 512",
    ),
    init=("content", f"{CODE}, cell 6: content_image.data.clone()"),
    noise=("normal", f"{CODE}, cell 6, commented out: torch.randn"),
    noise_level=(1.0, f"{CODE}, cell 6, commented out: torch.randn"),
    canvas=("pixels", CODE),
    optimizer=("lbfgs", f"{CODE}, cell 8: optim.LBFGS([opt_img])"),
    learning_rate=(1.0, "default of torch.optim.LBFGS"),
    optimizer_options=({"history": 100}, "default of torch.optim.LBFGS"),
    bounds=("free", f"{CODE}, cell 4: postp clips the result"),
)
FAST = fast(RECIPE)
