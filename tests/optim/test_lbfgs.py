"""L-BFGS is torch's, without its reasons to stop."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from pincel.optim import lbfgs
from pincel.optim.lbfgs import LBFGS, LBFGSState
from tests.optim.problems import Known, bowl, coupled, rosenbrock, torch_walk, walk
from tests.tensors import assert_close, normal


@pytest.mark.parametrize("history", [1, 3, 100])
@pytest.mark.parametrize(("problem", "steps"), [(bowl, 25), (coupled, 25), (rosenbrock, 25)], ids=["bowl", "coupled", "rosenbrock"])
def test_every_step_is_that_of_torch(problem: Callable[[], Known], steps: int, history: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # All but the length of the first, which torch ties to the sum of the gradient, and our bolder scale and shorter leash.
    monkeypatch.setattr(lbfgs, "HESSIAN_FACTOR", 1.0)
    monkeypatch.setattr(lbfgs, "STEP_WITHOUT_CURVATURE", 1.0)
    monkeypatch.setattr(lbfgs, "first_length", lambda slope: min(1.0, 1.0 / max(float(slope.abs().sum()), 1e-30)))
    known = problem()
    expected = torch_walk(torch.optim.LBFGS, known, steps, lr=1, max_iter=1, history_size=history, tolerance_grad=0, tolerance_change=0)
    found = walk(LBFGS(history=history, max_step=1e9), known, steps)
    compared = 0
    for step, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        if step and torch.equal(theirs, expected[step - 1]):
            break
        assert_close(ours, theirs, rtol=1e-6, atol=1e-8, msg=f"step {step}")
        compared += 1
    assert compared >= 10


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e12])
def test_the_first_step_moves_the_most_moved_pixel_by_one_gray_level(size: float) -> None:
    gradient = size * torch.tensor([3.0, -1.0, 0.0, 4.0]).view(1, 1, 2, 2)
    moved, _ = LBFGS().step(torch.zeros(1, 1, 2, 2), gradient, LBFGSState())
    assert_close(moved, torch.tensor([-0.75, 0.25, 0.0, -1.0]).view(1, 1, 2, 2))
    half, _ = LBFGS(learning_rate=0.5).step(torch.zeros(1, 1, 2, 2), gradient, LBFGSState())
    assert_close(half, moved / 2)


def test_the_second_step_by_hand() -> None:
    # One variable, J = 2x²: from 10 the gradient 40 moves to 9, where it is 36; one pair gives the curvature 4 exactly.
    x, state = torch.full((1, 1, 1, 1), 10.0), LBFGSState()
    long = LBFGS(max_step=100)
    x, state = long.step(x, 4 * x, state)
    assert float(x) == 9
    x, state = long.step(x, 4 * x, state)
    assert float(x) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("history", [1, 2, 5])
def test_no_more_pairs_are_kept_than_asked_for(history: int) -> None:
    known, optimizer = bowl(), LBFGS(history=history)
    x, state = known.start, optimizer.init(known.start)
    counts = []
    for _ in range(8):
        x, state = optimizer.step(x, known.gradient(x), state)
        counts.append(len(state.pairs))
    assert counts == [min(step, history) for step in range(8)]


def test_the_newest_pairs_are_kept() -> None:
    known, optimizer = bowl(), LBFGS(history=2)
    x, state = known.start, optimizer.init(known.start)
    steps: list[Tensor] = []
    for _ in range(6):
        before = x
        x, state = optimizer.step(x, known.gradient(x), state)
        steps.append((x - before).reshape(-1))
    # The last step is not learned from until the gradient after it is known.
    for pair, step in zip(state.pairs, steps[-3:-1], strict=True):
        assert_close(pair.step, step)


@pytest.mark.parametrize(
    ("of_x", "of_gradient"),
    [
        (torch.contiguous_format, torch.channels_last),
        (torch.channels_last, torch.contiguous_format),
        (torch.channels_last, torch.channels_last),
    ],
    ids=["gradient", "picture", "both"],
)
def test_memory_layout_does_not_matter(of_x: torch.memory_format, of_gradient: torch.memory_format) -> None:
    known, optimizer = coupled((1, 3, 2, 3)), LBFGS()
    expected = walk(optimizer, known, 8)
    x = known.start.contiguous(memory_format=of_x)
    state = optimizer.init(x)
    for step in range(8):
        x, state = optimizer.step(x, known.gradient(x).contiguous(memory_format=of_gradient), state)
        assert_close(x, expected[step + 1])
        x = x.contiguous(memory_format=of_x)


def learned(known: Known, steps: int) -> tuple[Tensor, LBFGSState]:
    x, state = known.start, LBFGSState()
    for _ in range(steps):
        x, state = LBFGS().step(x, known.gradient(x), state)
    return x, state


def test_a_history_that_does_not_descend_is_forgotten() -> None:
    x, state = learned(bowl(), 4)
    gradient = bowl().gradient(x)
    # A pair of negative curvature, as no honest step leaves behind, turns the direction uphill.
    liar = type(state.pairs[0])(step=gradient.reshape(-1), change=-gradient.reshape(-1), inverse=-1 / gradient.square().sum())
    moved, after = LBFGS().step(x, gradient, LBFGSState(pairs=(liar,)))
    assert after.pairs == ()
    assert_close(moved, x - gradient / gradient.abs().max())


def test_a_history_that_gives_no_number_is_forgotten() -> None:
    x, state = learned(bowl(), 4)
    broken = type(state.pairs[0])(step=torch.full((60,), torch.nan).double(), change=state.pairs[0].change, inverse=state.pairs[0].inverse)
    moved, after = LBFGS().step(x, bowl().gradient(x), LBFGSState(pairs=(broken,)))
    assert after.pairs == ()
    assert bool(torch.isfinite(moved).all())


def test_a_pair_without_curvature_is_not_learned() -> None:
    # A plane: the gradient never changes.
    x, gradient, state = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2), LBFGSState()
    for place in (-1.0, -5.0, -9.0):  # one gray level, then four a step
        x, state = LBFGS().step(x, gradient, state)
        assert state.pairs == ()
        assert_close(x, torch.full((1, 1, 2, 2), place))


def test_a_history_that_leads_nowhere_is_forgotten() -> None:
    x, state = learned(bowl(), 4)
    _, state = LBFGS().step(x, bowl().gradient(x), state)
    assert state.pairs
    _, after = LBFGS().step(x, bowl().gradient(x), state)
    assert after.pairs == ()


def test_no_step_is_longer_than_asked_for() -> None:
    x, gradient = torch.zeros(1, 1, 2, 2), torch.tensor([3.0, -1.0, 0.0, 4.0]).view(1, 1, 2, 2)
    moved, _ = LBFGS(learning_rate=1000, max_step=2.5).step(x, gradient, LBFGSState())
    assert float(moved.square().mean().sqrt()) == pytest.approx(2.5)
    assert_close(moved / moved.abs().max(), -gradient / 4)


def test_it_never_stops_because_a_number_is_small() -> None:
    # torch's stops at gradients below 1e-7 and changes below 1e-9.
    known = bowl()
    x = known.minimum + 1e-9
    state = LBFGSState()
    for _ in range(3):
        moved, state = LBFGS().step(x, known.gradient(x), state)
        assert not torch.equal(moved, x)
        x = moved


def test_no_gradient_is_no_step() -> None:
    x = normal(1, 1, 2, 2)
    moved, state = LBFGS().step(x, torch.zeros_like(x), LBFGSState())
    moved, _ = LBFGS().step(moved, torch.zeros_like(x), state)
    assert torch.equal(moved, x)


def test_the_step_learned_from_is_the_distance_really_moved() -> None:
    known, optimizer = bowl(), LBFGS()
    x, state = optimizer.step(known.start, known.gradient(known.start), optimizer.init(known.start))
    elsewhere = x.clamp(-0.001, 0.001)
    _, state = optimizer.step(elsewhere, known.gradient(elsewhere), state)
    assert_close(state.pairs[-1].step, (elsewhere - known.start).reshape(-1))
    assert_close(state.pairs[-1].change, (known.gradient(elsewhere) - known.gradient(known.start)).reshape(-1))


@pytest.mark.parametrize("learning_rate", [0.25, 0.5])
def test_learning_rate_scales_the_step(learning_rate: float) -> None:
    known = bowl()
    x, state = learned(known, 3)
    full, _ = LBFGS().step(x, known.gradient(x), state)
    part, _ = LBFGS(learning_rate=learning_rate).step(x, known.gradient(x), state)
    assert_close(part - x, learning_rate * (full - x))
