"""Style terms across two layers: which channels of one layer respond together with which channels of the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from pincel.functional.conventions import Convention
from pincel.losses.style import Guides, StyleStatistic, StyleTerm
from pincel.losses.windows import scatter
from pincel.types import Window


@dataclass(frozen=True)
class LayerPair(StyleStatistic[Tensor, Tensor]):
    """The Gram matrix across two layers, (C_coarse, C_fine); it counts for the deeper one.

    Attributes:
        layers: The shallower and the deeper one.
        factor: How many times larger the stride of the deeper one is.
    """

    layers: tuple[str, str]
    factor: int

    def partial_sum(self, layer: str, features: Tensor, window: Window, guides: Guides | None) -> Tensor:
        """Return the window's features at the positions of the deeper layer, in their places, and zero elsewhere."""
        if layer == self.layers[1] or self.factor == 1:
            return scatter(features, window, window)
        # Rows and columns that a pooling drops have no place in the deeper layer.
        top, left, height, width = (length // self.factor for length in (window.top, window.left, window.height, window.width))
        full_size = (window.full_size[0] // self.factor, window.full_size[1] // self.factor)
        smaller = Window(top, left, height, width, full_size, window.stride * self.factor)
        return scatter(functional.avg_pool2d(features, self.factor), smaller, window)

    def finish(self, means: Mapping[str, Tensor], guides: Guides | None) -> dict[str, Tensor]:
        """Return the mean over positions of the products of the channels of both layers."""
        fine, coarse = (means[layer][0] for layer in self.layers)
        height, width = (min(lengths) for lengths in zip(fine.shape[1:], coarse.shape[1:], strict=True))
        fine, coarse = (each[:, :height, :width].flatten(1) for each in (fine, coarse))
        return {self.layers[1]: coarse @ fine.T / (height * width)}

    def blend(self, styles: Sequence[tuple[Mapping[str, Tensor], float]]) -> dict[str, Tensor]:
        """Return the weighted mean of the matrices."""
        total = sum(weight for _, weight in styles)
        coarse = self.layers[1]
        return {coarse: torch.stack([weight / total * style[coarse] for style, weight in styles]).sum(0)}


@dataclass(frozen=True)
class CrossLayerGramTerm(StyleTerm[Tensor, Tensor]):
    r"""Mean squared difference of Gram matrices across each two neighboring style layers.

    .. math:: G^{l,l-1}_{ij} = \frac{1}{M} \sum_k F^l_{ik} \, \operatorname{up}(F^{l-1})_{jk}

    Paper:
        Novak, Nikulin 2016, "Improving the Neural Algorithm of Artistic Style", section 3.5, correlation chains.

    Differs:
        Where layers differ in size, the larger is averaged rather than the smaller repeated: the same matrix with fewer products.
    """

    regions: ClassVar[bool] = False
    min_layers: ClassVar[int] = 2

    def statistics(self, strides: Mapping[str, int]) -> list[LayerPair]:
        """Return the pairs of one layer and the next."""
        return [LayerPair((fine, coarse), strides[coarse] // strides[fine]) for fine, coarse in pairwise(strides)]

    def distance(self, measured: Tensor, target: Tensor, convention: Convention) -> Tensor:
        """Return the mean squared difference."""
        return (measured - target).square().mean()


CORRELATION_CHAIN = CrossLayerGramTerm()
