"""Recipes of teaching: two papers, each as its authors' code has it, and in a size that two cores are done with in half an hour."""

from __future__ import annotations

from pincel.errors import unknown_name
from pincel.teach.schema import CitedTeaching, cite

JOHNSON = "jcjohnson/fast-neural-style, train.lua"
ADAIN = "xunhuang1995/AdaIN-style, train.lua"
OURS = "ours: for two cores"

JOHNSON2016 = cite(
    "johnson2016",
    "Johnson et al. 2016 with instance normalisation, as its released code trains it: VGG-16, 40,000 steps",
    kind=("one-style", "Johnson et al. 2016"),
    stages=("c9s1-32,d64,d128,R128,R128,R128,R128,R128,u64,u32,c9s1-3", f"{JOHNSON}: arch; supplementary material, table 1"),
    padding=("reflect-start", f"{JOHNSON}: padding_type"),
    norm=("instance", f"{JOHNSON}: use_instance_norm = 1; Ulyanov et al. 2016. The paper had batch normalisation"),
    output=("tanh", f"{JOHNSON}: tanh_constant = 150"),
    objective=(
        {
            "backbone": "vgg16",
            "pooling": "max",
            "convention": "channels",
            "content_layers": {"relu3_3": 1.0},
            "style_layers": {"relu1_2": 1.0, "relu2_2": 1.0, "relu3_3": 1.0, "relu4_3": 1.0},
            "tv": "neural-style",
        },
        f"{JOHNSON}: loss_network vgg16, content_layers 16, style_layers 4, 9, 16, 23; Gram matrices divided by C·H·W, MSE",
    ),
    content_weight=(1.0, f"{JOHNSON}: content_weights"),
    style_weight=(5.0, f"{JOHNSON}: style_weights"),
    tv_weight=(1e-6, f"{JOHNSON}: tv_strength"),
    goal=("J", JOHNSON),
    copies=(0.0, "none"),
    lead=(0.0, "none"),
    crop=(256, f"{JOHNSON}: ms-coco-256.h5"),
    side=(256, "ours: the code squeezes pictures into 256×256; here a square is cut out"),
    style_side=(256, f"{JOHNSON}: style_image_size"),
    zoom=((1.0, 1.5), "ours: so that the long side is not all there is to see"),
    contrast=(0.0, "none"),
    recolour=(0.0, "none"),
    batch=(4, f"{JOHNSON}: batch_size"),
    steps=(40_000, f"{JOHNSON}: num_iterations"),
    learning_rate=(1e-3, f"{JOHNSON}: learning_rate"),
    warming=(0, f"{JOHNSON}: none"),
    decay=(0.0, f"{JOHNSON}: lr_decay_every = -1"),
    cooling=(0.0, f"{JOHNSON}: none"),
    seed=(0, "ours"),
)

JOHNSON_SMALL = cite(
    "johnson-small",
    "the same idea in a network of 0.2 million numbers, with pincel's own J; fifty minutes on a core",
    kind=("one-style", "Johnson et al. 2016"),
    stages=("c9s1-16,d32,d64,R64,R64,R64,U2,c3s1-32,U2,c3s1-16,c9s1-3", f"{OURS}; U2 after Odena et al. 2016: no chessboards"),
    padding=("reflect", OURS),
    norm=("instance", "Ulyanov et al. 2016"),
    output=("tanh", JOHNSON),
    objective=({}, "the default of pincel transfer: VGG-19, relu4_2, relu1_1 … relu5_1"),
    content_weight=(
        40.0,
        "ours: with 1, as pincel transfer has, and with 10 forms were lost; it begins at the photograph, a network anywhere",
    ),
    style_weight=(1e3, "pincel transfer"),
    tv_weight=(1.0, "pincel transfer"),
    goal=("J", "as in the paper"),
    copies=(0.0, "none"),
    lead=(0.0, "none"),
    crop=(128, OURS),
    side=(512, "pincel transfer: size"),
    style_side=(512, "pincel transfer: size"),
    zoom=((0.5, 1.0), "ours: forms of several sizes"),
    contrast=(0.0, "none"),
    recolour=(0.3, "ours: colours that few pictures do not have"),
    batch=(1, OURS),
    steps=(8000, OURS),
    learning_rate=(2e-3, OURS),
    warming=(30, OURS),
    decay=(0.0, "none"),
    cooling=(0.5, "ours: a short training ends calmer"),
    seed=(0, "ours"),
)

