"""J: the sum of all wishes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.losses.base import Loss, Term


@dataclass(frozen=True)
class Evaluation:
    """The objective at one picture.

    Attributes:
        total: J, a scalar tensor.
        terms: Every number it is the weighted sum of.
    """

    total: Tensor
    terms: tuple[Term, ...]

    def detached(self) -> Evaluation:
        """Return the same numbers without their graph."""
        terms = tuple(Term(t.group, t.layer, t.group_weight, t.layer_weight, t.value.detach()) for t in self.terms)
        return Evaluation(self.total.detach(), terms)

    def numbers(self) -> dict[str, float]:
        """Return the unweighted J of every group and of every layer by name, in order.

        ``numbers()["style"]`` is Σ λ_l J_style^[l], ``numbers()["style:relu1_1"]`` is J_style at that layer before its λ.
        """
        values = torch.stack([term.value.detach() for term in self.terms]).tolist()
        groups: dict[str, float] = {}
        for term, value in zip(self.terms, values, strict=True):
            groups[term.group] = groups.get(term.group, 0.0) + term.layer_weight * value
        leaves = {term.name: value for term, value in zip(self.terms, values, strict=True)}
        return {**groups, **leaves}


@dataclass(frozen=True)
class Objective:
    """J = αJ_content + βJ_style + γJ_tv, or whatever the losses given add up to.

    Attributes:
        losses: The wishes.
    """

    losses: Sequence[Loss]

    @property
    def layers(self) -> frozenset[str]:
        """Every layer any of the losses asks for."""
        return frozenset[str]().union(*(loss.layers for loss in self.losses))

    def __call__(self, seen: Iterable[tuple[str, Tensor]], pixels: Tensor) -> Evaluation:
        """Evaluate at one picture; gradients flow to ``pixels``.

        Args:
            seen: What the backbone sees in ``pixels``, layer by layer: at least all of :attr:`layers`, each (1, C, H_l, W_l).
            pixels: Shape (1, 3, H, W), in the network's pixel units.
        """
        statistics: list[dict[str, Tensor]] = [{} for _ in self.losses]
        for layer, features in seen:
            for loss, known in zip(self.losses, statistics, strict=True):
                if layer in loss.layers:
                    known[layer] = loss.statistic(layer, features)
        terms = tuple(term for loss, known in zip(self.losses, statistics, strict=True) for term in loss.terms(known, pixels))
        return Evaluation(torch.stack([term.weighted for term in terms]).sum(), terms)
