"""Adam is torch's; gradient descent is the deck's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from pincel.optim.adagrad import Adagrad
from pincel.optim.adam import Adam
from pincel.optim.gradient_descent import GradientDescent
from tests.optim.problems import Known, bowl, coupled, rosenbrock, torch_walk, walk
from tests.tensors import assert_close


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"learning_rate": 0.02, "beta2": 0.999},
        {"beta1": 0.99, "eps": 0.1},
        {"learning_rate": 0.02, "beta1": 0.0, "beta2": 0.9},
    ],
    ids=str,
)
@pytest.mark.parametrize("problem", [bowl, coupled, rosenbrock])
def test_every_step_of_adam_is_that_of_torch(problem: Callable[[], Known], options: dict[str, float]) -> None:
    adam = Adam(**options)
    betas = (adam.beta1, adam.beta2)
    expected = torch_walk(torch.optim.Adam, problem(), 20, lr=adam.learning_rate, betas=betas, eps=adam.eps)
    for step, (ours, theirs) in enumerate(zip(walk(adam, problem(), 20), expected, strict=True)):
        assert_close(ours, theirs, rtol=1e-9, atol=1e-9, msg=f"step {step}")


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient() -> None:
    gradient = torch.tensor([1e-3, -1.0, 1e6, 0.0]).double().view(1, 1, 2, 2)
    x = torch.zeros_like(gradient)
    moved, _ = Adam(learning_rate=5).step(x, gradient, Adam().init(x))
    assert_close(moved.flatten(), torch.tensor([-5.0, 5.0, -5.0, 0.0]).double(), rtol=1e-4)


def test_adam_without_eps_leaves_a_pixel_without_gradient_alone() -> None:
    x = torch.ones(1, 1, 1, 2)
    adam = Adam(eps=0)
    moved, _ = adam.step(x, torch.tensor([0.0, 2.0]).view(1, 1, 1, 2), adam.init(x))
    assert moved.flatten().tolist() == [1, pytest.approx(-4, rel=1e-5)]


def test_gradient_descent_by_hand() -> None:
    # J = x²: 8 - 0.25·16 = 4, 4 - 0.25·8 = 2
    descent = GradientDescent(learning_rate=0.25)
    x = torch.full((1, 1, 1, 1), 8.0)
    state = descent.init(x)
    for expected in (4, 2, 1):
        x, state = descent.step(x, 2 * x, state)
        assert float(x) == expected


def test_gradient_descent_with_momentum_by_hand() -> None:
    # v: -4, then 0.5·-4 - 0.25·8 = -4, then 0.5·-4 - 0.25·0 = -2
    descent = GradientDescent(learning_rate=0.25, momentum=0.5)
    x = torch.full((1, 1, 1, 1), 8.0)
    state = descent.init(x)
    for expected in (4, 0, -2):
        x, state = descent.step(x, 2 * x, state)
        assert float(x) == expected


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_every_step_of_gradient_descent_is_that_of_torch(momentum: float) -> None:
    expected = torch_walk(torch.optim.SGD, coupled(), 20, lr=0.01, momentum=momentum)
    for ours, theirs in zip(walk(GradientDescent(0.01, momentum), coupled(), 20), expected, strict=True):
        assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


def test_the_deck_s_update_is_the_default() -> None:
    x = torch.tensor([5.0]).view(1, 1, 1, 1)
    moved, _ = GradientDescent().step(x, torch.full_like(x, 3.0), GradientDescent().init(x))
    assert float(moved) == 2


def test_adagrad_without_momentum_is_torchs_adagrad_of_one_step() -> None:
    """G = g²: a step of torch's, whose rate is 1 and whose eps is 1/η."""
    known = coupled()
    theirs = list(torch_walk(torch.optim.Adagrad, known, 1, lr=1.0, eps=1 / 40))
    ours = list(walk(Adagrad(learning_rate=40, momentum=0), known, 1))
    assert_close(ours[-1], theirs[-1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_every_step_of_adagrad_is_the_papers_one_number_after_the_other(momentum: float) -> None:
    known, adagrad = coupled(), Adagrad(learning_rate=30.0, momentum=momentum)
    x = known.start
    squares, velocity = torch.zeros_like(x), torch.zeros_like(x)
    for ours in list(walk(adagrad, known, 15))[1:]:
        for place in range(x.numel()):
            slope = float(known.gradient(x).flatten()[place])
            squares.view(-1)[place] = momentum * squares.view(-1)[place] + slope**2
            velocity.view(-1)[place] = momentum * velocity.view(-1)[place] - slope / (1 / 30 + squares.view(-1)[place].sqrt())
        x = x + velocity
        assert_close(ours, x, rtol=1e-9, atol=1e-9)
