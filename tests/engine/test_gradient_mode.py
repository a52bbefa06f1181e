"""Every layer with a say of its weight, whatever the size of its features."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pincel.engine.evaluator import Evaluator
from pincel.engine.gradient_mode import TINY, normalized
from pincel.engine.layout import parse_layout
from pincel.losses.base import Loss
from pincel.losses.objective import Objective
from pincel.losses.variation import VariationLoss
from tests.engine.test_problem import small_evaluator
from tests.tensors import assert_close, picture


def balanced(evaluator: Evaluator) -> Evaluator:
    return replace(evaluator, problem=replace(evaluator.problem, gradient_mode=normalized))


def with_losses(evaluator: Evaluator, losses: list[Loss]) -> Evaluator:
    return replace(evaluator, problem=replace(evaluator.problem, objective=Objective(losses)))


def made() -> Evaluator:
    return small_evaluator(picture(24, 20, 1).double(), picture(16, 16, 2).double())


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
    evaluator, x = made(), picture(24, 20, 3).double()
    content, style, variation = evaluator.problem.objective.losses
    leaf = x.clone().requires_grad_()
    seen: Any = evaluator.problem.backbone.features(leaf, evaluator.problem.objective.layers)
    mine: Any = content
    total = torch.zeros((), dtype=torch.float64)
    for layer, strength in (("relu2_2", 10.0), ("relu1_1", 40 * 0.5), ("relu2_1", 40 * 0.5)):
        features = _Scaled.apply(seen[layer], strength)  # type: ignore[no-untyped-call]
        if layer == "relu2_2":
            total = total + (features - mine.targets[layer]).square().sum() / (4 * features.numel())
        else:
            rows = features[0].flatten(1)
            target: Any = style
            total = total + (rows @ rows.T / rows.shape[1] - target.targets[layer].gram[0]).square().mean() / 4
    across, down = leaf[..., 1:] - leaf[..., :-1], leaf[..., 1:, :] - leaf[..., :-1, :]
    (expected,) = torch.autograd.grad(total + (across.square().sum() + down.square().sum()) / leaf.numel(), leaf)
    evaluation, slope = balanced(evaluator).gradient(x)
    assert_close(slope, expected, rtol=1e-9)
    # What is told is the objective as it always is.
    assert float(evaluation.total) == float(evaluator.gradient(x)[0].total)
    assert variation.layers == frozenset()


def test_tiles_change_nothing() -> None:
    evaluator, x = balanced(made()), picture(24, 20, 3).double()
    _, whole = evaluator.gradient(x)
    for layout in ("pool1=8", "pool1=8,pool2=16"):
        _, tiled = replace(evaluator, layout=parse_layout(layout)).gradient(x)
        assert_close(tiled, whole, rtol=1e-9)


def test_a_layer_that_is_right_already_pulls_nowhere() -> None:
    content = picture(16, 16, 1).double()
    evaluator = balanced(small_evaluator(content, content))
    _, slope = with_losses(evaluator, list(evaluator.problem.objective.losses[:2])).gradient(content)
    assert float(slope.abs().max()) < 1e-3


def test_without_a_layer_there_is_nothing_to_balance() -> None:
    evaluator, x = made(), picture(24, 20, 3).double()
    alone = with_losses(evaluator, [loss for loss in evaluator.problem.objective.losses if isinstance(loss, VariationLoss)])
    assert torch.equal(balanced(alone).gradient(x)[1], alone.gradient(x)[1])
