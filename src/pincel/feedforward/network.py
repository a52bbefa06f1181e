"""A card with its weights: what paints. An any-style network has an eye as well, a backbone that all of them share and no file repeats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

import torch
from torch import Tensor

from pincel.backbones import CARDS, NETWORKS
from pincel.backbones.normalize import normalize
from pincel.backbones.vgg import VGG
from pincel.errors import WeightsError
from pincel.feedforward.card import NetCard, encoder
from pincel.feedforward.run import Weights
from pincel.feedforward.stages import Op, Reach, reach, stepped
from pincel.files import one_line, quoted

# Of a one-style network's pixels, RGB: those of the VGG that looks at them in training.
MEAN = (123.68, 116.779, 103.939)
ADAPT = "adapt"


@dataclass(frozen=True)
class Eye:
    """What an any-style network sees with.

    Attributes:
        vgg: Normalized, the picture mirrored at its border, odd sizes rounded up.
        layer: The last layer it needs.
        means: Mean activation of each filter as trained, by which it was normalized.
    """

    vgg: VGG
    layer: str
    means: Mapping[str, Tensor]

    @property
    def channels(self) -> int:
        """Of the layer."""
        return self.vgg.card.layer(self.layer).channels


@dataclass(frozen=True)
class Network:
    """A network that paints.

    Attributes:
        card: What it is.
        own: What was trained, float32, by name.
        eye: Of an any-style network.
    """

    card: NetCard
    own: Weights
    eye: Eye | None = None

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """All it does, from fed pixels to pixels."""
        return (*self.encoder, *self.middle, *self.decoder)

    @cached_property
    def encoder(self) -> tuple[Op, ...]:
        """What the eye does."""
        return encoder(self.eye.vgg.card, self.eye.layer) if self.eye else ()

    @property
    def middle(self) -> tuple[Op, ...]:
        """Between the eye and its own weights."""
        return (Op("adapt", ADAPT, self.eye.channels, self.eye.channels),) if self.eye else ()

    @cached_property
    def decoder(self) -> tuple[Op, ...]:
        """What its own weights do."""
        return self.card.decoder(self.eye.channels if self.eye else 3)

    @cached_property
    def weights(self) -> Weights:
        """Of all it does."""
        seen = {} if self.eye is None else self.eye.vgg.weights
        pairs = {f"{name}.{part}": each for name, pair in seen.items() for part, each in zip(("weight", "bias"), pair, strict=True)}
        return {**pairs, **self.own}

    @property
    def reach(self) -> Reach:
        """How far it sees."""
        return reach(self.ops)

    @property
    def start(self) -> int:
        """Pixels that the picture is mirrored by before anything else, and that are used up until the end."""
        first = self.ops[0]
        return first.amount if first.kind == "pad" and self.card.padding == "reflect-start" else 0

    @property
    def smallest(self) -> int:
        """Pixels that each side of a picture must have: to be mirrored, at the coarsest too."""
        jump, most = 1, 1
        for op in self.ops:
            if op.kind == "pad":
                most = max(most, op.amount * jump + 1)
            jump = stepped(op, jump)
        return max(most, self.reach.jump + 1)

    @property
    def parameters(self) -> int:
        """How many numbers were trained."""
        return sum(each.numel() for each in self.own.values())

    def fed(self, pixels: Tensor) -> Tensor:
        """Return what the first operation works on, for pixels (B, 3, H, W) in [0, 1]."""
        mean = self.eye.vgg.card.mean if self.eye else MEAN
        fed = 255 * pixels - pixels.new_tensor(mean).view(1, 3, 1, 1)
        return fed.contiguous(memory_format=torch.channels_last)

    def levels(self, painted: Tensor) -> Tensor:
        """Return what the last operation gave in gray levels, 0 to 255 but for what overshoots."""
        return painted + painted.new_tensor(MEAN).view(1, 3, 1, 1) if self.card.output == "tanh" else painted

    def to(self, device: torch.device) -> Network:
        """Return it on a device."""
        own = {name: each.to(device, memory_format=torch.channels_last if each.ndim == 4 else None) for name, each in self.own.items()}
        eye = replace(self.eye, vgg=self.eye.vgg.to(device)) if self.eye else None
        return Network(self.card, own, eye)


def shapes(card: NetCard, channels: int = 3) -> dict[str, tuple[int, ...]]:
    """Return what of a network is trained: name → shape."""
    return {name: shape for op in card.decoder(channels) for name, shape in op.shapes.items()}


def first_weights(card: NetCard, channels: int, seed: int) -> dict[str, Tensor]:
    """Draw weights to begin with: normal, of the variance 2/inputs (He et al. 2015); normalizations that change nothing; biases 0.

    The last convolution is drawn a tenth as large: the first pictures are gray, not loud. One that ends linear begins at mid-gray.
    """
    generator = torch.Generator().manual_seed(seed)
    ops = [op for op in card.decoder(channels) if op.shapes]
    drawn: dict[str, Tensor] = {}
    for op in ops:
        last = op is ops[-1]
        for name, shape in op.shapes.items():
            if len(shape) == 4:
                inputs = op.before * op.kernel**2 / (op.stride**2 if op.kind == "deconv" else 1)
                drawn[name] = torch.randn(shape, generator=generator) * math.sqrt(2 / inputs) * (0.1 if last else 1.0)
            elif op.kind == "norm" and name.endswith("weight"):
                drawn[name] = torch.ones(shape)
            else:
                drawn[name] = torch.full(shape, 0.5 if last and card.output == "linear" else 0.0)
    return drawn


def make_eye(card: NetCard, means: Mapping[str, Tensor]) -> Eye:
    """Load the backbone that an any-style network sees with, and normalize it as it was.

    Args:
        card: Its ``encoder`` and ``layer``.
        means: convolution → mean activations.

    Raises:
        WeightsError: If the weights are missing, or others than it was trained with.
    """
    backbone = CARDS[card.encoder]
    digest = "-".join(backbone.fingerprint)
    if card.encoder_hash and card.encoder_hash != digest:
        failed = f"network: was trained with other weights of {card.encoder} ({card.encoder_hash[:20]})"
        raise WeightsError(one_line(failed, quoted(card.name), digest[:20], f"pincel weights fetch {card.encoder}, or train it anew"))
    vgg: VGG = NETWORKS[backbone.network](backbone, pooling="max", pool_rounding="up", padding="reflect")
    return Eye(normalize(shallow(vgg, card.layer), means), card.layer, means)


def shallow(vgg: VGG, layer: str) -> VGG:
    """Return a network without the weights above a layer."""
    names = [each.name for each in vgg.card.up_to((layer,)) if each.kind == "conv"]
    return replace(vgg, weights={name: vgg.weights[name] for name in takewhile(lambda name: name in names, vgg.weights)})
