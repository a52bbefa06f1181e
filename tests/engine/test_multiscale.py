"""A ladder lays out scales; a climb goes over them, coarse to fine, and takes along picture and state."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, cast

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from pincel.canvas.base import Canvas
from pincel.canvas.fourier import make_fourier
from pincel.canvas.pixels import PixelCanvas, make_pixels
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Event, Notice, ScaleStart, Step, Stopped
from pincel.engine.loop import MAX_FAILURES, WINDOW
from pincel.engine.multiscale import MultiScaleLoop, Scale, canvas_change, make_scales, resample
from pincel.errors import DivergedError
from pincel.optim import OPTIMIZERS
from pincel.optim.adam import Adam
from pincel.optim.base import CanvasChange, Optimizer, make_optimizer
from pincel.optim.gradient_descent import GradientDescent
from pincel.optim.lbfgs import LBFGS
from tests.engine.toys import Toy, sorted_out
from tests.tensors import assert_close, normal, picture

# --- scales ------------------------------------------------------------------------------------------------------------------------------

SIZES = st.tuples(st.integers(1, 600), st.integers(1, 600))
LADDERS = st.lists(st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 10)), max_size=5, unique_by=lambda scale: scale[0])


@given(SIZES, st.integers(0, 500), LADDERS, st.integers(1, 100))
def test_the_full_size_comes_last_with_exactly_the_steps_asked_for(
    size: tuple[int, int], steps: int, ladder: list[tuple[float, float]], smallest: int
) -> None:
    *coarse, last = make_scales(size, steps, ladder, smallest=smallest, tolerance=0.01)
    assert last == Scale(1.0, size, steps, 0.0)
    assert all(scale.fraction < 1 for scale in coarse)


@given(SIZES, st.integers(0, 500), LADDERS, st.integers(1, 100))
def test_sizes_grow(size: tuple[int, int], steps: int, ladder: list[tuple[float, float]], smallest: int) -> None:
    laid = make_scales(size, steps, ladder, smallest=smallest, tolerance=0.01)
    assume(len({(round(size[0] * share), round(size[1] * share)) for share, _ in ladder}) == len(ladder))
    for before, after in pairwise(laid):
        assert before.fraction < after.fraction
        assert before.size != after.size
        assert before.size[0] <= after.size[0]
        assert before.size[1] <= after.size[1]


@given(SIZES, st.integers(0, 500), LADDERS, st.integers(1, 100))
def test_a_coarse_scale_is_a_share_of_the_size_with_a_multiple_of_the_steps(
    size: tuple[int, int], steps: int, ladder: list[tuple[float, float]], smallest: int
) -> None:
    multiples = dict(ladder)
    *coarse, _ = make_scales(size, steps, ladder, smallest=smallest, tolerance=0.01)
    for scale in coarse:
        assert scale.size == (round(size[0] * scale.fraction), round(size[1] * scale.fraction))
        assert scale.steps == round(multiples[scale.fraction] * steps) > 0
        assert min(scale.size) >= smallest
        assert scale.tolerance == 0.01


@given(SIZES, st.integers(1, 500), LADDERS, st.integers(1, 100))
def test_nothing_is_left_out_without_a_reason(size: tuple[int, int], steps: int, ladder: list[tuple[float, float]], smallest: int) -> None:
    kept = {scale.size for scale in make_scales(size, steps, ladder, smallest=smallest, tolerance=0.01)}
    for share, multiple in ladder:
        coarse = (round(size[0] * share), round(size[1] * share))
        assert coarse in kept or min(coarse) < smallest or round(multiple * steps) == 0


@given(SIZES, st.integers(0, 500), LADDERS, st.integers(1, 100), st.randoms(use_true_random=False))
def test_the_order_of_the_ladder_does_not_matter(
    size: tuple[int, int], steps: int, ladder: list[tuple[float, float]], smallest: int, chance: Any
) -> None:
    shuffled = list(ladder)
    chance.shuffle(shuffled)
    asked = {"smallest": smallest, "tolerance": 0.01}
    assert make_scales(size, steps, shuffled, **asked) == make_scales(size, steps, ladder, **asked)  # type: ignore[arg-type]


def test_a_ladder_by_hand() -> None:
    assert make_scales((384, 513), 30, [(0.5, 0.5), (0.25, 2), (0.1, 9)], smallest=64, tolerance=0.02) == [
        Scale(0.25, (96, 128), 60, 0.02, coarse=True),
        Scale(0.5, (192, 256), 15, 0.02, coarse=True),
        Scale(1.0, (384, 513), 30),
    ]


@pytest.mark.parametrize(
    ("size", "steps", "ladder"),
    [
        ((512, 512), 30, []),
        ((100, 512), 30, [(0.5, 2.0)]),
        ((512, 512), 0, [(0.5, 2.0)]),
        ((512, 512), 1, [(0.5, 0.4)]),
        ((512, 512), 30, [(0.9999, 2.0)]),
    ],
    ids=["no ladder", "too small", "no steps", "no steps on the coarse scale", "as good as full size"],
)
def test_what_is_worth_no_scale_leaves_the_full_size_alone(size: tuple[int, int], steps: int, ladder: list[tuple[float, float]]) -> None:
    assert make_scales(size, steps, ladder, smallest=64, tolerance=0.01) == [Scale(1.0, size, steps)]


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.5001)])
def test_two_shares_of_one_size_are_one_scale(shares: tuple[float, float]) -> None:
    laid = make_scales((256, 256), 10, [(share, 1.0) for share in shares], smallest=64, tolerance=0.0)
    assert [scale.size for scale in laid] == [(128, 128), (256, 256)]


# --- the climb --------------------------------------------------------------------------------------------------------------------------

QUARTER, HALF, FULL = Scale(0.25, (2, 3), 4), Scale(0.5, (4, 6), 3), Scale(1.0, (8, 12), 2)
LADDER = [QUARTER, HALF, FULL]


def enlarged(before: Tensor, scale: Scale) -> Tensor:
    return resample(before, scale.size)


@dataclass
class Toys:
    """One toy a scale, made when its turn comes."""

    make: Callable[[Scale], Toy] = lambda _: Toy()
    made: list[tuple[Scale, Toy]] = field(default_factory=list)

    def __call__(self, scale: Scale, _start: Tensor) -> Evaluator:
        """Make the toy of a scale."""
        toy = self.make(scale)
        self.made.append((scale, toy))
        return cast("Evaluator", toy)


def climb_over(
    ladder: Sequence[Scale] = LADDER,
    optimizer: Optimizer[Any] | None = None,
    toys: Toys | None = None,
    finer: Callable[[Tensor, Scale], Tensor] = enlarged,
    value: float = 3.0,
) -> MultiScaleLoop:
    """Return a climb over toys, from a picture of one color."""
    start = torch.full((1, 3, *ladder[0].size), value)
    return MultiScaleLoop(ladder, toys or Toys(), lambda *_: optimizer or GradientDescent(0.5), start, finer)


def visited(place: list[Tensor]) -> Callable[[Scale], Toy]:
    """Return how to make toys that note the gradient x - 1 wherever they are asked."""

    def spoil(_: int, total: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        place.append(slope + 1)
        return total, slope

    return lambda _: Toy(spoil)


def test_every_scale_is_told_and_all_its_steps() -> None:
    events = list(climb_over())
    told = [event for event in events if isinstance(event, ScaleStart)]
    assert told == [ScaleStart(1, 3, (2, 3), 4), ScaleStart(2, 3, (4, 6), 3), ScaleStart(3, 3, (8, 12), 2)]
    steps, notices, end = sorted_out(events)
    assert notices == []
    assert [(event.scale, event.step, event.steps) for event in steps] == [
        (scale.size, step, scale.steps) for scale in LADDER for step in range(scale.steps + 1)
    ]
    assert (end.reason, end.step, end.best_step) == ("steps", 2, 2)


def test_a_scale_is_told_before_its_first_step() -> None:
    size = None
    for event in climb_over():
        if isinstance(event, ScaleStart):
            size = event.size
        elif isinstance(event, Step):
            assert event.scale == size


def test_a_single_scale_is_no_scale_worth_telling() -> None:
    events = list(climb_over([FULL]))
    assert [type(event) for event in events] == [Step, Step, Step, Stopped]


def test_a_problem_is_made_when_its_turn_comes() -> None:
    toys = Toys()
    climb = climb_over(toys=toys)
    assert toys.made == []
    for event in climb:
        if isinstance(event, ScaleStart):
            assert len(toys.made) == event.index - 1
    assert [scale for scale, _ in toys.made] == LADDER
    # One evaluation for each step, and no gradient where a scale ends.
    assert [(toy.looks, toy.gradients) for _, toy in toys.made] == [(5, 4), (4, 3), (3, 2)]


def test_what_happened_on_each_scale_is_kept() -> None:
    climb = climb_over()
    list(climb)
    assert [result.scale for result in climb.results] == LADDER
    assert [result.stopped for result in climb.results] == [Stopped("steps", 4, 4), Stopped("steps", 3, 3), Stopped("steps", 2, 2)]
    assert all(result.seconds >= 0 for result in climb.results)


def test_a_scale_starts_where_the_best_of_the_one_before_is() -> None:
    # Adam overshoots from 3 by 1.5 a step: the best comes before the last.
    seen: list[Tensor] = []
    handed: list[Tensor] = []

    def finer(before: Tensor, scale: Scale) -> Tensor:
        handed.append(before)
        return resample(before, scale.size)

    climb = climb_over([QUARTER, FULL], Adam(1.5), Toys(visited(seen)), finer)
    totals = {event.step: event.total for event in climb if isinstance(event, Step) and event.scale == QUARTER.size}
    best = min(totals, key=lambda step: totals[step])
    assert 0 < best < QUARTER.steps
    assert_close(handed[0], seen[best])
    assert_close(seen[QUARTER.steps + 1], resample(seen[best], FULL.size))


@pytest.mark.parametrize("make", [make_pixels, make_fourier], ids=["pixels", "fourier"])
def test_the_picture_is_handed_on_whatever_the_canvas(make: Callable[[float, tuple[int, int]], Canvas]) -> None:
    def toy(scale: Scale) -> Toy:
        return Toy(canvas=cast("PixelCanvas", make(255.0, scale.size)))

    shown: list[Tensor] = []
    start = picture(*QUARTER.size)
    climb = MultiScaleLoop([replace(scale, steps=0) for scale in LADDER], Toys(toy), lambda *_: Adam(), start, enlarged)
    for event in climb:
        if isinstance(event, Step):
            shown.append(event.preview())
            assert climb.picture.shape[-2:] == event.scale == climb.size
    expected = start
    for scale, image in zip(LADDER, shown, strict=True):
        expected = resample(expected, scale.size)
        assert_close(image, (expected / 255).clamp(0, 1), atol=1e-4)


def test_the_picture_can_be_read_at_any_time() -> None:
    climb = climb_over()
    assert climb.best is None
    assert climb.size == QUARTER.size
    assert_close(climb.picture, torch.full((1, 3, 2, 3), 3.0))
    for event in climb:
        assert bool(torch.isfinite(climb.picture).all())
        if isinstance(event, Step):
            assert climb.picture.shape == (1, 3, *event.scale)
            assert climb.size == event.scale
            assert climb.best is not None
    assert climb.picture.shape == (1, 3, *FULL.size)


@dataclass(frozen=True)
class Recording(Optimizer[tuple[str, int]]):
    """Gradient descent that notes what it is asked for; its state says on which canvas it was made, and how many steps it knows."""

    size: tuple[int, int]
    log: list[Any]

    def init(self, x: Tensor) -> tuple[str, int]:
        """Begin."""
        self.log.append(("init", tuple(x.shape[-2:])))
        return f"{x.shape[-2]}x{x.shape[-1]}", 0

    def step(self, x: Tensor, grad: Tensor, state: tuple[str, int], step_scale: float = 1.0) -> tuple[Tensor, tuple[str, int]]:
        """Move a little."""
        return x - 0.1 * grad, (state[0], state[1] + 1)

    def rescale(self, state: tuple[str, int], change: CanvasChange) -> tuple[str, int]:
        """Note what comes along."""
        self.log.append(("rescale", self.size, state, change.ratio))
        return state[0] + " and on", state[1]


def test_the_state_of_the_last_step_is_carried_to_the_next_scale() -> None:
    log: list[Any] = []
    sizes = iter(scale.size for scale in LADDER)
    climb = MultiScaleLoop(LADDER, Toys(), lambda *_: Recording(next(sizes), log), torch.full((1, 3, 2, 3), 3.0), enlarged)
    list(climb)
    # Four steps of the first scale, then three more; each carried once, by the optimizer of the new canvas.
    assert log == [
        ("init", (2, 3)),
        ("rescale", (4, 6), ("2x3", 4), 0.25),
        ("rescale", (8, 12), ("2x3 and on", 7), 0.25),
    ]


def test_with_a_reset_the_optimizer_begins_anew_on_each_scale() -> None:
    log: list[Any] = []
    toys = Toys(lambda scale: Toy(nan_at(2)) if scale is QUARTER else Toy())
    start = torch.full((1, 3, 2, 3), 3.0)
    climb = MultiScaleLoop(LADDER, toys, lambda scale: Recording(scale.size, log), start, enlarged, reset=True)
    scales = {event.scale: climb.state.loop.step_scale for event in climb if isinstance(event, Step)}
    assert log == [("init", size) for size in ((2, 3), (2, 3), (4, 6), (8, 12))]
    assert list(scales.values()) == [0.5, 1.0, 1.0]


def test_a_reduced_step_size_is_taken_along() -> None:
    toys = Toys(lambda scale: Toy(nan_at(2)) if scale is QUARTER else Toy())
    climb = climb_over(toys=toys, optimizer=GradientDescent(0.1))
    scales = {event.scale: climb.state.loop.step_scale for event in climb if isinstance(event, Step)}
    assert list(scales.values()) == [0.5, 0.5, 0.5]


def ends(reason: str) -> tuple[Scale, Optimizer[Any]]:
    """Return a coarse scale, and how to leave it for a reason."""
    return {
        "steps": (QUARTER, GradientDescent(0.5)),
        "settled": (Scale(0.25, (2, 3), 100, tolerance=0.5), GradientDescent(1e-3)),
        "stationary": (Scale(0.25, (2, 3), 100), GradientDescent(1.0)),
    }[reason]


@pytest.mark.parametrize("reason", ["steps", "settled", "stationary"])
def test_these_reasons_lead_to_the_next_scale(reason: str) -> None:
    scale, optimizer = ends(reason)
    climb = climb_over([scale, FULL], optimizer)
    events = list(climb)
    assert climb.results[0].stopped.reason == reason
    assert len(climb.results) == 2
    assert climb.size == FULL.size
    assert sorted_out(events)[2] == climb.results[-1].stopped


def test_tolerance_is_that_of_the_scale() -> None:
    settling = Scale(0.25, (2, 3), 100, tolerance=0.5)
    climb = climb_over([settling, Scale(1.0, (8, 12), 15)], GradientDescent(1e-3))
    list(climb)
    assert [(c.stopped.reason, c.stopped.step) for c in climb.results] == [("settled", WINDOW), ("steps", 15)]


def nan_from(look: int) -> Callable[[int, Tensor, Tensor], tuple[Tensor, Tensor]]:
    return lambda number, total, slope: (total * math.nan if number >= look else total, slope)


def nan_at(look: int) -> Callable[[int, Tensor, Tensor], tuple[Tensor, Tensor]]:
    return lambda number, total, slope: (total * math.nan if number == look else total, slope)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_step_of_a_coarse_scale_that_led_nowhere_is_taken_back(name: str) -> None:
    toys = Toys(lambda scale: Toy(nan_at(2)) if scale is QUARTER else Toy())
    climb = climb_over(optimizer=make_optimizer(name, 0.3, {}), toys=toys)
    steps, notices, end = sorted_out(list(climb))
    assert [notice.text for notice in notices] == ["Step 2 led to a total of nan: back to step 1, with half the step size."]
    assert all(math.isfinite(event.total) for event in steps)
    assert end.reason == "steps"
    assert climb.picture.shape[-2:] == FULL.size
    assert bool(torch.isfinite(climb.picture).all())
    # A mean over pixels, to compare the sizes.
    assert steps[-1].total / 96 < steps[0].total / 6


@pytest.mark.parametrize("spoilt", [0, 1, 2])
def test_a_scale_whose_every_step_leads_nowhere_ends_the_run_with_a_finite_picture(spoilt: int) -> None:
    toys = Toys(lambda scale: Toy(nan_from(1)) if scale is LADDER[spoilt] else Toy())
    climb = climb_over(toys=toys)
    _, notices, end = sorted_out(list(climb))
    assert len(notices) == MAX_FAILURES
    assert (end.reason, end.best_step) == ("diverged", 0)
    assert len(climb.results) == spoilt + 1
    assert climb.size == LADDER[spoilt].size
    assert bool(torch.isfinite(climb.picture).all())


def test_a_first_scale_that_cannot_begin_is_an_error() -> None:
    climb = climb_over(toys=Toys(lambda _: Toy(nan_from(0))))
    with pytest.raises(DivergedError, match="at the start"):
        list(climb)
    assert bool(torch.isfinite(climb.picture).all())


@pytest.mark.parametrize("spoilt", [1, 2])
def test_a_later_scale_that_cannot_begin_keeps_the_picture_of_the_one_before(spoilt: int) -> None:
    climb = climb_over(toys=Toys(lambda scale: Toy(nan_from(0)) if scale is LADDER[spoilt] else Toy()))
    _, notices, end = sorted_out(list(climb))
    assert (end.reason, end.step) == ("diverged", 0)
    assert "at the start" in notices[-1].text
    assert climb.picture.shape[-2:] == climb.size == LADDER[spoilt].size
    assert bool(torch.isfinite(climb.picture).all())


# --- stopping ---------------------------------------------------------------------------------------------------------------------------


def stopped_at(climb: MultiScaleLoop, moment: Callable[[Event], bool], *reasons: str) -> list[Event]:
    """Iterate, and stop at a moment."""
    events = []
    for event in climb:
        events.append(event)
        if moment(event):
            for reason in reasons:
                climb.stop(reason)
    return events


def step_of(scale: Scale, step: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Step) and (event.scale, event.step) == (scale.size, step)


def test_asked_before_the_start_it_measures_once() -> None:
    toys = Toys()
    climb = climb_over(toys=toys)
    climb.stop("terminated")
    steps, _, end = sorted_out(list(climb))
    assert [(event.scale, event.step) for event in steps] == [(QUARTER.size, 0)]
    assert (end.reason, end.step) == ("terminated", 0)
    assert [toy.looks for _, toy in toys.made] == [1]


@pytest.mark.parametrize("reason", ["stopped", "interrupted", "terminated"])
@pytest.mark.parametrize("scale", LADDER, ids=["quarter", "half", "full"])
def test_asked_within_a_scale_it_ends_there(scale: Scale, reason: str) -> None:
    climb = climb_over()
    _, _, end = sorted_out(stopped_at(climb, step_of(scale, 1), reason))
    assert (end.reason, end.step, end.best_step) == (reason, 1, 1)
    assert climb.results[-1].scale is scale
    assert climb.results[-1].stopped == end
    assert climb.picture.shape[-2:] == climb.size == scale.size


@pytest.mark.parametrize("index", [1, 2, 3])
def test_asked_between_scales_it_measures_the_next_once(index: int) -> None:
    climb = climb_over()
    events = stopped_at(climb, lambda event: isinstance(event, ScaleStart) and event.index == index, "interrupted")
    steps, _, end = sorted_out(events)
    assert (end.reason, end.step) == ("interrupted", 0)
    assert (steps[-1].scale, steps[-1].step) == (LADDER[index - 1].size, 0)
    assert len(climb.results) == index


@pytest.mark.parametrize("scale", [QUARTER, HALF], ids=["quarter", "half"])
def test_asked_at_the_last_step_of_a_coarse_scale_not_all_steps_were_made(scale: Scale) -> None:
    steps, _, end = sorted_out(stopped_at(climb_over(), step_of(scale, scale.steps), "interrupted"))
    assert steps[-1].scale != FULL.size or steps[-1].step == 0
    assert end.reason == "interrupted"


def test_asked_at_the_very_last_step_all_steps_were_made() -> None:
    climb = climb_over()
    _, _, end = sorted_out(stopped_at(climb, step_of(FULL, FULL.steps), "interrupted"))
    assert end.reason == "steps"


def second_scale(event: Event) -> bool:
    return isinstance(event, ScaleStart) and event.index == 2


@pytest.mark.parametrize("moment", [second_scale, step_of(HALF, 1)], ids=["between scales", "within a scale"])
def test_the_first_reason_counts(moment: Callable[[Event], bool]) -> None:
    _, _, end = sorted_out(stopped_at(climb_over(), moment, "interrupted", "terminated"))
    assert end.reason == "interrupted"


def test_it_can_be_stopped_from_another_thread() -> None:
    climb = climb_over([Scale(0.25, (2, 3), 10**9), FULL], GradientDescent(1e-9))
    begun = threading.Event()

    def wait_and_stop() -> None:
        begun.wait()
        climb.stop("terminated")

    other = threading.Thread(target=wait_and_stop)
    other.start()
    last = None
    for event in climb:
        begun.set()
        last = event
    other.join()
    assert isinstance(last, Stopped)
    assert last.reason == "terminated"


def test_seconds_grow_over_all_scales() -> None:
    climb = climb_over()
    seconds = [event.seconds for event in climb if isinstance(event, Step)]
    assert seconds == sorted(seconds)
    # What the scales took is the time of the whole.
    assert sum(result.seconds for result in climb.results) == pytest.approx(seconds[-1], abs=2)


def test_a_step_of_a_climb_reads_its_terms_when_asked() -> None:
    first = next(event for event in climb_over() if isinstance(event, Step))
    assert dict(first.terms) == {"content": first.total, "content:relu4_2": first.total}


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_scale_without_a_step_hands_on_what_it_was_given(name: str) -> None:
    # As where the gradient is zero at the start of a scale.
    climb = climb_over([QUARTER, replace(HALF, steps=0), FULL], make_optimizer(name, 0.1, {}))
    assert sorted_out(list(climb))[2].reason == "steps"


# --- between canvases -------------------------------------------------------------------------------------------------------------------

CANVASES = [make_pixels, make_fourier]
BOTH = pytest.mark.parametrize("make", CANVASES, ids=["pixels", "fourier"])
PAIRS = pytest.mark.parametrize(("old", "new"), [((32, 40), (64, 80)), ((33, 41), (65, 82)), ((20, 24), (80, 96)), ((48, 30), (32, 20))])


def smooth(size: tuple[int, int], seed: int, waves: int = 3) -> Tensor:
    """Return one picture at any size: cosines of up to three half waves a side, which the coarsest can show."""
    down, across = ((torch.arange(length, dtype=torch.float64) + 0.5) / length for length in size)
    rows = torch.stack([torch.cos(math.pi * wave * down) for wave in range(waves + 1)])
    columns = torch.stack([torch.cos(math.pi * wave * across) for wave in range(waves + 1)])
    return torch.einsum("cab,ah,bw->chw", normal(3, waves + 1, waves + 1, seed=seed), rows, columns)[None]


def error(found: Tensor, expected: Tensor) -> float:
    assert found.shape == expected.shape
    return float((found - expected).norm() / expected.norm())


def between(
    make: Callable[[float, tuple[int, int]], Canvas], old: tuple[int, int], new: tuple[int, int]
) -> tuple[Canvas, Canvas, CanvasChange]:
    before, after = make(255.0, old), make(255.0, new)
    return before, after, canvas_change(before, after, old, new)


@BOTH
@PAIRS
def test_a_step_stands_for_the_same_difference_of_pictures(make: Any, old: tuple[int, int], new: tuple[int, int]) -> None:
    before, after, carry = between(make, old, new)
    first, second = smooth(old, 1), smooth(old, 2)
    step = before.encode(second) - before.encode(first)
    assert error(after.pixels(carry.step(step)), resample(second - first, new)) < 1e-6
    assert error(after.pixels(carry.step(step)), smooth(new, 2) - smooth(new, 1)) < 0.01


@BOTH
@PAIRS
def test_a_gradient_carried_is_that_of_the_same_objective_on_the_other_canvas(
    make: Any, old: tuple[int, int], new: tuple[int, int]
) -> None:
    before, after, carry = between(make, old, new)

    def gradient(canvas: Canvas, size: tuple[int, int]) -> Tensor:
        leaf = canvas.encode(smooth(size, 3)).requires_grad_()
        value = (canvas.pixels(leaf) - smooth(size, 4)).square().mean()
        return torch.autograd.grad(value, leaf)[0]

    assert error(carry.grad(gradient(before, old)), gradient(after, new)) < 0.01


@BOTH
@PAIRS
@given(seed=st.integers(0, 100))
def test_a_step_along_a_slope_keeps_its_product(make: Any, old: tuple[int, int], new: tuple[int, int], seed: int) -> None:
    # What L-BFGS knows of the curvature is such products. The ratio of pixels is in the slope.
    before, _, carry = between(make, old, new)
    step, slope = before.encode(smooth(old, seed)), before.pixels(smooth(old, seed) + smooth(old, seed + 1))
    product = float((step * slope).sum())
    assert float((carry.step(step) * carry.grad(slope)).sum()) == pytest.approx(product, rel=0.03)
    assert carry.ratio == old[0] * old[1] / (new[0] * new[1])


@BOTH
def test_between_canvases_of_one_size_nothing_changes(make: Any) -> None:
    before, _, carry = between(make, (24, 32), (24, 32))
    values = before.encode(picture(24, 32).double())
    assert error(carry.step(values), values) < 1e-6
    assert error(carry.grad(values), values) < 1e-6
    assert carry.ratio == 1


# --- resampling -------------------------------------------------------------------------------------------------------------------------

SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40))


@given(SIDES, SIDES, st.floats(-1000, 1000))
def test_one_color_stays_that_color_in_and_out_of_range(old: tuple[int, int], new: tuple[int, int], value: float) -> None:
    flat = torch.full((1, 3, *old), value)
    assert_close(resample(flat, new), torch.full((1, 3, *new), value), rtol=1e-5, atol=1e-4)


@given(SIDES, SIDES, st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_resampling_is_linear_so_nothing_is_clipped(old: tuple[int, int], new: tuple[int, int], a: float, b: float) -> None:
    first, second = normal(1, 3, *old, seed=1), normal(1, 3, *old, seed=2)
    assert_close(resample(a * first + b * second, new), a * resample(first, new) + b * resample(second, new), rtol=1e-5, atol=1e-2)


def test_shrinking_mixes_and_does_not_pick() -> None:
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    board = (255.0 * ((rows + columns) % 2)).expand(1, 3, 64, 64)
    small = resample(board, (16, 16))
    assert float((small[..., 2:-2, 2:-2] - 127.5).abs().max()) < 1


def test_the_mean_color_survives() -> None:
    colors = picture(48, 64)
    for size in ((24, 32), (96, 128), (17, 90)):
        assert_close(resample(colors, size).mean((2, 3)), colors.mean((2, 3)), rtol=0, atol=1.5)


def test_the_same_size_is_the_same_picture() -> None:
    colors = picture(20, 30)
    assert_close(resample(colors, (20, 30)), colors)


def test_a_notice_comes_through_a_climb() -> None:
    toys = Toys(lambda scale: Toy(nan_at(1)) if scale is HALF else Toy())
    events = list(climb_over(optimizer=LBFGS(0.1), toys=toys))
    where = next(index for index, event in enumerate(events) if isinstance(event, Notice))
    before = [event for event in events[:where] if isinstance(event, ScaleStart)]
    assert before[-1].size == HALF.size
