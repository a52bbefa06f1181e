"""Style across layers: which filters of one layer go with which of the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from pincel.losses import CHAIN
from pincel.losses.base import Term
from pincel.losses.spread import placed
from pincel.types import LayerWeights, Window


@dataclass(frozen=True)
class Link:
    """Two layers, one after the other.

    Attributes:
        fine: The shallower.
        coarse: The deeper.
        times: How many times larger the stride of the deeper is.
    """

    fine: str
    coarse: str
    times: int

    def part(self, layer: str, features: Tensor, window: Window) -> dict[str, Tensor]:
        """Return layer → the window's features at the positions of the deeper layer, in their places, and zero elsewhere."""
        if layer == self.coarse or self.times == 1:
            return {layer: placed(features, window, window)}
        lengths = (window.top, window.left, window.height, window.width)
        # Rows and columns that a pooling drops have no place in the deeper layer.
        top, left, height, width = (length // self.times for length in lengths)
        whole = (window.whole[0] // self.times, window.whole[1] // self.times)
        smaller = Window(top, left, height, width, whole, window.stride * self.times)
        return {layer: placed(functional.avg_pool2d(features, self.times), smaller, window)}

    def gram(self, seen: Mapping[str, Tensor]) -> Tensor:
        """Return the mean over positions of the products of the filters of both layers, (C_coarse, C_fine)."""
        fine, coarse = seen[self.fine][0], seen[self.coarse][0]
        height, width = (min(lengths) for lengths in zip(fine.shape[1:], coarse.shape[1:], strict=True))
        fine, coarse = (each[:, :height, :width].flatten(1) for each in (fine, coarse))
        return coarse @ fine.T / (height * width)


@dataclass(frozen=True)
class ChainLoss:
    r"""Mean squared difference of Gram matrices across two layers.

    .. math:: G^{l,l-1}_{ij} = \frac{1}{M} \sum_k F^l_{ik} \, \operatorname{up}(F^{l-1})_{jk}

    Attributes:
        link: The layers.
        targets: The matrix of each style picture, with its weight.
        layer_weights: layer → λ; the term has that of the deeper layer.
        weight: β.
        share: Weight among the terms of style.

    Paper:
        Novak, Nikulin 2016, "Improving the Neural Algorithm of Artistic Style", section 3.5, correlation chains.

    Differs:
        Where layers differ in size, the larger is averaged rather than the smaller repeated: the same matrix with fewer products.
    """

    link: Link
    targets: Sequence[tuple[Tensor, float]]
    layer_weights: LayerWeights
    weight: float
    share: float

    @property
    def layers(self) -> frozenset[str]:
        """Both."""
        return frozenset((self.link.fine, self.link.coarse))

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the window's features in their places; see :meth:`Link.part`."""
        return self.link.part(layer, features, window)[layer]

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield the one term."""
        total = sum(weight for _, weight in self.targets)
        target = torch.stack([weight / total * each for each, weight in self.targets]).sum(0)
        value = (self.link.gram(statistics) - target).square().mean()
        yield Term("style", self.link.coarse, self.weight, self.share * self.layer_weights[self.link.coarse], value, CHAIN)


def links(layers: Sequence[str], strides: Mapping[str, int]) -> list[Link]:
    """Return what links layers, given shallow to deep, one to the next."""
    return [Link(fine, coarse, strides[coarse] // strides[fine]) for fine, coarse in pairwise(layers)]
