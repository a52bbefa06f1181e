"""One step of training a feed-forward network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import TypeAlias

import torch
from torch import Tensor

from pincel.errors import DivergedError
from pincel.feedforward.network import Network, init_weights, weight_shapes
from pincel.feedforward.spec import NetworkSpec
from pincel.files import one_line
from pincel.training.objectives import StyleObjective
from pincel.training.schema import StyleTrainingRecipe
from pincel.training.state import StyleState, optimizer, unflatten

# J, and its terms by name.
Losses: TypeAlias = tuple[float, Mapping[str, float]]


@dataclass(frozen=True)
class StyleLearner:
    """A network, what it is trained to do, and how.

    Attributes:
        recipe: Batch, learning rate and so on.
        spec: The network.
        objective: J of a crop.
    """

    recipe: StyleTrainingRecipe
    spec: NetworkSpec
    objective: StyleObjective

    @property
    def channels(self) -> int:
        """Input channels of the trained weights."""
        return self.objective.encoder.channels if self.objective.encoder else 3

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return weight_shapes(self.spec, self.channels)

    def init_weights(self) -> dict[str, Tensor]:
        """Draw the weights before the first step."""
        return init_weights(self.spec, self.channels, self.recipe.seed)

    def network(self, params: Tensor) -> Network:
        """Return the network of all weights, one after another, (N,); differentiable."""
        return Network(self.spec, unflatten(params, self._shapes), self.objective.encoder)

    def step(self, state: StyleState) -> Losses:
        """Make a step; return mean J and mean terms of its crops.

        Raises:
            DivergedError: If J is not finite.
        """
        recipe = self.recipe
        params = state.params.detach().requires_grad_()
        grad, losses = torch.zeros_like(state.params), []
        for each in range(recipe.batch):
            # One after another: normalization is of each crop alone, and memory is that of one.
            evaluation = self.objective.evaluate(self.network(params), state.step * recipe.batch + each)
            goal = evaluation.total.log() if recipe.goal == "log J" else evaluation.total
            grad += torch.autograd.grad(goal / recipe.batch, params)[0]
            terms = {name: value for name, value in evaluation.numbers().items() if ":" not in name}
            losses.append((float(evaluation.total.detach()), terms))
        mean = mean_losses(losses)
        if not (math.isfinite(mean[0]) and bool(grad.isfinite().all())):
            failed, given = f"training: J is not finite at step {state.step + 1}", f"--lr {recipe.learning_rate:g}"
            raise DivergedError(one_line(failed, given, "a rate that it stands", f"--lr {recipe.learning_rate / 3:.1g}"))
        with torch.no_grad():
            state.params, state.adam = optimizer(recipe, state.step).step(params.detach(), grad, state.adam)
        state.step += 1
        return mean


def mean_losses(losses: Sequence[Losses]) -> Losses:
    """Return the mean J, and the mean of each term over those that have it."""
    names = dict.fromkeys(name for _, terms in losses for name in terms)
    return fmean(total for total, _ in losses), {name: fmean(terms[name] for _, terms in losses if name in terms) for name in names}
