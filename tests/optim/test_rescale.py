"""What an optimizer knows is worth something on a canvas of another size."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from pincel.canvas.base import Canvas
from pincel.canvas.fourier import make_fourier
from pincel.canvas.pixels import make_pixels
from pincel.engine.multiscale import canvas_change, resample
from pincel.optim.adam import Adam
from pincel.optim.base import CanvasChange, Optimizer
from pincel.optim.gradient_descent import GradientDescent
from pincel.optim.lbfgs import LBFGS, CurvaturePair, LBFGSState
from tests.optim.problems import Known, bowl, walk
from tests.tensors import assert_close, normal

ALL: list[Optimizer[Any]] = [LBFGS(), Adam(0.1), GradientDescent(0.01, 0.9)]


def same(values: Tensor) -> Tensor:
    return values


def twice(values: Tensor) -> Tensor:
    """Repeat every entry in a block of 2 by 2."""
    return values.repeat_interleave(2, 2).repeat_interleave(2, 3)


NOTHING = CanvasChange(same, same, 1.0)
DOUBLED = CanvasChange(twice, lambda values: twice(values) / 4, 0.25)


def after(optimizer: Optimizer[Any], known: Known, steps: int) -> tuple[Tensor, Any]:
    """Return where some steps lead, and the state there."""
    x, state = known.start, optimizer.init(known.start)
    for _ in range(steps):
        x, state = optimizer.step(x, known.gradient(x), state)
    return x, state


@pytest.mark.parametrize("optimizer", [Adam(0.1), GradientDescent(0.01, 0.9)], ids=str)
def test_without_a_change_the_next_step_is_the_same(optimizer: Optimizer[Any]) -> None:
    x, state = after(optimizer, bowl(), 5)
    gradient = bowl().gradient(x)
    assert torch.equal(optimizer.step(x, gradient, optimizer.rescale(state, NOTHING))[0], optimizer.step(x, gradient, state)[0])


def test_without_a_change_lbfgs_keeps_every_pair() -> None:
    _, state = after(LBFGS(), bowl(), 5)
    carried = LBFGS().rescale(state, NOTHING)
    assert len(carried.pairs) == len(state.pairs) == 4
    for ours, theirs in zip(carried.pairs, state.pairs, strict=True):
        assert torch.equal(ours.step, theirs.step)
        assert torch.equal(ours.change, theirs.change)
        assert_close(ours.inverse, theirs.inverse)
    # The last place belongs to the old canvas: no pair can be learned across the change.
    assert (carried.x, carried.gradient) == (None, None)


@pytest.mark.parametrize("optimizer", ALL, ids=str)
@pytest.mark.parametrize("steps", [0, 1, 5])
def test_nothing_given_is_written_to(optimizer: Optimizer[Any], steps: int) -> None:
    _, state = after(optimizer, bowl(), steps)
    before = repr(state)
    optimizer.rescale(state, DOUBLED)
    assert repr(state) == before


@pytest.mark.parametrize("optimizer", ALL, ids=str)
@pytest.mark.parametrize("steps", [0, 1, 5])
def test_what_is_carried_fits_the_new_canvas(optimizer: Optimizer[Any], steps: int) -> None:
    _, state = after(optimizer, bowl(), steps)
    x = torch.zeros(1, 3, 8, 10, dtype=torch.float64)
    moved, _ = optimizer.step(x, normal(1, 3, 8, 10), optimizer.rescale(state, DOUBLED))
    assert moved.shape == x.shape
    assert bool(torch.isfinite(moved).all())
    assert not torch.equal(moved, x)


def test_a_velocity_is_a_step() -> None:
    _, state = after(GradientDescent(0.01, 0.9), bowl(), 5)
    assert torch.equal(GradientDescent(0.01, 0.9).rescale(state, DOUBLED).velocity, twice(state.velocity))


def test_a_mean_gradient_shrinks_as_a_gradient_and_a_squared_one_twice() -> None:
    _, state = after(Adam(0.1), bowl(), 5)
    carried = Adam(0.1).rescale(state, DOUBLED)
    assert_close(carried.first, twice(state.first) / 4)
    assert_close(carried.second, twice(state.second) / 16)
    assert carried.steps == 5


def test_a_step_of_adam_is_as_long_on_the_new_canvas() -> None:
    # The gradient of a mean over pixels: a quarter of it on four times the pixels.
    x, state = after(Adam(0.1), bowl(), 5)
    gradient = bowl().gradient(x)
    moved, _ = Adam(0.1).step(x, gradient, state)
    finer, _ = Adam(0.1).step(twice(x), twice(gradient) / 4, Adam(0.1).rescale(state, DOUBLED))
    assert_close(finer, twice(moved), rtol=1e-6)


def test_a_squared_gradient_stays_positive_where_resampling_overshoots() -> None:
    _, state = after(Adam(0.1), bowl(), 5)
    carried = Adam(0.1).rescale(state, CanvasChange(lambda values: twice(values) - 1e9, twice, 0.25))
    assert float(carried.second.min()) == 0
    x = torch.zeros(1, 3, 8, 10, dtype=torch.float64)
    assert bool(torch.isfinite(Adam(0.1).step(x, normal(1, 3, 8, 10), carried)[0]).all())


def test_steps_and_changes_of_gradient_are_resampled_each_in_its_way() -> None:
    _, state = after(LBFGS(), bowl(), 5)
    carried = LBFGS().rescale(state, DOUBLED)
    assert len(carried.pairs) == len(state.pairs)
    for ours, theirs in zip(carried.pairs, state.pairs, strict=True):
        assert_close(ours.step, twice(theirs.step.view(1, 3, 4, 5)).flatten())
        assert_close(ours.change, twice(theirs.change.view(1, 3, 4, 5)).flatten() / 4)
        # A quarter of the change on four times the pixels: the curvature is what it was.
        assert_close(ours.inverse, theirs.inverse)


def made_pair(step: Tensor, change: Tensor) -> CurvaturePair:
    return CurvaturePair(step.flatten(), change.flatten(), 1 / torch.dot(step.flatten(), change.flatten()))


def test_pairs_without_positive_curvature_are_dropped_and_the_others_keep_their_order() -> None:
    steps = [normal(1, 1, 2, 2, seed=seed) for seed in range(5)]
    state = LBFGSState(tuple(made_pair(step, step) for step in steps), shape=(1, 1, 2, 2))

    def turned(values: Tensor) -> Tensor:
        """Resample the first and the fourth as if they curved down, or not at all a number."""
        if torch.equal(values, steps[0]):
            return -values
        return values * math.nan if torch.equal(values, steps[3]) else values

    carried = LBFGS().rescale(state, CanvasChange(same, turned, 1.0))
    assert len(carried.pairs) == 3
    for pair, step in zip(carried.pairs, (steps[1], steps[2], steps[4]), strict=True):
        assert_close(pair.step, step.flatten())


def test_a_pair_of_no_curvature_at_all_is_dropped() -> None:
    step, other = normal(1, 1, 2, 2, seed=1), normal(1, 1, 2, 2, seed=2)
    state = LBFGSState((made_pair(step, step), made_pair(other, other)), shape=(1, 1, 2, 2))
    change = CanvasChange(same, lambda values: torch.zeros_like(values) if torch.equal(values, step) else values, 1.0)
    carried = LBFGS().rescale(state, change)
    assert len(carried.pairs) == 1


def test_what_was_carried_once_can_be_carried_again() -> None:
    # As where a scale has nothing to do: its gradient is zero at the start.
    _, state = after(LBFGS(), bowl(), 5)
    again = LBFGS().rescale(LBFGS().rescale(state, DOUBLED), DOUBLED)
    assert again.pairs[0].step.numel() == 16 * state.pairs[0].step.numel()


def test_the_first_direction_on_the_new_canvas_descends() -> None:
    _, state = after(LBFGS(), bowl(), 8)
    carried = LBFGS().rescale(state, DOUBLED)
    finer = bowl(shape=(1, 3, 8, 10))
    for seed in range(10, 15):
        x = normal(1, 3, 8, 10, seed=seed)
        gradient = finer.gradient(x)
        moved, kept = LBFGS().step(x, gradient, carried)
        assert float(((moved - x) * gradient).sum()) < 0
        # The history was used for it, not forgotten.
        assert kept.pairs == carried.pairs
        plain, _ = LBFGS().step(x, gradient, LBFGS().init(x))
        assert not torch.allclose(moved, plain)


# --- a quadratic that is the same at every size -----------------------------------------------------------------------------------------


def smooth(size: tuple[int, int], seed: int) -> Tensor:
    down, across = ((torch.arange(length, dtype=torch.float64) + 0.5) / length for length in size)
    rows, columns = (torch.stack([torch.cos(math.pi * wave * places) for wave in range(4)]) for places in (down, across))
    return torch.einsum("cab,ah,bw->chw", normal(3, 4, 4, seed=seed), rows, columns)[None]


def canvas_of(kind: str, size: tuple[int, int]) -> Canvas:
    # As the second and the third scale of a climb have them.
    return make_fourier(255.0, size, band_limit=0.25) if kind == "fourier" else make_pixels(255.0, size)


def terrain(kind: str, size: tuple[int, int]) -> Known:
    """Return mean h (p - c)² of the picture p a canvas stands for: h from 1 to some hundreds, c smooth."""
    canvas = canvas_of(kind, size)
    curvature, wanted = smooth(size, 1).exp(), 20 * smooth(size, 2)
    start = canvas.encode(torch.zeros_like(wanted))
    return Known(lambda x: (curvature * (canvas.pixels(x) - wanted).square()).mean(), start, canvas.encode(wanted))


def steps_to(known: Known, optimizer: Optimizer[Any], x: Tensor, state: Any, goal: float) -> int:
    """Count the steps to a value."""
    for step in range(400):
        if float(known.value(x)) <= goal:
            return step
        x, state = optimizer.step(x, known.gradient(x), state)
    return 400


OLD, NEW = (12, 16), (24, 32)


@pytest.mark.parametrize("kind", ["pixels", "fourier"])
def test_lbfgs_arrives_sooner_with_what_it_learned_on_a_coarser_canvas(kind: str) -> None:
    coarse, fine = terrain(kind, OLD), terrain(kind, NEW)
    before, beyond = (canvas_of(kind, size) for size in (OLD, NEW))
    optimizer = LBFGS()
    x, state = after(optimizer, coarse, 25)
    goal = 1e-3 * float(fine.value(fine.start))
    # From the very start once more, and from where the coarse canvas ended.
    for place in (fine.start, beyond.encode(resample(before.pixels(x), NEW))):
        goal = min(goal, 1e-2 * float(fine.value(place)))
        carried = optimizer.rescale(state, canvas_change(before, beyond, OLD, NEW))
        knowing = steps_to(fine, optimizer, place, carried, goal)
        fresh = steps_to(fine, optimizer, place, optimizer.init(place), goal)
        assert knowing < fresh < 400


@pytest.mark.parametrize("optimizer", [Adam(0.5), GradientDescent(0.05, 0.9), LBFGS()], ids=str)
def test_a_coarser_canvas_first_saves_steps_on_the_finer(optimizer: Optimizer[Any]) -> None:
    coarse, fine = terrain("pixels", OLD), terrain("pixels", NEW)
    before, beyond = make_pixels(255.0, OLD), make_pixels(255.0, NEW)
    x, state = after(optimizer, coarse, 40)
    carried = optimizer.rescale(state, canvas_change(before, beyond, OLD, NEW))
    goal = 0.1 * float(fine.value(fine.start))
    fresh = steps_to(fine, optimizer, fine.start, optimizer.init(fine.start), goal)
    assert steps_to(fine, optimizer, resample(x, NEW), carried, goal) < fresh < 400


def test_there_and_back_a_velocity_survives() -> None:
    velocity = smooth(NEW, 3)
    there, back = (canvas_change(make_pixels(255.0, a), make_pixels(255.0, b), a, b) for a, b in ((NEW, OLD), (OLD, NEW)))
    descent = GradientDescent(0.1, 0.9)
    state = replace(descent.init(velocity), velocity=velocity)
    returned = descent.rescale(descent.rescale(state, there), back).velocity
    assert float((returned - velocity).norm() / velocity.norm()) < 0.05


def test_walks_are_what_they_were() -> None:
    # The helper above walks as that of the other tests.
    assert torch.equal(after(LBFGS(), bowl(), 5)[0], walk(LBFGS(), bowl(), 5)[-1])
