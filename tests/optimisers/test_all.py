"""What holds for every optimiser, with and without a clamp, and how they are made from options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from pincel.errors import OptionError, UnknownNameError
from pincel.optimisers import OPTIMISERS
from pincel.optimisers.adam import Adam
from pincel.optimisers.base import Optimiser, make_optimiser
from pincel.optimisers.clamp import Clamped
from pincel.optimisers.gradient_descent import GradientDescent
from pincel.optimisers.lbfgs import LBFGS
from tests.optimisers.problems import Between, Known, bowl, coupled, rosenbrock, walk
from tests.tensors import assert_close

# With how near 400 steps lead. Adam at a constant rate hovers about the minimum.
NEAR: list[tuple[Optimiser[Any], float]] = [
    (LBFGS(history=10), 1e-6),
    (Adam(0.1), 0.05),
    (GradientDescent(0.03), 0.02),
    (GradientDescent(0.01, 0.9), 1e-4),
    (Clamped(LBFGS(history=10), Between(-5, 5)), 1e-6),
]
ALL = [optimiser for optimiser, _ in NEAR]


@pytest.mark.parametrize(("optimiser", "tolerance"), NEAR, ids=str)
@pytest.mark.parametrize("problem", [bowl, coupled, rosenbrock])
def test_it_finds_the_minimum(problem: Callable[[], Known], optimiser: Optimiser[Any], tolerance: float) -> None:
    known = problem()
    end = walk(optimiser, known, 400)[-1]
    assert float((end - known.minimum).abs().max()) < tolerance


@pytest.mark.parametrize("problem", [bowl, coupled, rosenbrock])
def test_lbfgs_finds_it_with_the_precision_of_the_arithmetic(problem: Callable[[], Known]) -> None:
    known = problem()
    assert float((walk(LBFGS(), known, 80)[-1] - known.minimum).abs().max()) < 1e-6


@pytest.mark.parametrize("optimiser", ALL, ids=str)
def test_nothing_given_is_written_to(optimiser: Optimiser[Any]) -> None:
    known = bowl()
    x, state = known.start.clone(), optimiser.start(known.start)
    for _ in range(4):
        gradient = known.gradient(x)
        before = x.clone(), gradient.clone(), repr(state)
        moved, after = optimiser.step(x, gradient, state)
        assert moved is not x
        assert torch.equal(x, before[0])
        assert torch.equal(gradient, before[1])
        assert repr(state) == before[2]
        x, state = moved, after


@pytest.mark.parametrize("optimiser", ALL, ids=str)
def test_the_same_state_leads_to_the_same_place(optimiser: Optimiser[Any]) -> None:
    known = coupled()
    x, state = known.start, optimiser.start(known.start)
    for _ in range(3):
        x, state = optimiser.step(x, known.gradient(x), state)
    first, second = (optimiser.step(x, known.gradient(x), state)[0] for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("optimiser", ALL, ids=str)
def test_shape_and_precision_are_kept(optimiser: Optimiser[Any]) -> None:
    x = torch.ones(1, 3, 4, 5)
    state = optimiser.start(x)
    for _ in range(3):
        x, state = optimiser.step(x, 0.1 * x, state)
    assert x.shape == (1, 3, 4, 5)
    assert x.dtype == torch.float32


@pytest.mark.parametrize(
    ("inner", "steps", "tolerance"),
    [(LBFGS(history=10), 120, 1e-6), (LBFGS(history=100), 400, 2e-3), (Adam(0.1), 150, 0.05), (GradientDescent(0.05, 0.5), 200, 1e-4)],
    ids=str,
)
def test_a_clamp_keeps_every_step_inside_and_still_finds_the_minimum(inner: Optimiser[Any], steps: int, tolerance: float) -> None:
    # Many entries of the free minimum lie outside: there the best is the bound itself.
    known = bowl()
    places = walk(Clamped(inner, Between(-0.5, 0.5)), known, steps)
    outside = known.minimum.abs() > 0.5
    assert 10 < int(outside.sum()) < 50
    assert all(float(place.min()) >= -0.5 and float(place.max()) <= 0.5 for place in places[1:])
    assert_close(places[-1], known.minimum.clamp(-0.5, 0.5), rtol=0, atol=tolerance)


def test_a_clamp_damps_as_the_inner_optimiser() -> None:
    inner = LBFGS()
    clamped = Clamped(inner, Between(0, 1))
    state = clamped.start(torch.zeros(1, 1, 1, 1))
    assert state == inner.start(torch.zeros(1, 1, 1, 1))
    assert clamped.damped(state) == inner.damped(state)


def test_made_from_options() -> None:
    assert make_optimiser(LBFGS, None, {}) == LBFGS()
    assert make_optimiser(LBFGS, 0.5, {"history": "20"}) == LBFGS(0.5, 20)
    assert make_optimiser(Adam, None, {"beta1": "0.8", "eps": 1}) == Adam(beta1=0.8, eps=1)
    assert make_optimiser(GradientDescent, 2, {"momentum": 0.9}) == GradientDescent(2, 0.9)


def test_a_whole_number_stays_one() -> None:
    made = make_optimiser(LBFGS, None, {"history": "1e2"})
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
        make_optimiser(OPTIMISERS[name], None, {key: 1})


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
        make_optimiser(OPTIMISERS[name], None, options)


@pytest.mark.parametrize("name", list(OPTIMISERS))
@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_bad_learning_rate_is_told(name: str, rate: float) -> None:
    with pytest.raises(OptionError, match=rf"^Learning rate must be above 0, not {rate:g}\.$"):
        make_optimiser(OPTIMISERS[name], rate, {})
