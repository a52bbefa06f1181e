"""How far codes reach in a direction, in whole pictures and in windows."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.losses.base import Loss
from pincel.losses.inner import InnerLoss
from pincel.losses.objective import Objective
from pincel.types import Window
from tests.tensors import assert_close, normal


def looked_at(loss: InnerLoss, features: Tensor) -> Tensor:
    """Return the weighted term of whole features, divided by their positions first as the engine does."""
    height, width = features.shape[-2:] if features.dim() == 4 else (1, 1)
    statistic = loss.statistic(loss.layer, features, Window(0, 0, height, width, (height, width)))
    (term,) = loss.terms({loss.layer: statistic / (height * width)}, features)
    return term.weighted


def test_by_hand() -> None:
    # Two channels of 1 by 2: 1·1 + 2·0 + 3·(-1) + 4·2 = 6, and for the other picture 0 + 0 + 0 + 1·2 = 2.
    direction = torch.tensor([[[[1.0, 0.0]], [[-1.0, 2.0]]]], dtype=torch.float64)
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]], [[[0.0, 0.0]], [[0.0, 1.0]]]], dtype=torch.float64)
    loss = InnerLoss("relu1_1", direction, 10.0, 2)
    statistic = loss.statistic("relu1_1", features, Window(0, 0, 1, 2, (1, 2)))
    assert statistic.tolist() == [6.0, 2.0]
    assert loss.activation({"relu1_1": statistic / 2}).tolist() == [6.0, 2.0]
    (term,) = loss.terms({"relu1_1": statistic / 2}, features)
    assert (term.name, term.group_weight, float(term.value)) == ("inner:relu1_1", 20.0, -4.0)
    # Minus ten times the sum of both.
    assert float(term.weighted) == -80.0
    assert loss.layers == {"relu1_1"}


def test_each_picture_may_have_a_direction_of_its_own() -> None:
    directions, features = normal(3, 2, 4, 5), normal(3, 2, 4, 5, seed=1)
    together = looked_at(InnerLoss("a", directions, 1.5, 3), features)
    alone = [looked_at(InnerLoss("a", directions[n : n + 1], 1.5), features[n : n + 1]) for n in range(3)]
    assert_close(together, torch.stack(alone).sum())
    assert_close(together, -1.5 * (directions * features).sum())


def test_a_code_without_positions() -> None:
    direction, code = normal(1, 7), normal(2, 7, seed=1)
    assert InnerLoss("fc", direction).positions == 1
    assert_close(looked_at(InnerLoss("fc", direction, 1.0, 2), code), -(code @ direction[0]).sum())


def test_the_gradient_is_the_direction() -> None:
    direction, features = normal(2, 3, 4, 2), normal(2, 3, 4, 2, seed=1).requires_grad_()
    loss = InnerLoss("a", direction, 0.5, 2)
    assert torch.autograd.gradcheck(lambda x: looked_at(loss, x), (features,))
    (slope,) = torch.autograd.grad(looked_at(loss, features), features)
    assert_close(slope, -0.5 * direction)


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_windows_add_up(height: int, width: int, data: st.DataObject) -> None:
    features, loss = normal(2, 3, height, width), InnerLoss("a", normal(2, 3, height, width, seed=1), 1.0, 2)
    row, column = data.draw(st.integers(0, height)), data.draw(st.integers(0, width))
    pieces = [
        loss.statistic("a", features[..., top:bottom, left:right], Window(top, left, bottom - top, right - left, (height, width)))
        for top, bottom in ((0, row), (row, height))
        for left, right in ((0, column), (column, width))
    ]
    assert_close(torch.stack(pieces).sum(0), (features * loss.direction).sum((1, 2, 3)))


def test_sums_of_single_precision_are_wide() -> None:
    features = torch.full((1, 1, 1, 3), 1.0)
    features[..., 0], direction = 1e8, torch.ones(1, 1, 1, 3)
    assert InnerLoss("a", direction).statistic("a", features, Window(0, 0, 1, 3, (1, 3))).tolist() == [1e8 + 2]


def test_it_is_a_loss_among_others() -> None:
    loss: Loss = InnerLoss("relu1_1", torch.ones(1, 2, 1, 1))
    objective = Objective([loss, loss])
    assert objective.layers == {"relu1_1"}
    statistics = objective.statistics("relu1_1", torch.full((1, 2, 1, 1), 3.0), Window(0, 0, 1, 1, (1, 1)))
    assert float(objective.evaluation(statistics, torch.zeros(1, 3, 1, 1)).total) == pytest.approx(-12.0)
