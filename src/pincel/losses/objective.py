"""J: the sum of all losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch
from torch import Tensor

from pincel.functional.sums import accum_dtype
from pincel.losses.base import Loss, Term
from pincel.types import Window

# (number of the loss, layer) → the statistic of that loss at that layer.
Statistics: TypeAlias = Mapping[tuple[int, str], Tensor]


@dataclass(frozen=True)
class Evaluation:
    """The objective at one image.

    Attributes:
        total: J, a scalar tensor.
        terms: Every number it is the weighted sum of.
    """

    total: Tensor
    terms: tuple[Term, ...]

    @classmethod
    def from_terms(cls, by_loss: Sequence[Sequence[Term]]) -> Evaluation:
        """Add up the terms of several losses."""
        terms = tuple(term for terms in by_loss for term in terms)
        values = [term.weighted for term in terms]
        return cls(torch.stack([value.to(accum_dtype(value)) for value in values]).sum(), terms)

    def detached(self) -> Evaluation:
        """Return the same numbers without their graph."""
        terms = tuple(replace(t, value=t.value.detach()) for t in self.terms)
        return Evaluation(self.total.detach(), terms)

    def numbers(self) -> dict[str, float]:
        """Return the unweighted J of every group and of every layer by name, in order.

        ``numbers()["style"]`` is Σ λ_l J_style^[l], ``numbers()["style:relu1_1"]`` is J_style at that layer before its λ.
        """
        values = torch.stack([term.value.detach().to(accum_dtype(term.value)) for term in self.terms]).tolist()
        groups: dict[str, float] = {}
        for term, value in zip(self.terms, values, strict=True):
            groups[term.group] = groups.get(term.group, 0.0) + term.layer_weight * value
        leaves = {term.name: value for term, value in zip(self.terms, values, strict=True)}
        return {**groups, **leaves}


@dataclass(frozen=True)
class Objective:
    """J = αJ_content + βJ_style + γJ_tv, or the sum of any other losses.

    Attributes:
        losses: Its parts.
    """

    losses: Sequence[Loss]

    @property
    def layers(self) -> frozenset[str]:
        """Every layer that any of the losses needs."""
        return frozenset[str]().union(*(loss.layers for loss in self.losses))

    def statistics(self, layer: str, features: Tensor, window: Window) -> Statistics:
        """Reduce the features in a window of a layer to the statistics of all losses that need it; see :meth:`Loss.statistic`."""
        losses = [(index, loss) for index, loss in enumerate(self.losses) if layer in loss.layers]
        return {(index, layer): loss.statistic(layer, features, window) for index, loss in losses}

    def terms(self, statistics: Statistics, pixels: Tensor) -> list[tuple[Term, ...]]:
        """Return the terms of each loss at one image; differentiable in ``pixels`` and in the statistics.

        Args:
            statistics: Of all of :attr:`layers`.
            pixels: Shape (1, 3, H, W), in the network's pixel units.
        """
        by_loss: list[dict[str, Tensor]] = [{} for _ in self.losses]
        for (index, layer), statistic in statistics.items():
            by_loss[index][layer] = statistic
        return [tuple(loss.terms(own, pixels)) for loss, own in zip(self.losses, by_loss, strict=True)]

    def evaluation(self, statistics: Statistics, pixels: Tensor) -> Evaluation:
        """Return the sum of :meth:`terms`."""
        return Evaluation.from_terms(self.terms(statistics, pixels))
