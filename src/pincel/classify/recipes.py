"""Recipes of training, each value with its source, and what they are without one of their parts. Loads no torch.

A name is that of a recipe, and whatever is taken from it: ``alexnet-small``, ``alexnet-small-tanh``, ``alexnet2012-no-lrn-no-overlap``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from pincel.classify.schema import CitedTraining, cite_training
from pincel.errors import unknown_name

PAPER = "Krizhevsky, Sutskever, Hinton 2012"
SMALL = "ours: for crops of 64 pixels"

ALEXNET2012 = cite_training(
    "alexnet2012",
    "the network and the training of the paper, for ImageNet",
    side=(256, f"{PAPER}, section 2: shorter side 256, central 256×256"),
    crop=(227, f"{PAPER}, section 3.5, figure 2: 55 places of 11 pixels, 4 apart, are 227; the text says 224"),
    views=("random", f"{PAPER}, section 4.1: random patches and their reflections"),
    colour_noise=(0.1, f"{PAPER}, section 4.1: standard deviation 0.1"),
    held_out=(0.1, "ours: ILSVRC has a validation set of its own"),
    channels=((96, 256, 384, 384, 256), f"{PAPER}, section 3.5"),
    first=((11, 4), f"{PAPER}, section 3.5"),
    wide=(4096, f"{PAPER}, section 3.5"),
    groups=(2, f"{PAPER}, section 3.2"),
    activation=("relu", f"{PAPER}, section 3.1"),
    response=("local", f"{PAPER}, section 3.3"),
    pooling=((3, 2), f"{PAPER}, section 3.4: z = 3, s = 2"),
    without=((), f"{PAPER}, section 3.5"),
    divisor=(1.0, f"{PAPER}, section 2: raw values of the pixels, centred"),
    init=("normal", f"{PAPER}, section 5"),
    init_std=(0.01, f"{PAPER}, section 5: 0.01"),
    ones=(("conv2", "conv4", "conv5", "fc6", "fc7"), f"{PAPER}, section 5: the second, fourth, fifth convolution and the hidden layers"),
    batch=(128, f"{PAPER}, section 5: 128"),
    epochs=(90, f"{PAPER}, section 5: roughly 90 cycles"),
    learning_rate=(0.01, f"{PAPER}, section 5: 0.01"),
    momentum=(0.9, f"{PAPER}, section 5: 0.9"),
    decay=(0.0005, f"{PAPER}, section 5: 0.0005"),
    dropout=(0.5, f"{PAPER}, section 4.2: 0.5"),
    patience=(5, "ours: the paper's authors watched, and decided by hand"),
    drops=(3, f"{PAPER}, section 5: reduced three times"),
    drop_factor=(10.0, f"{PAPER}, section 5: divided by 10"),
    seed=(0, "ours"),
)

ALEXNET_SMALL = ALEXNET2012.changed(
    "alexnet-small",
    "the same in small, for sets of some thousand pictures: minutes on two cores",
    side=(72, f"{SMALL}, 1.125 times the crop as in the paper"),
    crop=(64, SMALL),
    channels=((32, 64, 96, 96, 64), SMALL),
    first=((7, 2), f"{SMALL}: 29 places"),
    wide=(256, SMALL),
    divisor=(20.0, "ours: by a few trials"),
    init=("fan-in", "departs: with N(0, 0.01) a network of so few inputs a unit stands still at first (He et al. 2015, equation 10)"),
    ones=((), "departs: beside answers of variance 1, biases of 1 drown what the pictures say; with them it stands still at first"),
    batch=(16, "ours: more steps an epoch, for there are few pictures"),
    learning_rate=(0.003, "ours: by a few trials, with batches this small"),
    epochs=(100, "ours"),
    patience=(10, "ours: the error of a few hundred pictures goes up and down"),
)

BASES: Mapping[str, CitedTraining] = {each.recipe.name: each for each in (ALEXNET2012, ALEXNET_SMALL)}

# What can be taken from a recipe: suffix → (in words, values).
ABLATIONS: Mapping[str, tuple[str, Mapping[str, tuple[Any, str]]]] = {
    "tanh": (
        "tanh in place of ReLU",
        {"activation": ("tanh", f"{PAPER}, figure 1"), "ones": ((), "ours: biases of 1 are there to keep ReLUs awake (section 5)")},
    ),
    "no-lrn": ("no local response normalisation", {"response": ("none", f"{PAPER}, section 3.3")}),
    "no-overlap": ("poolings that do not overlap", {"pooling": ((2, 2), f"{PAPER}, section 3.4: s = 2, z = 2")}),
    "no-augmentation": (
        "no crops, mirrors or colour noise",
        {"views": ("centre", f"{PAPER}, section 4.1"), "colour_noise": (0.0, f"{PAPER}, section 4.1")},
    ),
    "no-dropout": ("no dropout", {"dropout": (0.0, f"{PAPER}, section 4.2")}),
    "no-conv3": ("the third convolution left out", {"without": (("conv3",), f"{PAPER}, section 7: any of the middle layers")}),
    "no-conv4": ("the fourth convolution left out", {"without": (("conv4",), f"{PAPER}, section 7: any of the middle layers")}),
    "one-gpu": ("no groups: every filter sees all channels", {"groups": (1, f"{PAPER}, section 3.2; there with fewer filters")}),
}


def training_names() -> list[str]:
    """List the recipes, each followed by what it is without one of its parts."""
    return [name for base in BASES for name in (base, *(f"{base}-{suffix}" for suffix in ABLATIONS))]


def find_training(name: str) -> CitedTraining:
    """Return the recipe of a name.

    Raises:
        UnknownNameError: With the closest match.
    """
    base = next((each for each in sorted(BASES, key=len, reverse=True) if name == each or name.startswith(f"{each}-")), "")
    taken = _suffixes(name.removeprefix(base)) if base else None
    if taken is None:
        raise unknown_name("recipe of training", name, training_names())
    return reduce(_less, taken, BASES[base])


def _suffixes(rest: str) -> list[str] | None:
    """Split ``-tanh-no-lrn`` into names of :data:`ABLATIONS`; None for anything else."""
    taken = []
    while rest:
        suffix = next((each for each in ABLATIONS if f"{rest}-".startswith(f"-{each}-")), None)
        if suffix is None or suffix in taken:
            return None
        taken.append(suffix)
        rest = rest.removeprefix(f"-{suffix}")
    return taken


def _less(cited: CitedTraining, suffix: str) -> CitedTraining:
    """Take one part from a recipe."""
    words, values = ABLATIONS[suffix]
    if "without" in values:
        layers, source = values["without"]
        values = {"without": ((*cited.recipe.without, *layers), source)}
    return cited.changed(f"{cited.recipe.name}-{suffix}", f"{cited.recipe.summary}; {words}", **values)
