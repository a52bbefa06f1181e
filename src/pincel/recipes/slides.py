"""The course deck: J(G) = α·J_content + β·J_style + γ·J_tv, a random start, G := G - lr·dJ/dG.

Differs: the deck prints the update without a rate, which would be lr = 1 in whatever unit the pixels have. The rate and the
momentum here are ours, as large as stays stable.
"""

from __future__ import annotations

from pincel.recipes.fast import fast
from pincel.recipes.schema import cite

DECK = "course deck"
COURSE = "Coursera, Convolutional Neural Networks, week 4 assignment, whose formulas the deck uses"
OURS = "ours: the deck leaves it open"

RECIPE = cite(
    "slides",
    "the course deck as it stands: random start, plain gradient descent; slow, for watching J fall",
    "following the course step by step; pretty pictures are not the point",
    size=(512, OURS),
    size_of=("long", OURS),
    rounding=("nearest", OURS),
    resample=("lanczos", OURS),
    style_size=("same-rule", OURS),
    steps=(500, OURS),
    ladder=({}, "every step at full size"),
    coarse_content=(1.0, "not used without a ladder"),
    detail=(1.0, "not used without a ladder"),
    tolerance=(0.0, "not used without a ladder"),
    seed=(0, OURS),
    backbone=("vgg19", f"{DECK}: pretrained VGG-19"),
    pooling=("avg", COURSE),
    pool_rounding=("down", "torch and TensorFlow"),
    activations=("raw", DECK),
    calibration=("samples", "not used with raw activations"),
    white=(255.0, f"{COURSE}: pixels 0-255 minus the mean"),
    convention=(
        "slides",
        f"{DECK}: J_content = 1/(4 n_H n_W n_C) Σ(a_C-a_G)², J_style = 1/(4 n_C² (n_H n_W)²) ΣΣ(Gram_S-Gram_G)²",
    ),
    content_weight=(10.0, f"{COURSE}: α = 10"),
    style_weight=(40.0, f"{COURSE}: β = 40"),
    tv_weight=(1.0, f"{DECK} adds γ·J_tv; the value is ours"),
    tv=("absolute", f"{DECK}: J_tv"),
    content_layers=({"relu4_2": 1.0}, f"{COURSE}: conv4_2 after its ReLU"),
    style_layers=(
        {"relu1_1": 0.2, "relu2_1": 0.2, "relu3_1": 0.2, "relu4_1": 0.2, "relu5_1": 0.2},
        f"{COURSE}: conv1_1 … conv5_1 after their ReLUs, λ = 0.2 each",
    ),
    init=("noise", f"{DECK}: G starts at random"),
    noise=("uniform", COURSE),
    noise_level=(20.0, f"{COURSE}: U(-20, 20) around the mean"),
    canvas=("pixels", f"{DECK}: G := G - dJ/dG moves pixels"),
    optimizer=("gradient-descent", f"{DECK}: G := G - dJ/dG"),
    learning_rate=(3e-5, "ours: the largest that is stable from 48 pixels up; the deck prints none"),
    optimizer_options=({"momentum": 0.9}, OURS),
    bounds=("clip", OURS),
)
FAST = fast(RECIPE)
