"""What holds for every optimizer, with and without bounds, and how they are made from options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from pincel.errors import OptionError, UnknownNameError
from pincel.optim import OPTIMIZERS
from pincel.optim.adagrad import Adagrad
from pincel.optim.adam import Adam
from pincel.optim.base import Optimizer, make_optimizer
from pincel.optim.gradient_descent import GradientDescent
from pincel.optim.lbfgs import LBFGS
from tests.optim.problems import Between, Known, bowl, coupled, rosenbrock, walk
from tests.tensors import assert_close

# With how near 400 steps lead. Adam at a constant rate hovers about the minimum.
NEAR: list[tuple[Optimizer[Any], float]] = [
    (LBFGS(history=10), 1e-6),
    (Adam(0.1), 0.05),
    (GradientDescent(0.03), 0.02),
    (GradientDescent(0.01, 0.9), 1e-4),
]
ALL = [optimizer for optimizer, _ in NEAR]


@pytest.mark.parametrize(("optimizer", "tolerance"), NEAR, ids=str)
@pytest.mark.parametrize("problem", [bowl, coupled, rosenbrock])
def test_it_finds_the_minimum(problem: Callable[[], Known], optimizer: Optimizer[Any], tolerance: float) -> None:
    known = problem()
    end = walk(optimizer, known, 400)[-1]
    assert float((end - known.minimum).abs().max()) < tolerance


@pytest.mark.parametrize("problem", [bowl, coupled, rosenbrock])
def test_lbfgs_finds_it_with_the_precision_of_the_arithmetic(problem: Callable[[], Known]) -> None:
    known = problem()
    assert float((walk(LBFGS(), known, 80)[-1] - known.minimum).abs().max()) < 1e-6


@pytest.mark.parametrize("optimizer", ALL, ids=str)
def test_nothing_given_is_written_to(optimizer: Optimizer[Any]) -> None:
    known = bowl()
    x, state = known.start.clone(), optimizer.init(known.start)
    for _ in range(4):
        gradient = known.gradient(x)
        before = x.clone(), gradient.clone(), repr(state)
        moved, after = optimizer.step(x, gradient, state)
        assert moved is not x
        assert torch.equal(x, before[0])
        assert torch.equal(gradient, before[1])
        assert repr(state) == before[2]
        x, state = moved, after


@pytest.mark.parametrize("optimizer", ALL, ids=str)
def test_the_same_state_leads_to_the_same_place(optimizer: Optimizer[Any]) -> None:
    known = coupled()
    x, state = known.start, optimizer.init(known.start)
    for _ in range(3):
        x, state = optimizer.step(x, known.gradient(x), state)
    first, second = (optimizer.step(x, known.gradient(x), state)[0] for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("optimizer", ALL, ids=str)
def test_shape_and_precision_are_kept(optimizer: Optimizer[Any]) -> None:
    x = torch.ones(1, 3, 4, 5)
    state = optimizer.init(x)
    for _ in range(3):
        x, state = optimizer.step(x, 0.1 * x, state)
    assert x.shape == (1, 3, 4, 5)
    assert x.dtype == torch.float32


@pytest.mark.parametrize(
    ("inner", "steps", "tolerance"),
    [(LBFGS(history=10), 120, 1e-6), (LBFGS(history=100), 400, 2e-3), (Adam(0.1), 150, 0.05), (GradientDescent(0.05, 0.5), 200, 1e-4)],
    ids=str,
)
def test_within_bounds_it_still_finds_the_minimum(inner: Optimizer[Any], steps: int, tolerance: float) -> None:
    # Many entries of the free minimum lie outside: there the best is the bound itself.
    known = bowl()
    places = walk(inner, known, steps, Between(-0.5, 0.5))
    outside = known.minimum.abs() > 0.5
    assert 10 < int(outside.sum()) < 50
    assert all(float(place.min()) >= -0.5 and float(place.max()) <= 0.5 for place in places[1:])
    assert_close(places[-1], known.minimum.clamp(-0.5, 0.5), rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_step_scale_is_a_factor_of_the_learning_rate(name: str) -> None:
    known, optimizer = bowl(), make_optimizer(name, 0.4, {})
    half = make_optimizer(name, 0.2, {})
    gradient, state = known.gradient(known.start), optimizer.init(known.start)
    scaled, _ = optimizer.step(known.start, gradient, state, 0.5)
    if name == "adagrad":
        # The rate of AdaGrad is within the root of its sum.
        full, _ = optimizer.step(known.start, gradient, state)
        assert_close(scaled - known.start, (full - known.start) / 2)
    else:
        assert torch.equal(scaled, half.step(known.start, gradient, state)[0])


def test_an_optimizer_without_a_history_has_nothing_to_shorten() -> None:
    for optimizer in (Adam(), GradientDescent(), Adagrad()):
        state: Any = optimizer.init(torch.zeros(1, 3, 2, 2))
        assert optimizer.reduce_memory() is None
        assert optimizer.truncate(state) is state


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_memory_is_at_least_that_of_the_tensors_in_the_state(name: str) -> None:
    optimizer = make_optimizer(name, None, {})
    x, state = torch.zeros(1, 3, 4, 5), optimizer.init(torch.zeros(1, 3, 4, 5))
    for step in range(6):
        x, state = optimizer.step(x, x - 1 + 0.1 * step, state)
        tensors = [value for value in vars(state).values() if isinstance(value, torch.Tensor)]
        pairs = 2 * len(getattr(state, "pairs", ()))
        assert len(tensors) + pairs <= optimizer.memory(step + 1).state


def test_made_from_options() -> None:
    assert make_optimizer("lbfgs", None, {}) == LBFGS()
    assert make_optimizer("lbfgs", 0.5, {"history": "20"}) == LBFGS(0.5, 20)
    assert make_optimizer("adam", None, {"beta1": "0.8", "eps": 1}) == Adam(beta1=0.8, eps=1)
    assert make_optimizer("gradient-descent", 2, {"momentum": 0.9}) == GradientDescent(2, 0.9)


def test_a_whole_number_stays_one() -> None:
    made = make_optimizer("lbfgs", None, {"history": "1e2"})
    assert isinstance(made, LBFGS)
    assert made.history == 100
    assert isinstance(made.history, int)


@pytest.mark.parametrize(
    ("name", "key", "listed"),
    [
        ("lbfgs", "histroy", r"^Unknown LBFGS option 'histroy' \(known: history, max_step\)\. Did you mean 'history'\?$"),
        ("adam", "momentum", r"^Unknown Adam option 'momentum' \(known: beta1, beta2, eps\)\."),
        ("gradient-descent", "beta1", r"^Unknown GradientDescent option 'beta1' \(known: momentum\)\."),
        # It has an option of its own.
        ("adam", "learning_rate", "^Unknown Adam option 'learning_rate' "),
    ],
)
def test_an_unknown_option_is_told_with_those_known(name: str, key: str, listed: str) -> None:
    with pytest.raises(UnknownNameError, match=listed):
        make_optimizer(name, None, {key: 1})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("lbfgs", {"history": "many"}, r"^LBFGS option history must be a number, not 'many'\.$"),
        ("lbfgs", {"history": 2.5}, r"^LBFGS option history must be a whole number, not '2\.5'\.$"),
        ("lbfgs", {"history": "inf"}, r"^LBFGS option history must be a whole number, not 'inf'\.$"),
        ("lbfgs", {"history": 0}, r"^LBFGS option history must be at least 1, not 0\.$"),
        ("adam", {"beta1": 1}, r"^Adam option beta1 must be at least 0 and below 1, not 1\.$"),
        ("adam", {"beta2": -0.1}, r"^Adam option beta2 must be at least 0 and below 1, not -0\.1\.$"),
        ("adam", {"eps": "nan"}, r"^Adam option eps must be a finite number, not 'nan'\.$"),
        ("adam", {"eps": -1}, r"^Adam option eps must be at least 0, not -1\.$"),
        ("gradient-descent", {"momentum": 1}, r"^GradientDescent option momentum must be at least 0 and below 1, not 1\.$"),
        ("gradient-descent", {"momentum": ""}, r"^GradientDescent option momentum must be a number, not ''\.$"),
    ],
)
def test_a_bad_value_is_told_with_what_is_accepted(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make_optimizer(name, None, options)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_bad_learning_rate_is_told(name: str, rate: float) -> None:
    with pytest.raises(OptionError, match=rf"^Learning rate must be above 0, not {rate:g}\.$"):
        make_optimizer(name, rate, {})
