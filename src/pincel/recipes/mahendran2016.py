"""Mahendran, Vedaldi, "Visualizing Deep Convolutional Neural Networks Using Natural Pre-images", 2016 (IJCV, arXiv 1512.02017).

Differs: the shape of the photograph is kept where nobody asks for a square; the second phase goes on from the best picture of the first,
not from its last.
"""

from __future__ import annotations

from pincel.recipes.inversion import cite_inversion

PAPER = "Mahendran, Vedaldi 2016"
CODE = "aravindhm/nnpreimage"

# Grey levels: the usual length of a colour from the mean, and the longest.
B, B_PLUS = 80.0, 160.0

# C: the deeper, the less of a code there is to lose.
WEIGHTS = {
    "*net*:????[12]": 300.0,
    "*net*:????3": 300.0,
    "*net*:????4": 100.0,
    "*net*:[cr]???5": 20.0,
    "*net*:*": 1.0,
    "vgg*:????[123]*": 300.0,
    "vgg*:????4*": 100.0,
    "vgg*:[cr]???5_*": 20.0,
    "vgg*:*": 1.0,
    "hog*": 100.0,
    "dsift": 100.0,
    "*": 100.0,
}

RECIPE = cite_inversion(
    "mahendran2016",
    "the paper of 2016: bounded colours, a view that wanders, a rate for each pixel",
    size=(227, f"{CODE}, core/nnpreimage.m: the input of AlexNet"),
    fit=("keep", "ours: the code stretches to a square"),
    pooling=("max", f"{PAPER}: networks as trained"),
    code_weight=(
        WEIGHTS,
        f"{CODE}, experiments/get_preimage_opts.m: 300, 100, 20 and 1 by depth for AlexNet, 100 for HOG and DSIFT; VGG: ours",
    ),
    norm=("range", f"{PAPER}, section 3.1.1"),
    alpha=(6.0, f"{PAPER}, section 3.1.1: α = 6"),
    norm_weight=(B**-6, f"{CODE}, core/get_defaults.m: (1/B)^α, B = 80"),
    tv=("area", f"{PAPER}, section 3.1.2"),
    beta=(2.0, f"{PAPER}, section 3.1.2: β = 2"),
    tv_weight=({"*": (6.5 / B) ** 2}, f"{CODE}, core/get_defaults.m: (6.5/B)^β"),
    bound=(B_PLUS, f"{CODE}, core/get_defaults.m: 160"),
    jitter=(0.25, f"{PAPER}, section 3.1.3, and {CODE}: T = a quarter of the layer's stride"),
    noise=("uniform", f"{CODE}, core/nnpreimage.m: rand"),
    noise_level=(B / 3**0.5 / 0.95, f"{CODE}, core/nnpreimage.m: 95 of 100 values within B/√3"),
    seed=(0, "ours"),
    optimizer=("adagrad", f"{PAPER}, section 3.3"),
    learning_rate=(0.05 * B**2 / 6 / 3, f"{CODE}, core/get_defaults.m: H·W·0.05·B²/α, here for each of three channels"),
    optimizer_options=({"momentum": 0.9}, f"{CODE}, core/nnpreimage.m: 0.9"),
    schedule=(
        [{"steps": 300, "rate": 1.0, "jitter": 1.0}, {"steps": 50, "rate": 0.1}],
        f"{CODE}, experiments/get_preimage_opts.m: 300 with jitter, then 50 without at a tenth of the rate",
    ),
    tone=("auto", "ours"),
)
