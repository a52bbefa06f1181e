"""Inversion: distance to the code of an image, which is all numbers of a layer, a descriptor or a function."""

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
    r"""Squared distance of codes over the squared norm of the target, :math:`\|\Phi(x) - \Phi_0\|^2 / \|\Phi_0\|^2`.

    Images of a batch are independent: the term is the mean of theirs, and its weight grows with their number, so that each changes as it
    would alone.

    Attributes:
        layer: Where the code is read.
        target: Φ₀, (1, …), the code of the image that is to be rebuilt.
        mask: Which numbers of it count, 0 or 1, of a shape that broadcasts to the target's.
        weight: C.
        images: In a batch.

    Paper:
        Mahendran, Vedaldi 2015, eq. 4, and for the mask section 4.2, "the effect of the receptive field"; 2016, eq. 3, for C.

    Differs:
        The code of 2015 divides the norms of several images by their number, which changes the weight of the regularizers with it.
    """

    layer: str
    target: Tensor
    mask: Tensor
    weight: float
    images: int = 1

    @property
    def layers(self) -> frozenset[str]:
        """The one layer."""
        return frozenset([self.layer])

    @cached_property
    def squared_norm(self) -> Tensor:
        """‖Φ₀‖², a scalar in float64 where the device has it."""
        return (self.target * self.mask).square().sum(dtype=accum_dtype(self.target))

    @property
    def positions(self) -> int:
        """Number of positions of the layer; 1 where it has none."""
        return self.target[0, 0].numel() if self.target.dim() == 4 else 1

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the squared distance in a window, one number an image."""
        target, mask = (_inside(each, window) for each in (self.target, self.mask.expand_as(self.target)))
        return _squared(features, target, mask)

    def errors_of(self, features: Tensor) -> Tensor:
        """Return the relative error of each of some complete codes, (B,)."""
        return _squared(features, self.target, self.mask) / self.squared_norm

    def errors(self, statistics: Mapping[str, Tensor]) -> Tensor:
        """Return the relative error of each image, (B,)."""
        return statistics[self.layer] * self.positions / self.squared_norm

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield the mean relative error."""
        yield Term("code", self.layer, self.weight * self.images, 1.0, self.errors(statistics).mean())


def _squared(features: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Return the squared distance of each image, over the numbers that count."""
    return ((features - target) * mask).square().flatten(1).sum(1, dtype=accum_dtype(features))


def _inside(whole: Tensor, window: Window) -> Tensor:
    return whole[..., window.rows, window.columns] if whole.dim() == 4 else whole


def full_mask(target: Tensor) -> Tensor:
    """Return the mask of all numbers of a code."""
    return torch.ones((1,) * target.dim(), dtype=target.dtype, device=target.device)
