"""One layer of random filters of one or several sizes: a network that was never trained and still makes textures.

Paper:
    Ustyuzhaninov, Brendel, Gatys, Bethge 2017, "What does it take to generate natural textures?" (ICLR; 2016 as "Texture Synthesis Using
    Shallow Convolutional Networks with Random Filters"): 3×3 to 55×55, 128 of each, drawn as Glorot and Bengio 2010 do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.backbones.vgg import VGG, Padding, Pooling, PoolRounding

SEED = 0


@dataclass(frozen=True)
class RandomFilters(VGG):
    """A convolution with filters of several sizes, and its ReLU; fields as of :class:`VGG`.

    Attributes:
        weights: A name for each size → (weight OIHW, bias); their outputs are concatenated in order.
    """

    def to_bfloat16(self) -> VGG:
        """Return the network itself: the first convolution multiplies in float32, and there is no other."""
        return self

    def with_winograd(self, _layers: Iterable[str], _channels: int = 0) -> VGG:
        """Return the network itself: filters of three channels leave nothing to save."""
        return self

    def _convolve(self, layer: LayerSpec, x: Tensor, *, rectify: bool) -> Tensor:
        outputs = [functional.conv2d(self._pad_by(x, weight.shape[-1] // 2), weight, bias) for weight, bias in self.weights.values()]
        result = torch.cat(outputs, dim=1)
        return functional.relu(result, inplace=True) if rectify else result

    def _pad_by(self, x: Tensor, by: int) -> Tensor:
        """Return ``x`` with a border of ``by`` positions, however small it is."""
        if self.padding == "zero":
            return functional.pad(x, (by, by, by, by))
        rows, columns = (_padded_indices(length, by, self.padding).to(x.device) for length in x.shape[-2:])
        return x[..., rows, :][..., columns]


def _padded_indices(length: int, by: int, padding: Padding) -> Tensor:
    """Return which position stands at each of -by … length + by - 1."""
    indices = torch.arange(-by, length + by)
    if padding == "circular":
        return indices % length
    if padding == "reflect" and length > 1:
        period = 2 * (length - 1)
        return (length - 1) - ((indices % period) - (length - 1)).abs()
    return indices.clamp(0, length - 1)


def load_random_filters(
    spec: ModelSpec, *, pooling: Pooling = "max", pool_rounding: PoolRounding = "down", padding: Padding = "zero"
) -> RandomFilters:
    """Draw the filters of a spec, the same in every process and on every machine."""
    generator = torch.Generator().manual_seed(SEED)
    each = spec.layers[0].channels // len(spec.filters)
    weights = {f"{size}x{size}": (_draw_glorot(each, size, generator), torch.zeros(each)) for size in spec.filters}
    return RandomFilters(spec, weights, pooling, pool_rounding, padding)


def _draw_glorot(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Draw uniformly between ±√(6 / (inputs + outputs)), each times the area of the filter."""
    limit = math.sqrt(6 / ((3 + count) * size**2))
    return limit * (2 * torch.rand(count, 3, size, size, generator=generator) - 1)
