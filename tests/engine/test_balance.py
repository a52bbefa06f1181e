"""Every layer with a say of its weight, whatever the size of its features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pincel.engine.balance import TINY, normalised
from pincel.engine.layout import parse_layout
from pincel.engine.problem import Problem
from pincel.losses.objective import Objective
from pincel.losses.variation import VariationLoss
from tests.engine.test_problem import small_problem
from tests.tensors import assert_close, picture


def balanced(problem: Problem) -> Problem:
    return replace(problem, goal=normalised)


def made() -> Problem:
    return small_problem(picture(24, 20, 1).double(), picture(16, 16, 2).double())


class _Scaled(torch.autograd.Function):
    """Torch7's module: what comes back is divided by its L1 norm, and has the strength."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return features.clone()

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        return ctx.strength * slope / (slope.abs().sum() + TINY), None


def test_it_is_what_the_modules_of_torch7_do() -> None:
    problem, x = made(), picture(24, 20, 3).double()
    content, style, variation = problem.objective.losses
    leaf = x.clone().requires_grad_()
    seen: Any = problem.backbone.features(leaf, problem.objective.layers)
    mine: Any = content
    total = torch.zeros((), dtype=torch.float64)
    for layer, strength in (("relu2_2", 10.0), ("relu1_1", 40 * 0.5), ("relu2_1", 40 * 0.5)):
        features = _Scaled.apply(seen[layer], strength)  # type: ignore[no-untyped-call]
        if layer == "relu2_2":
            total = total + (features - mine.targets[layer]).square().sum() / (4 * features.numel())
        else:
            rows = features[0].flatten(1)
            target: Any = style
            total = total + (rows @ rows.T / rows.shape[1] - target.targets[layer][0]).square().mean() / 4
    across, down = leaf[..., 1:] - leaf[..., :-1], leaf[..., 1:, :] - leaf[..., :-1, :]
    (expected,) = torch.autograd.grad(total + (across.square().sum() + down.square().sum()) / leaf.numel(), leaf)
    evaluation, slope = balanced(problem).gradient(x)
    assert_close(slope, expected, rtol=1e-9)
    # What is told is the objective as it always is.
    assert float(evaluation.total) == float(problem.gradient(x)[0].total)
    assert variation.layers == frozenset()


def test_tiles_change_nothing() -> None:
    problem, x = balanced(made()), picture(24, 20, 3).double()
    _, whole = problem.gradient(x)
    for layout in ("pool1=8", "pool1=8,pool2=16"):
        _, tiled = replace(problem, layout=parse_layout(layout)).gradient(x)
        assert_close(tiled, whole, rtol=1e-9)


def test_a_layer_that_is_right_already_pulls_nowhere() -> None:
    content = picture(16, 16, 1).double()
    problem = balanced(small_problem(content, content))
    _, slope = replace(problem, objective=Objective(problem.objective.losses[:2])).gradient(content)
    assert float(slope.abs().max()) < 1e-3


def test_without_a_layer_there_is_nothing_to_balance() -> None:
    problem, x = made(), picture(24, 20, 3).double()
    alone = replace(problem, objective=Objective([loss for loss in problem.objective.losses if isinstance(loss, VariationLoss)]))
    assert torch.equal(balanced(alone).gradient(x)[1], alone.gradient(x)[1])
