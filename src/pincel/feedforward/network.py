"""A network that stylizes: its spec with its weights; an any-style network shares its encoder, a backbone that no file repeats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

import torch
from torch import Tensor

from pincel.backbones import BACKBONES, NETWORKS
from pincel.backbones.normalize import normalize
from pincel.backbones.vgg import VGG
from pincel.errors import WeightsError
from pincel.feedforward.operations import Weights
from pincel.feedforward.spec import NetworkSpec, encoder_ops
from pincel.feedforward.stages import Op, TileGeometry, output_stride, tile_geometry
from pincel.feedforward.transforms import TRANSFORMS, Transform
from pincel.files import one_line, quoted

# Mean color of a one-style network's images, RGB: that of the VGG whose features its loss compares.
MEAN = (123.68, 116.779, 103.939)


@dataclass(frozen=True)
class Encoder:
    """The backbone whose features an any-style network works on.

    Attributes:
        vgg: Normalized, with reflection padding, odd sizes rounded up.
        layer: The last layer that is needed.
        means: Mean activation of each filter in training, by which it was normalized.
    """

    vgg: VGG
    layer: str
    means: Mapping[str, Tensor]

    @property
    def channels(self) -> int:
        """Channels of the layer."""
        return self.vgg.spec.layer(self.layer).channels


@dataclass(frozen=True)
class Network:
    """A network that stylizes.

    Attributes:
        spec: What it is.
        own: Its trained weights, float32, by name.
        encoder: Of an any-style network.
    """

    spec: NetworkSpec
    own: Weights
    encoder: Encoder | None = None

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """All operations, from preprocessed pixels to pixels."""
        adapt = (Op("adapt", "adapt", self.encoder.channels, self.encoder.channels),) if self.encoder else ()
        return (*self.encoder_ops, *adapt, *self.decoder_ops)

    @property
    def transform(self) -> Transform:
        """How an any-style network gives its features the statistics of a style."""
        return TRANSFORMS[self.spec.transform]

    @cached_property
    def encoder_ops(self) -> tuple[Op, ...]:
        """Operations of the encoder; none without one."""
        return encoder_ops(self.encoder.vgg.spec, self.encoder.layer) if self.encoder else ()

    @cached_property
    def decoder_ops(self) -> tuple[Op, ...]:
        """Operations of the trained weights."""
        return self.spec.decoder_ops(self.encoder.channels if self.encoder else 3)

    @cached_property
    def weights(self) -> Weights:
        """Weights of all operations by name."""
        layers = {} if self.encoder is None else self.encoder.vgg.weights
        pairs = {f"{name}.{part}": each for name, pair in layers.items() for part, each in zip(("weight", "bias"), pair, strict=True)}
        return {**pairs, **self.own}

    @property
    def tile_geometry(self) -> TileGeometry:
        """The margin that tiles need, and the multiple they begin at."""
        return tile_geometry(self.ops)

    @property
    def initial_padding(self) -> int:
        """Pixels that the image is mirrored by before anything else; all are used up by the end."""
        first = self.ops[0]
        return first.amount if first.kind == "pad" and self.spec.padding == "reflect-start" else 0

    @property
    def min_side(self) -> int:
        """Pixels that each side of an image must have, to be mirrored also at the coarsest resolution."""
        stride, least = 1, 1
        for op in self.ops:
            if op.kind == "pad":
                least = max(least, op.amount * stride + 1)
            stride = output_stride(op, stride)
        return max(least, self.tile_geometry.stride + 1)

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(each.numel() for each in self.own.values())

    def preprocess(self, pixels: Tensor) -> Tensor:
        """Return the input of the first operation, for pixels (B, 3, H, W) in [0, 1]."""
        mean = self.encoder.vgg.spec.mean if self.encoder else MEAN
        return (255 * pixels - pixels.new_tensor(mean).view(1, 3, 1, 1)).contiguous(memory_format=torch.channels_last)

    def to_levels(self, output: Tensor) -> Tensor:
        """Return the output of the last operation in gray levels; it may lie beyond 0 and 255."""
        return output + output.new_tensor(MEAN).view(1, 3, 1, 1) if self.spec.output == "tanh" else output

    def to(self, device: torch.device) -> Network:
        """Return the network on a device."""
        own = {name: each.to(device, memory_format=torch.channels_last if each.ndim == 4 else None) for name, each in self.own.items()}
        return Network(self.spec, own, replace(self.encoder, vgg=self.encoder.vgg.to(device)) if self.encoder else None)


def weight_shapes(spec: NetworkSpec, channels: int = 3) -> dict[str, tuple[int, ...]]:
    """Return name → shape of the trained weights, for so many input channels."""
    return {name: shape for op in spec.decoder_ops(channels) for name, shape in op.weight_shapes.items()}


def init_weights(spec: NetworkSpec, channels: int, seed: int) -> dict[str, Tensor]:
    """Draw initial weights: normal, of the variance 2/inputs (He et al. 2015); normalizations that change nothing; biases 0.

    The last convolution is drawn a tenth as large, so that the first outputs are gray; a linear output begins at mid-gray.
    """
    generator = torch.Generator().manual_seed(seed)
    ops = [op for op in spec.decoder_ops(channels) if op.weight_shapes]
    weights: dict[str, Tensor] = {}
    for op in ops:
        last = op is ops[-1]
        for name, shape in op.weight_shapes.items():
            if len(shape) == 4:
                inputs = op.before * op.kernel**2 / (op.stride**2 if op.kind == "deconv" else 1)
                weights[name] = torch.randn(shape, generator=generator) * math.sqrt(2 / inputs) * (0.1 if last else 1.0)
            elif op.kind == "norm" and name.endswith("weight"):
                weights[name] = torch.ones(shape)
            else:
                weights[name] = torch.full(shape, 0.5 if last and spec.output == "linear" else 0.0)
    return weights


def load_encoder(spec: NetworkSpec, means: Mapping[str, Tensor]) -> Encoder:
    """Load the backbone of an any-style network, and normalize it as in training.

    Args:
        spec: Its ``encoder`` and ``layer``.
        means: convolution → mean activations.

    Raises:
        WeightsError: If the weights are missing, or others than in training.
    """
    backbone = BACKBONES[spec.encoder]
    digest = "-".join(backbone.fingerprint)
    if spec.encoder_hash and spec.encoder_hash != digest:
        failed = f"network: was trained with other weights of {spec.encoder} ({spec.encoder_hash[:20]})"
        raise WeightsError(one_line(failed, quoted(spec.name), digest[:20], f"pincel weights get {spec.encoder}, or train it anew"))
    vgg: VGG = NETWORKS[backbone.network](backbone, pooling="max", pool_rounding="up", padding="reflect")
    return Encoder(normalize(truncate(vgg, spec.layer), means), spec.layer, means)


def truncate(vgg: VGG, layer: str) -> VGG:
    """Return a network without the weights above a layer."""
    names = [each.name for each in vgg.spec.up_to((layer,)) if each.kind == "conv"]
    return replace(vgg, weights={name: vgg.weights[name] for name in takewhile(lambda name: name in names, vgg.weights)})
