"""The code of one picture: all that a layer, a descriptor or a function says of it, matched number by number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from pincel.functional.sums import accum_dtype
from pincel.losses.base import Term
from pincel.types import Window


@dataclass(frozen=True)
class CodeLoss:
    r"""Squared distance of codes over the squared length of the wanted one, :math:`\|\Phi(x) - \Phi_0\|^2 / \|\Phi_0\|^2`.

    Pictures of one batch do not know of each other: the term is the mean of theirs, and its weight grows with their number, so that each
    moves as it would alone.

    Attributes:
        layer: Where the code is read.
        target: Φ₀, (1, …), the code of the picture that is to be rebuilt.
        mask: Which numbers of it count, 0 or 1, of a shape that spreads over the target's.
        weight: C.
        pictures: In a batch.

    Paper:
        Mahendran, Vedaldi 2015, eq. 4, and for the mask section 4.2, "the effect of the receptive field"; 2016, eq. 3, for C.

    Differs:
        The code of 2015 divides the norms of several pictures by their number, which changes the weight of the regularisers with it.
    """

    layer: str
    target: Tensor
    mask: Tensor
    weight: float
    pictures: int = 1

    @property
    def layers(self) -> frozenset[str]:
        """The one layer."""
        return frozenset([self.layer])

    @cached_property
    def length(self) -> Tensor:
        """‖Φ₀‖², a scalar in float64 where the device has it."""
        return (self.target * self.mask).square().sum(dtype=accum_dtype(self.target))

    @property
    def positions(self) -> int:
        """Of the layer; 1 where it has none."""
        return self.target[0, 0].numel() if self.target.dim() == 4 else 1

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the squared distance in a window, one number a picture."""
        target, mask = (_inside(each, window) for each in (self.target, self.mask.expand_as(self.target)))
        return _squared(features, target, mask)

    def errors_of(self, features: Tensor) -> Tensor:
        """Return the relative error of each of some whole codes, (B,)."""
        return _squared(features, self.target, self.mask) / self.length

    def errors(self, statistics: Mapping[str, Tensor]) -> Tensor:
        """Return the relative error of each picture, (B,)."""
        return statistics[self.layer] * self.positions / self.length

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield the mean relative error."""
        yield Term("code", self.layer, self.weight * self.pictures, 1.0, self.errors(statistics).mean())


def _squared(features: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Return the squared distance of each picture, over what counts."""
    return ((features - target) * mask).square().flatten(1).sum(1, dtype=accum_dtype(features))


def _inside(whole: Tensor, window: Window) -> Tensor:
    return whole[..., window.rows, window.columns] if whole.dim() == 4 else whole


def everything(target: Tensor) -> Tensor:
    """Return the mask of all numbers of a code."""
    return torch.ones((1,) * target.dim(), dtype=target.dtype, device=target.device)
