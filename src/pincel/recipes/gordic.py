"""gordicaleksa/pytorch-neural-style-transfer with its default options: neural_style_transfer.py.

Sums over the C² entries of Gram matrices divided by C·H·W are means over those of Gram matrices divided by H·W.

Differs: the program sets the height of pictures, 400 pixels, and we their short side, which is the height of a landscape. OpenCV resizes
in 8 bits and whole numbers, up to a grey level away. Its L-BFGS has a line search, and it saves the picture of its thousandth evaluation,
not of its last step.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "gordicaleksa/pytorch-neural-style-transfer, neural_style_transfer.py"
UTILS = "gordicaleksa/pytorch-neural-style-transfer, utils/utils.py"
NETS = "gordicaleksa/pytorch-neural-style-transfer, models/definitions/vgg_nets.py"

RECIPE = cite(
    "gordic",
    "gordicaleksa/pytorch-neural-style-transfer as it comes: torchvision's weights, content 1e5, style 3e4, L-BFGS",
    "large motifs of the painting, on torchvision's weights",
    size=(400, f"{CODE}, --height 400"),
    size_of=("short", f"{UTILS}, load_image: the height, which is the short side of a landscape"),
    rounding=("floor", f"{UTILS}, load_image: int(current_width * (new_height / current_height))"),
    resample=("bicubic-plain", f"{UTILS}, load_image: cv.INTER_CUBIC"),
    style_size=("same-rule", f"{CODE}: prepare_img with the same height for both"),
    steps=(1000, f"{CODE}: num_of_iterations['lbfgs'] = 1000"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: nothing is random"),
    backbone=(
        "vgg19-torchvision-255",
        f"{NETS}: models.vgg19(pretrained=True); {UTILS}, prepare_img: mul(255), IMAGENET_MEAN_255, IMAGENET_STD_NEUTRAL = 1",
    ),
    pooling=("max", f"{NETS}: the network as it is"),
    pool_rounding=("down", "torch"),
    activations=("raw", f"{NETS}: the network as it is"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{UTILS}, prepare_img: x.mul(255)"),
    convention=("mean", f"{CODE}, build_loss: MSELoss(reduction='mean'), and reduction='sum' of Gram/(ch*h*w)"),
    content_weight=(1e5, f"{CODE}, --content_weight 1e5"),
    style_weight=(3e4, f"{CODE}, --style_weight 3e4"),
    tv_weight=(1.0, f"{CODE}, --tv_weight 1e0"),
    tv=("summed", f"{UTILS}, total_variation"),
    content_layers=({"relu4_2": 1.0}, f"{NETS}, Vgg19: called conv4_2, but the in-place ReLU behind it overwrites what was kept"),
    style_layers=(
        {"relu1_1": 0.2, "relu2_1": 0.2, "relu3_1": 0.2, "relu4_1": 0.2, "relu5_1": 0.2},
        f"{NETS}, Vgg19: relu1_1 … relu5_1; {CODE}, build_loss: divided by their number",
    ),
    init=("content", f"{CODE}, --init_method content"),
    noise=("normal", f"{CODE}, for --init_method random: np.random.normal"),
    noise_level=(90.0, f"{CODE}, for --init_method random: scale=90."),
    canvas=("pixels", CODE),
    optimizer=("lbfgs", f"{CODE}, --optimizer lbfgs"),
    learning_rate=(1.0, "default of torch.optim.LBFGS"),
    optimizer_options=({"history": 100}, "default of torch.optim.LBFGS"),
    bounds=("free", f"{UTILS}, save_and_maybe_display: clips the file"),
)
FAST = fast(RECIPE)
