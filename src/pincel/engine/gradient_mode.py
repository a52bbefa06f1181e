"""Which gradient the optimizer follows: that of the objective, or one to which every layer contributes alike.

A gradient mode returns the scalar that is differentiated. It is composed of the statistics of the layers, so it is the same for a picture
that is evaluated in tiles, or by several processes.
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
class EvaluationContext:
    """What an evaluation has computed.

    Attributes:
        losses: Of the objective.
        statistics: Of each layer, for each loss.
        terms: Of each loss.
        evaluation: The sum of all terms.
        again: Runs the network on the picture once more without a graph, and reduces its features.
    """

    losses: Sequence[Loss]
    statistics: Statistics
    terms: Sequence[Sequence[Term]]
    evaluation: Evaluation
    again: Callable[[Reduce], Mapping[Any, Tensor]]


# Returns the scalar to differentiate.
GradientMode: TypeAlias = Callable[[EvaluationContext], Tensor]

# Of Torch7's neural-style: a layer whose gradient is 0 does not divide by zero.
TINY = 1e-8


def objective_value(context: EvaluationContext) -> Tensor:
    """Return the objective itself."""
    return context.evaluation.total


def normalized(context: EvaluationContext) -> Tensor:
    r"""Return a scalar whose gradient at every layer has the L1 norm of the layer's weight, for each loss.

    .. math:: \frac{w_l \, \partial J_l / \partial F^l}{\|\partial J_l / \partial F^l\|_1 + 10^{-8}}

    with w_l the weight of the layer: α or β times its λ. A layer of large features then counts no more than one of small features. The
    gradient of losses on the picture itself, such as total variation, stays as it is.

    Paper:
        jcjohnson/neural-style, ``-normalize_gradients``: ``gradInput:div(torch.norm(gradInput, 1) + 1e-8)``, times the strength.

    Differs:
        It is the gradient of no function; what is reported, and by what the best picture is chosen, is the objective. A second pass through
        the network, without a graph, measures the norms. A layer whose loss is 0 but for rounding, as that of the content at the very
        start, still has its full weight: runs that round differently diverge from each other at once.
    """
    if not context.statistics:
        return context.evaluation.total
    of_layers, of_pixels = ([[t for t in terms if bool(t.layer) is where] for terms in context.terms] for where in (True, False))
    grads = torch.autograd.grad(Evaluation.from_terms(of_layers).total, list(context.statistics.values()), retain_graph=True)
    by_layer = dict(zip(context.statistics, grads, strict=True))
    norms = context.again(_norms(context.losses, by_layer))
    parts = [Evaluation.from_terms(of_pixels).total] if any(of_pixels) else []
    for (index, layer), grad in by_layer.items():
        # The norm is that of the weighted gradient; the constant belongs to the unweighted one.
        factor = 1 / (norms[index, layer] / _layer_weight(context.terms[index], layer) + TINY)
        parts.append((context.statistics[index, layer] * (grad * factor)).sum().double())
    return torch.stack(parts).sum()


def _layer_weight(terms: Sequence[Term], layer: str) -> float:
    """Return the weight of a loss at a layer; a loss of two layers reports its term at one of them."""
    own = [term for term in terms if term.layer == layer] or terms
    return sum(term.group_weight * term.layer_weight for term in own)


def _norms(losses: Sequence[Loss], grads: Statistics) -> Reduce:
    """Return a reduction of a window of a layer to ‖∂J/∂F‖₁, for each loss that uses the layer."""

    def reduce(layer: str, features: Tensor, window: Window) -> dict[tuple[int, str], Tensor]:
        return {key: _norm(losses[key[0]], grad, layer, features, window) for key, grad in grads.items() if key[1] == layer}

    return reduce


def _norm(loss: Loss, grad: Tensor, layer: str, features: Tensor, window: Window) -> Tensor:
    with torch.enable_grad():
        leaf = features.detach().requires_grad_()
        (back,) = torch.autograd.grad(loss.statistic(layer, leaf, window), leaf, grad)
    return back.abs().sum(dtype=torch.float64)


# By the recipe's value of ``gradients``.
GRADIENT_MODES: Mapping[str, GradientMode] = MappingProxyType({"plain": objective_value, "normalized": normalized})
