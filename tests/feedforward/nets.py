"""Networks so small that they paint in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pincel.backbones.normalize import normalize
from pincel.backbones.vgg import VGG
from pincel.feedforward.network import Encoder, Network, init_weights, truncate
from pincel.feedforward.spec import NetworkSpec

STAGES = "c9s1-6,d8,d10,R10,R10,u8,U2,c3s1-6,c9s1-3"
DECODER = "c3s1-6,U2,c3s1-6,c3s1-3"


def drawn(spec: NetworkSpec, channels: int = 3, seed: int = 0) -> dict[str, Tensor]:
    """Draw weights of which none is what it is at the beginning of training: norms and biases too."""
    generator = torch.Generator().manual_seed(seed)
    first = init_weights(spec, channels, seed)
    drawn = {name: each + 0.1 * torch.randn(each.shape, generator=generator) for name, each in first.items()}
    if spec.norm == "none":
        # Nothing keeps what comes out in bounds: black and white everywhere would hide what differs.
        last = list(drawn)[-2]
        drawn[last] = drawn[last] * 0.1
    return drawn


def one_style(**changes: Any) -> Network:
    """Return a network that has learned nothing."""
    spec = replace(NetworkSpec("one-style", "small", STAGES), **changes)
    return Network(spec, drawn(spec)).to(torch.device("cpu"))


def seen_means(vgg: VGG, layer: str, pixels: Tensor) -> dict[str, Tensor]:
    """Return the mean activations of the filters up to a layer, in one picture."""
    relus = [each.name for each in vgg.spec.up_to((layer,)) if each.kind == "relu"]
    seen = vgg.features(pixels, relus)
    return {name.replace("relu", "conv"): each.double().mean((0, 2, 3)).clamp_min(0.1) for name, each in seen.items()}


def any_style(vgg: VGG, layer: str = "relu2_1", means: Mapping[str, Tensor] | None = None) -> Network:
    """Return a network with a truncate eye that has learned nothing."""
    hashed = "-".join(vgg.spec.fingerprint)
    spec = NetworkSpec("any-style", "any", DECODER, norm="none", output="linear", encoder="vgg19", encoder_hash=hashed, layer=layer)
    few = truncate(replace(vgg, pooling="max", pool_rounding="up", padding="reflect"), layer)
    noise = 255 * torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(9))
    known = means or seen_means(few, layer, noise)
    eye = Encoder(normalize(few, known), layer, known)
    return Network(spec, drawn(spec, eye.channels), eye).to(torch.device("cpu"))