ADAIN2017 = cite(
    "adain2017",
    "Huang and Belongie 2017, as their released code trains it: relu4_1, 160,000 steps of 8",
    kind=("any-style", "Huang, Belongie 2017"),
    stages=("c3s1-256,U2,c3s1-256,c3s1-256,c3s1-256,c3s1-128,U2,c3s1-128,c3s1-64,U2,c3s1-64,c3s1-3", f"{ADAIN}: the encoder mirrored"),
    padding=("reflect", f"{ADAIN}: SpatialReflectionPadding"),
    norm=("none", "Huang, Belongie 2017, section 6.1"),
    output=("linear", f"{ADAIN}: nothing after the last convolution"),
    layer=("relu4_1", f"{ADAIN}: targetContentLayer"),
    objective=(
        {
            "backbone": "vgg19",
            "activations": "normalised",
            "pooling": "max",
            "pool_rounding": "up",
            "padding": "reflect",
            "convention": "mean",
            "content_layers": {"relu4_1": 1.0},
            "style_layers": {"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0},
            "style_terms": {"mean-std": 1.0},
        },
        f"{ADAIN}: vgg_normalised.t7, targetStyleLayers",
    ),
    content_weight=(1.0, f"{ADAIN}: contentWeight"),
    style_weight=(10.0, "naoto0804/pytorch-AdaIN, train.py: style_weight, with means over channels; the sums of the authors' have 1e-2"),
    tv_weight=(0.0, f"{ADAIN}: tvWeight"),
    goal=("J", ADAIN),
    copies=(0.0, f"{ADAIN}: reconStyle = false"),
    lead=(0.0, f"{ADAIN}: none"),
    crop=(256, f"{ADAIN}: finalSize"),
    side=(512, f"{ADAIN}: contentSize, styleSize"),
    style_side=(512, f"{ADAIN}: styleSize"),
    zoom=((1.0, 1.0), f"{ADAIN}: crops of 256 of 512"),
    contrast=(0.0, "none"),
    recolour=(0.0, "none"),
    batch=(8, f"{ADAIN}: batchSize"),
    steps=(160_000, f"{ADAIN}: maxIter"),
    learning_rate=(1e-4, f"{ADAIN}: learningRate"),
    warming=(0, f"{ADAIN}: none"),
    decay=(5e-5, f"{ADAIN}: learningRateDecay"),
    cooling=(0.0, f"{ADAIN}: none"),
    seed=(0, "ours"),
)

ADAIN_SMALL = cite(
    "adain-small",
    "the same from relu3_1, with a decoder of 0.4 million numbers; twenty-five minutes on a core",
    kind=("any-style", "Huang, Belongie 2017"),
    stages=("c3s1-128,U2,c3s1-64,c3s1-64,U2,c3s1-32,c3s1-32,c3s1-3", f"{OURS}: half the channels"),
    padding=("reflect", ADAIN),
    norm=("none", ADAIN),
    output=("linear", ADAIN),
    layer=("relu3_1", f"{OURS}: forms are kept better, strokes are smaller"),
    objective=(
        {
            **ADAIN2017.recipe.objective,
            "content_layers": {"relu3_1": 1.0},
            "style_layers": {"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0},
        },
        f"{OURS}, as far as relu3_1",
    ),
    content_weight=(1.0, ADAIN),
    style_weight=(10.0, "naoto0804/pytorch-AdaIN"),
    tv_weight=(0.0, ADAIN),
    goal=("log J", "ours: J of flat crops after loud ones is a hundred times that of others"),
    copies=(0.25, "ours, after the identity loss of Park, Lee 2019: there of every crop"),
    lead=(0.4, "ours: to draw what it sees is learnt in fewer steps, and quicker ones"),
    crop=(64, OURS),
    side=(512, ADAIN),
    style_side=(512, ADAIN),
    zoom=((0.3, 1.0), "ours: forms of several sizes"),
    contrast=(0.04, "ours: nothing is learnt from a flat crop"),
    recolour=(0.7, "ours: colours that few pictures do not have"),
    batch=(2, OURS),
    steps=(9000, OURS),
    learning_rate=(1e-3, OURS),
    warming=(30, OURS),
    decay=(0.0, "none"),
    cooling=(0.5, "ours: a short training ends calmer"),
    seed=(0, "ours"),
)

RECIPES = {each.recipe.name: each for each in (JOHNSON_SMALL, JOHNSON2016, ADAIN_SMALL, ADAIN2017)}
DEFAULTS = {"one-style": "johnson-small", "any-style": "adain-small"}


def find_teaching(name: str) -> CitedTeaching:
    """Return a recipe by name; raises UnknownNameError."""
    if name not in RECIPES:
        raise unknown_name("recipe of train-style", name, RECIPES)
    return RECIPES[name]
