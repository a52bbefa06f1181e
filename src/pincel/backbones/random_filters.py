"""One layer of random filters, of one size or of many: a network that was never trained, and makes textures all the same.

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

from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG, Padding, Pooling, PoolRounding

SEED = 0


@dataclass(frozen=True)
class RandomFilters(VGG):
    """A convolution whose filters have several sizes, and its ReLU; otherwise what :class:`VGG` is.

    Attributes:
        weights: A name for each size → (weight OIHW, bias); what they answer stands side by side, in order.
    """

    def half(self) -> VGG:
        """Return itself: the first convolution multiplies in float32, and there is no other."""
        return self

    def with_winograd(self, _layers: Iterable[str], _channels: int = 0) -> VGG:
        """Return itself: filters of three channels leave nothing to save."""
        return self

    def _convolved(self, name: str, x: Tensor, *, rectify: bool) -> Tensor:
        answers = [functional.conv2d(self._surrounded(x, weight.shape[-1] // 2), weight, bias) for weight, bias in self.weights.values()]
        together = torch.cat(answers, dim=1)
        return functional.relu(together, inplace=True) if rectify else together

    def _surrounded(self, x: Tensor, by: int) -> Tensor:
        """Return ``x`` with so many positions more on each side, however small it is."""
        if self.padding == "zero":
            return functional.pad(x, (by, by, by, by))
        rows, columns = (_padded_indices(length, by, self.padding).to(x.device) for length in x.shape[-2:])
        return x[..., rows, :][..., columns]


def _padded_indices(length: int, by: int, padding: Padding) -> Tensor:
    """Return which position is seen at each of -by … length + by - 1."""
    places = torch.arange(-by, length + by)
    if padding == "circular":
        return places % length
    if padding == "reflect" and length > 1:
        period = 2 * (length - 1)
        return (length - 1) - ((places % period) - (length - 1)).abs()
    return places.clamp(0, length - 1)


def load_random_filters(
    spec: ModelSpec, *, pooling: Pooling = "max", pool_rounding: PoolRounding = "down", padding: Padding = "zero"
) -> RandomFilters:
    """Draw the filters a spec asks for: the same in every process and on every machine."""
    generator = torch.Generator().manual_seed(SEED)
    each = spec.layers[0].channels // len(spec.filters)
    weights = {f"{size}x{size}": (_draw_glorot(each, size, generator), torch.zeros(each)) for size in spec.filters}
    return RandomFilters(spec, weights, pooling, pool_rounding, padding)


def _draw_glorot(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Draw uniformly between ±√(6 / (inputs + outputs)), each times the area of the filter."""
    limit = math.sqrt(6 / ((3 + count) * size**2))
    return limit * (2 * torch.rand(count, 3, size, size, generator=generator) - 1)
