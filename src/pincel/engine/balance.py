"""Which slope the optimiser follows: that of the objective, or one to which every layer has contributed alike.

A goal is a scalar whose gradient is followed. It is put together from the statistics of the layers, so it is the same for a picture that
is looked at in tiles, or by several processes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torch import Tensor

from pincel.engine.tiles import Reduce
from pincel.losses.base import Loss, Term
from pincel.losses.objective import Evaluation, Statistics
from pincel.types import Window


@dataclass(frozen=True)
class Sight:
    """What is known of a picture when it has been looked at.

    Attributes:
        losses: The wishes.
        statistics: What they wanted to know of each layer.
        said: The terms of each.
        evaluation: All of these, added up.
        again: Looks at the picture once more, without a way back.
    """

    losses: Sequence[Loss]
    statistics: Statistics
    said: Sequence[Sequence[Term]]
    evaluation: Evaluation
    again: Callable[[Reduce], Mapping[Any, Tensor]]


# What to differentiate, a scalar.
Goal: TypeAlias = Callable[[Sight], Tensor]

# Of Torch7's neural-style: keeps a layer that has no slope at all from dividing by zero.
TINY = 1e-8


def plain(sight: Sight) -> Tensor:
    """Return the objective itself."""
    return sight.evaluation.total


def normalised(sight: Sight) -> Tensor:
    r"""Return a scalar whose slope at every layer has the L1 norm of the layer's weight, for each loss.

    .. math:: \frac{w_l \, \partial J_l / \partial F^l}{\|\partial J_l / \partial F^l\|_1 + 10^{-8}}

    with w_l the weight of the layer: α or β times its λ. A layer whose features are large has no more to say than one whose are small.
    What looks at the picture itself, as total variation does, is left as it is.

    Paper:
        jcjohnson/neural-style, ``-normalize_gradients``: ``gradInput:div(torch.norm(gradInput, 1) + 1e-8)``, times the strength.

    Differs:
        It is no gradient of any function; what is reported, and by what the best picture is chosen, is the objective as always. A
        second look at the picture, without a way back, measures the norms. A layer that is right but for rounding, as the content is at
        the very start, has its full weight all the same: runs that round differently part at once.
    """
    if not sight.statistics:
        return sight.evaluation.total
    layered, plainly = ([[t for t in terms if bool(t.layer) is where] for terms in sight.said] for where in (True, False))
    slopes = torch.autograd.grad(Evaluation.of(layered).total, list(sight.statistics.values()), retain_graph=True)
    known = dict(zip(sight.statistics, slopes, strict=True))
    norms = sight.again(_norms(sight.losses, known))
    parts = [Evaluation.of(plainly).total] if any(plainly) else []
    for (index, layer), slope in known.items():
        # The norm of the weighted slope; the floor is for an unweighted one.
        factor = 1 / (norms[index, layer] / _layer_weight(sight.said[index], layer) + TINY)
        parts.append((sight.statistics[index, layer] * (slope * factor)).sum().double())
    return torch.stack(parts).sum()


def _layer_weight(terms: Sequence[Term], layer: str) -> float:
    """Return what a loss weighs at a layer; a loss that speaks of two layers at once says so at one of them."""
    own = [term for term in terms if term.layer == layer] or terms
    return sum(term.group_weight * term.layer_weight for term in own)


def _norms(losses: Sequence[Loss], slopes: Statistics) -> Reduce:
    """Return what measures ‖∂J/∂F‖₁ at a window of a layer, for each loss that looks there."""

    def reduce(layer: str, features: Tensor, window: Window) -> dict[tuple[int, str], Tensor]:
        return {key: _norm(losses[key[0]], slope, layer, features, window) for key, slope in slopes.items() if key[1] == layer}

    return reduce


def _norm(loss: Loss, slope: Tensor, layer: str, features: Tensor, window: Window) -> Tensor:
    with torch.enable_grad():
        leaf = features.detach().requires_grad_()
        (found,) = torch.autograd.grad(loss.statistic(layer, leaf, window), leaf, slope)
    return found.abs().sum(dtype=torch.float64)


GOALS: Mapping[str, Goal] = MappingProxyType({"plain": plain, "normalised": normalised})
