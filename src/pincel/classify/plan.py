"""The network that a recipe asks for, layer by layer. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pincel.backbones.alexnet_specs import norm
from pincel.backbones.specs import LayerSpec, ModelSpec, Response, build_layers, conv, fully_connected, pool
from pincel.classify.schema import TrainingRecipe
from pincel.errors import OptionError
from pincel.files import one_line

# Krizhevsky, Sutskever and Hinton 2012, section 3.3.
RESPONSE = Response(k=2.0, alpha=1e-4)
FILE = "network.safetensors"


def plan_layers(recipe: TrainingRecipe, classes: int) -> tuple[LayerSpec, ...]:
    """Lay out the network of a recipe: as :func:`pincel.backbones.alexnet_specs.krizhevsky_layers`, in any size, with parts left out.

    Args:
        recipe: Its channels, kernels, groups and so on.
        classes: Channels of the last layer.

    Raises:
        OptionError: If nothing is left of a crop behind the last pooling.
    """
    bottom = build_layers(_bottom(recipe))
    side = recipe.crop
    for layer in bottom:
        side = layer.positions(side) if side else 0
    if side == 0:
        failed = "training: nothing is left of a crop in pool5"
        raise OptionError(one_line(failed, f"--crop {recipe.crop}", "a crop that conv1 and three poolings leave something of", "--crop 64"))
    top = (
        replace(each, name=_activation_name(recipe, each.name), kind=recipe.activation) if each.kind == "relu" else each
        for each in fully_connected(side, recipe.wide, classes)
    )
    return build_layers((*_bottom(recipe), *top))


def plan_spec(recipe: TrainingRecipe, classes: Sequence[str], mean: tuple[float, float, float], summary: str, source: str) -> ModelSpec:
    """Return the spec of a network that a recipe trains.

    Args:
        recipe: How it is trained.
        classes: Names of the classes.
        mean: Mean color of its images, 0-255.
        summary: What it was trained on, in one line.
        source: Who made it.
    """
    return ModelSpec(
        name=recipe.name,
        summary=summary,
        layers=plan_layers(recipe, len(classes)),
        mean=mean,
        package="",
        file=FILE,
        sha256="",
        source=source,
        licence="yours, as far as that of its pictures allows",
        std=(recipe.divisor,) * 3,
        format="safetensors",
        network="alexnet",
        response=RESPONSE if recipe.response == "local" else None,
        classes=tuple(classes),
        crop=recipe.crop,
    )


def hidden(spec: ModelSpec) -> tuple[str, ...]:
    """Return the layers with dropout: what follows each fully connected layer but the last."""
    names = [layer.name for layer in spec.layers]
    connected = [names.index(layer.name) for layer in spec.layers if layer.kind == "fc"]
    return tuple(names[place + 1] for place in connected[:-1])


def _bottom(recipe: TrainingRecipe) -> Iterator[LayerSpec]:
    kernel, step = recipe.first
    groups = recipe.groups
    convolutions = {
        "conv1": conv("conv1", recipe.channels[0], kernel, step=step),
        "conv2": conv("conv2", recipe.channels[1], 5, pad=2, groups=groups),
        "conv3": conv("conv3", recipe.channels[2], 3, pad=1),
        "conv4": conv("conv4", recipe.channels[3], 3, pad=1, groups=groups),
        "conv5": conv("conv5", recipe.channels[4], 3, pad=1, groups=groups),
    }
    for name, layer in convolutions.items():
        if name in recipe.without:
            continue
        number = name.removeprefix("conv")
        yield layer
        yield LayerSpec(_activation_name(recipe, f"relu{number}"), recipe.activation, 0, 0, 0)
        if recipe.response == "local" and number in "12":
            yield norm(f"norm{number}")
        if number in "125":
            yield pool(f"pool{number}", *recipe.pooling)


def _activation_name(recipe: TrainingRecipe, name: str) -> str:
    return name.replace("relu", recipe.activation)
