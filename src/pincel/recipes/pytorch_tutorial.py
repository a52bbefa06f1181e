"""The PyTorch tutorial "Neural Transfer": pytorch/tutorials, advanced_source/neural_style_tutorial.py.

It counts convolutions, so that its conv_1 to conv_5 are conv1_1, conv1_2, conv2_1, conv2_2 and conv3_1, before their ReLUs.

Differs: the tutorial wants both pictures of the same size; here each keeps its shape. It clamps the picture inside the closure, behind
the back of its optimiser; we clip after every step, where the optimiser can see it. It counts closures of an L-BFGS with twenty inner
iterations a step where we count single iterations.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

CODE = "pytorch/tutorials, neural_style_tutorial.py"

RECIPE = cite(
    "pytorch-tutorial",
    "the tutorial of PyTorch: torchvision's weights, the first five convolutions, style 1e6, 300 steps of L-BFGS",
    "comparing with the tutorial: colours and fine textures, for it looks at shallow layers only",
    size=(512, f"{CODE}: imsize = 512, or 128 without a GPU"),
    size_of=("short", f"{CODE}: transforms.Resize sets the shorter side"),
    rounding=("floor", "torchvision's Resize truncates the longer side"),
    resample=("bilinear-8bit", "torchvision's Resize resizes 8-bit pictures with Pillow, bilinear"),
    style_size=("same-rule", f"{CODE}, image_loader: both pictures go through the same preparation"),
    steps=(300, f"{CODE}, run_style_transfer: num_steps=300"),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, "ours: nothing is random"),
    backbone=("vgg19-torchvision", f"{CODE}: models.vgg19(pretrained=True), cnn_normalization_mean and cnn_normalization_std"),
    pooling=("max", f"{CODE}: the network as it is"),
    pool_rounding=("down", "torch"),
    activations=("raw", f"{CODE}: the network as it is"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, "pixels from 0 to 1 there; the mean and the standard deviation of the network are for 0-255 here"),
    convention=("channels", f"{CODE}: F.mse_loss; gram_matrix divides by a * b * c * d"),
    content_weight=(1.0, f"{CODE}, run_style_transfer: content_weight=1"),
    style_weight=(1e6, f"{CODE}, run_style_transfer: style_weight=1000000"),
    tv_weight=(0.0, f"{CODE}: none"),
    tv=("absolute", "not used"),
    content_layers=({"conv2_2": 1.0}, f"{CODE}: content_layers_default = ['conv_4'], the fourth convolution"),
    style_layers=(
        {"conv1_1": 1.0, "conv1_2": 1.0, "conv2_1": 1.0, "conv2_2": 1.0, "conv3_1": 1.0},
        f"{CODE}: style_layers_default = ['conv_1' … 'conv_5'], the first five convolutions",
    ),
    init=("content", f"{CODE}: content_img.clone()"),
    noise=("normal", f"{CODE}, commented out: torch.randn"),
    noise_level=(255.0, f"{CODE}, commented out: torch.randn, for pixels from 0 to 1"),
    canvas=("pixels", CODE),
    optimizer=("lbfgs", f"{CODE}, get_input_optimizer: optim.LBFGS"),
    learning_rate=(1.0, "default of torch.optim.LBFGS"),
    optimizer_options=({"history": 100}, "default of torch.optim.LBFGS"),
    bounds=("clip", f"{CODE}: input_img.data.clamp_(0, 1)"),
)
FAST = fast(RECIPE)
