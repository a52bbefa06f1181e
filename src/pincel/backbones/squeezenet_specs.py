"""SqueezeNet as data: what it is, layer by layer, and where its weights come from. Loads no torch.

Paper:
    Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model
    size", tables 1 and 2; version 1.1 is of their repository, with smaller first filters and earlier poolings.

Differs:
    Of nine products of a 1×1 filter in an expansion eight are with zero, so that it takes 1.8 times as many; what it answers is exact.
"""

from __future__ import annotations

from dataclasses import replace

from pincel.backbones.specs import LayerSpec, build_layers, conv, pool, relu
from pincel.backbones.vgg_specs import VGG19_TORCHVISION

CLASSES = 1000
# Module → channels that are squeezed to, and channels of either half that they expand to again.
FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}
# Modules that a pooling stands before.
POOLED = (4, 6)


def fire(number: int, squeezed: int, expanded: int) -> tuple[LayerSpec, ...]:
    """Plan a fire module: few channels, then many, half of them of 1×1 and half of 3×3 filters.

    Both halves are one convolution of 3×3, whose first half is zero but in the middle: see :mod:`pincel.backbones.formats.fuse_fire`.

    Args:
        number: Of the module; its last layer is called ``fire2``, those inside ``fire2_squeeze``, ``fire2_relu`` and ``fire2_expand``.
        squeezed: Channels of the first convolution.
        expanded: Channels of each half of the second.
    """
    name = f"fire{number}"
    return (
        conv(f"{name}_squeeze", squeezed, 1),
        relu(f"{name}_relu"),
        conv(f"{name}_expand", 2 * expanded, 3, pad=1),
        relu(name),
    )


def squeezenet_layers(fires: dict[int, tuple[int, int]] = FIRES, classes: int = CLASSES) -> tuple[LayerSpec, ...]:
    """Lay out SqueezeNet 1.1; the output of ``conv10`` is averaged over all positions to classify.

    Args:
        fires: Module → channels squeezed to, and channels of either half.
        classes: Channels of the last convolution.
    """
    plan = [conv("conv1", 64, 3, step=2), relu("relu1"), pool("pool1", 3, 2, up=True)]
    for number, (squeezed, expanded) in fires.items():
        # Called after the module they stand behind.
        plan += [pool(f"pool{number - 1}", 3, 2, up=True)] if number in POOLED else []
        plan += fire(number, squeezed, expanded)
    layers = build_layers([*plan, conv("conv10", classes, 1), relu("relu10")])
    # Of nine products of a 1×1 filter, eight are with zero.
    return tuple(replace(layer, products=layer.products * 10 // 18) if layer.name.endswith("_expand") else layer for layer in layers)


SQUEEZENET = replace(
    VGG19_TORCHVISION,
    name="squeezenet",
    summary="SqueezeNet 1.1 as torchvision has it, with its classifier: a fiftieth of AlexNet's parameters; downloaded once, 5 MiB",
    layers=squeezenet_layers(),
    file="squeezenet1_1-b8a52dc0.pth",
    # torchvision publishes the first eight digits; the others are those that everybody finds who has downloaded it.
    sha256="b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
    url="https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
    size=4_958_839,
    network="alexnet",
    crop=224,
)
