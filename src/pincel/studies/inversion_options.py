"""Options of the study of inversions, parsed: representations, weights of the total variation, experiments."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase

from pincel.backbones import BACKBONES, DESCRIPTORS
from pincel.backbones.model_registry import network_and_layer
from pincel.errors import OptionError, closest, unknown_name
from pincel.inversion.representation import check_representation
from pincel.recipes.inversion import Inversion, looked_up
from pincel.studies.settings import BLOCK_LAYERS, StudySettings, select_layers

EXPERIMENTS = ("table", "invariance", "locality", "baseline")
# λ_V of the paper, for shallow, middle and deep layers.
LAMBDAS = (0.5, 5.0, 50.0)
# A recipe that counts total variation in another unit has a weight of its own: that, and ten times less and more.
AROUND = (0.1, 1.0, 10.0)


def read_representations(given: str | None, settings: StudySettings) -> tuple[str, ...]:
    """Read a list of representations.

    Args:
        given: With commas between: ``NETWORK:LAYER``, a layer of the network of the study, ``hog``, ``hogb``, ``dsift``; ``*``, ``?`` and
            ``[12]`` stand for others. None for five layers of that network and the three descriptors.
        settings: For the network.

    Returns:
        Each once, in the order given; those of one pattern shallow to deep.

    Raises:
        OptionError: If none is named, or for a name that is no representation, with the closest one.
        UnknownNameError: For a layer the network does not have, with the closest one.
    """
    if given is None:
        return (*(f"{settings.backbone}:{layer}" for layer in select_layers(settings.spec, None, BLOCK_LAYERS)), *DESCRIPTORS)
    parts = [part.strip() for part in given.split(",") if part.strip()]
    if not parts:
        raise OptionError(f"--representations takes names with commas between, as relu1_1,relu3_1,hog, not '{given}'.")
    return tuple(dict.fromkeys(name for part in parts for name in _meant(part, settings)))


def _meant(part: str, settings: StudySettings) -> list[str]:
    """Return the representations that one name or pattern stands for."""
    backbone, layer = network_and_layer(part)
    sign, layer = bool(layer), layer or part
    descriptors = [] if sign else [name for name in DESCRIPTORS if fnmatchcase(name, part)]
    if part in DESCRIPTORS:
        return [part]
    misspelt = not (sign or descriptors) and closest(part, [*DESCRIPTORS, *BACKBONES])
    if part in BACKBONES or (sign and backbone not in BACKBONES) or misspelt:
        # Says which one was perhaps meant.
        check_representation(part)
    name = backbone if sign else settings.backbone
    layers = [f"{name}:{each}" for each in BACKBONES[name].names if fnmatchcase(each, layer)]
    if not layers and not descriptors:
        BACKBONES[name].layer(layer)
    return [*layers, *descriptors]


def read_lambdas(given: str | None, recipe: Inversion) -> tuple[float, ...]:
    """Read the weights of the total variation.

    Args:
        given: With commas between; None for those of the paper, or, if the recipe counts in another unit, its own and ten times less and
            more.
        recipe: How pictures are rebuilt.

    Returns:
        Small to large, each once.

    Raises:
        OptionError: For anything that is no number of 0 or more.
    """
    if given is None:
        base = looked_up(recipe.tv_weight, "any", "--tv-weight")
        return LAMBDAS if recipe.tv == "sigma" or base == 0 else tuple(base * times for times in AROUND)
    try:
        numbers = sorted({float(part) for part in given.split(",")})
    except ValueError:
        numbers = []
    if not numbers or not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise OptionError(f"--lambdas takes numbers of 0 or more, with commas between, as 0.5,5,50, not '{given}'.")
    return tuple(numbers)


def read_experiments(given: str | None) -> tuple[str, ...]:
    """Read a list of experiments; None for all.

    Raises:
        UnknownNameError: For one there is not, with the closest match.
        OptionError: If none is named.
    """
    if given is None:
        return EXPERIMENTS
    names = [part.strip() for part in given.split(",") if part.strip()]
    if not names:
        raise OptionError(f"--experiments takes names with commas between, as table,invariance, not '{given}'.")
    for name in names:
        if name not in EXPERIMENTS:
            raise unknown_name("experiment", name, EXPERIMENTS)
    return tuple(name for name in EXPERIMENTS if name in names)
