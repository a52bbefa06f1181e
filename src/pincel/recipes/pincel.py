"""The default, chosen by looking at its pictures: ``python benchmarks/pictures.py`` paints them, docs/judging.md says how.

Style is the Wasserstein distance of crowsonkb/style-transfer-pytorch between normal distributions of features, which unlike Gram matrices
keeps means, contrasts and colors of the painting apart; shallow layers count most, so strokes come before motifs do. The weights of layers
are that program's, brought from the network of torchvision to the original one by the mean squares of their features.
"""

from __future__ import annotations

from pincel.recipes.schema import cite

OURS = "ours"
STUDY = "benchmarks/pictures.py"
CROWSON = "crowsonkb/style-transfer-pytorch, style_transfer.py"

RECIPE = cite(
    "pincel",
    "the default: Wasserstein style coarse to fine, weights that keep forms and bring strokes, on most pairs",
    "most pairs of pictures; where to begin",
    size=(512, OURS),
    size_of=("long", OURS),
    rounding=("nearest", OURS),
    resample=("lanczos", f"{OURS}: sharp and free of aliases"),
    style_size=("content-area", f"{OURS}: strokes keep their size whatever the style's shape, as in pastiche"),
    steps=(44, f"{OURS}: a compromise with patience"),
    ladder=({"1/4": 2.0, "1/2": 0.5}, f"{OURS}: large forms as well as fine ones, sooner"),
    coarse_content=(2.0, f"{OURS}: forms stay where they are; more leaves less of the painting; {STUDY}"),
    detail=(0.0, f"{OURS}: with α as it is, detail of the photograph leaves ghosts of its edges; {STUDY}"),
    tolerance=(0.01, OURS),
    seed=(0, OURS),
    backbone=("vgg19", "Gatys et al. 2015"),
    pooling=("max", f"{CROWSON}: pooling = 'max'"),
    pool_rounding=("down", "torch"),
    padding=("replicate-first", f"{CROWSON}: padding mode 'replicate' for the first convolution; no frame along the border"),
    activations=("raw", "ours: cleaner colours than the normalised network on the pictures we tried"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, "input of VGG-19"),
    style_terms=({"w2": 1.0}, f"{CROWSON}, StyleLossW2"),
    convention=("slides", "the deck: weights do not depend on the size of the picture; of content a quarter of the mean square"),
    content_weight=(1.0, OURS),
    style_weight=(1e3, f"{OURS}: about the ratio of {CROWSON}, content_weight = 0.015; with twice as much houses melt; {STUDY}"),
    tv_weight=(30.0, f"{OURS}: the 2 of {CROWSON} would be 80, and leave less grain than the painting has; {STUDY}"),
    tv=("crowsonkb", f"{CROWSON}, TVLoss: nine-point stencil, no checkerboards"),
    content_layers=({"relu4_2": 1.0}, "Gatys et al. 2015"),
    style_layers=(
        {"relu1_1": 0.34, "relu2_1": 0.043, "relu3_1": 0.0083, "relu4_1": 0.0002, "relu5_1": 0.0002},
        f"{CROWSON}: style_weights = [256, 64, 16, 4, 1], over the mean squares of features of both networks",
    ),
    init=("content", "Gatys' code: sooner there than from noise"),
    noise=("normal", "Gatys' code"),
    noise_level=(1.0, "Gatys' code"),
    canvas=("fourier", "ours: fewer steps to the same picture than pixels"),
    optimizer=("lbfgs", "Gatys et al. 2016: found to work best"),
    learning_rate=(1.0, "standard for L-BFGS"),
    optimizer_options=({"history": 20}, f"{OURS}: nearly as good as 100, and less memory; scripts/ladder_study.py"),
    bounds=("clip", "ours: what is painted is what is saved; free pixels lose much of the objective when the file clips them"),
)
