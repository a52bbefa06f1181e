"""The loop tells every step, keeps the best picture, and always ends."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, replace
from typing import cast

import pytest
import torch
from torch import Tensor

from pincel.canvas.pixels import PixelCanvas
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Notice, Step
from pincel.engine.loop import DIVERGENCE_FACTOR, MAX_FAILURES, WINDOW, Loop, LoopState, Plateau
from pincel.engine.memory import out_of_memory
from pincel.errors import DivergedError, MemoryLimitError
from pincel.losses.objective import Evaluation
from pincel.optim import OPTIMIZERS
from pincel.optim.adam import Adam
from pincel.optim.base import make_optimizer
from pincel.optim.gradient_descent import GradientDescent
from pincel.optim.lbfgs import LBFGS, LBFGSState
from tests.engine.toys import Toy, loop_over, sorted_out, start
from tests.tensors import assert_close


def test_every_step_is_told_the_start_included() -> None:
    toy = Toy()
    loop = loop_over(toy, GradientDescent(0.5), 4)
    steps, notices, end = sorted_out(list(loop))
    assert [event.step for event in steps] == [0, 1, 2, 3, 4]
    assert notices == []
    assert (end.reason, end.step, end.best_step) == ("steps", 4, 4)
    # Thirty entries away from 1 by 2, 1, ½ …
    assert [event.total for event in steps] == [30 * 0.5 * 4 / 4**step for step in range(5)]


def test_an_event_says_where_the_run_is() -> None:
    first, *_ = loop_over(Toy(), GradientDescent(0.5), 4)
    assert isinstance(first, Step)
    assert (first.steps, first.scale, first.total) == (4, (2, 5), 60)
    assert dict(first.terms) == {"content": 60, "content:relu4_2": 60}
    assert first.seconds >= 0
    assert first.memory > 2**20


def test_time_goes_forward() -> None:
    steps, _, _ = sorted_out(list(loop_over(Toy(), GradientDescent(0.5), 5)))
    seconds = [event.seconds for event in steps]
    assert seconds == sorted(seconds)


def test_one_evaluation_a_step_and_no_gradient_of_the_last() -> None:
    toy = Toy()
    list(loop_over(toy, LBFGS(0.1), 7))
    assert (toy.looks, toy.gradients) == (8, 7)


def test_no_steps_measures_the_start() -> None:
    toy = Toy()
    loop = loop_over(toy, LBFGS(), 0)
    steps, _, end = sorted_out(list(loop))
    assert [event.total for event in steps] == [60]
    assert (end.reason, end.step, end.best_step) == ("steps", 0, 0)
    assert toy.gradients == 0
    assert loop.best is not None
    assert torch.equal(loop.best.x, start())


def test_the_best_picture_is_kept_when_the_objective_rises() -> None:
    # Adam overshoots: from 3 by 1.5 a step to 1.5, 0 and beyond.
    loop = loop_over(Toy(), Adam(1.5), 4)
    steps, _, end = sorted_out(list(loop))
    totals = [event.total for event in steps]
    assert totals[-1] > min(totals)
    assert loop.best is not None
    assert (loop.best.total, loop.best.step) == (min(totals), totals.index(min(totals)))
    assert end.best_step == loop.best.step
    assert float((loop.best.x - 1).square().sum() / 2) == pytest.approx(loop.best.total)


def test_the_first_of_equals_is_kept() -> None:
    flat = Toy(spoil=lambda _, total, slope: (torch.full_like(total, 5.0), slope))
    loop = loop_over(flat, GradientDescent(0.5), 3)
    _, _, end = sorted_out(list(loop))
    assert (end.reason, end.step, end.best_step) == ("steps", 3, 0)


def test_the_best_can_be_read_at_any_time() -> None:
    loop = loop_over(Toy(), GradientDescent(0.5), 3)
    assert loop.best is None
    seen: list[bool] = []
    for event in loop:
        assert loop.best is not None
        if isinstance(event, Step):
            seen.append((event.step, event.total) == (loop.best.step, loop.best.total))
    assert seen == [True] * 4


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_the_start_is_not_written_to(name: str) -> None:
    x = start()
    list(loop_over(Toy(), OPTIMIZERS[name](), 5, x))
    assert torch.equal(x, start())
    assert not x.requires_grad


def test_asked_to_stop_it_ends_after_the_step_under_way() -> None:
    loop = loop_over(Toy(), GradientDescent(0.5), 100)
    events = []
    for event in loop:
        events.append(event)
        if isinstance(event, Step) and event.step == 3:
            loop.stop()
    steps, _, end = sorted_out(events)
    assert (len(steps), end.reason, end.step, end.best_step) == (4, "stopped", 3, 3)


def test_the_first_reason_counts() -> None:
    loop = loop_over(Toy(), GradientDescent(0.5), 100)
    loop.stop("interrupted")
    loop.stop("terminated")
    _, _, end = sorted_out(list(loop))
    assert (end.reason, end.step) == ("interrupted", 0)


def test_asked_at_the_last_step_all_steps_were_made() -> None:
    loop = loop_over(Toy(), GradientDescent(0.5), 2)
    events = []
    for event in loop:
        events.append(event)
        if isinstance(event, Step) and event.step == 2:
            loop.stop("interrupted")
    assert sorted_out(events)[2].reason == "steps"


def test_it_can_be_stopped_from_another_thread() -> None:
    # A rate this small never arrives: only the other thread ends it.
    loop = loop_over(Toy(), GradientDescent(1e-9), 10**9)
    begun = threading.Event()

    def wait_and_stop() -> None:
        begun.wait()
        loop.stop("terminated")

    other = threading.Thread(target=wait_and_stop)
    other.start()
    last = None
    for event in loop:
        begun.set()
        last = event
    other.join()
    assert sorted_out([last] if last else [])[2].reason == "terminated"


def test_no_gradient_left_is_a_reason_to_stop() -> None:
    _, _, end = sorted_out(list(loop_over(Toy(), GradientDescent(1.0), 100)))
    assert (end.reason, end.step, end.best_step) == ("stationary", 1, 1)


def spoilt_at(look: int, total: float | None, slope: float | None) -> Toy:
    """Answer with other numbers at one evaluation."""

    def spoil(number: int, true_total: Tensor, true_slope: Tensor) -> tuple[Tensor, Tensor]:
        if number != look:
            return true_total, true_slope
        spoilt = true_slope.clone()
        spoilt[0, 1, 1, 2] = true_slope[0, 1, 1, 2] if slope is None else slope
        return (true_total if total is None else torch.full_like(true_total, total)), spoilt

    return Toy(spoil)


@pytest.mark.parametrize(
    ("total", "slope"),
    [(math.nan, None), (math.inf, None), (-math.inf, None), (None, math.nan), (None, math.inf)],
    ids=["total nan", "total inf", "total -inf", "one pixel nan", "one pixel inf"],
)
@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_from_a_step_that_led_nowhere_it_goes_back_and_on(name: str, total: float | None, slope: float | None) -> None:
    loop = loop_over(spoilt_at(2, total, slope), make_optimizer(name, 0.3, {}), 30)
    events = list(loop)
    steps, notices, end = sorted_out(events)
    assert [event.step for event in steps] == list(range(31))
    assert len(notices) == 1
    assert notices[0].text.startswith("Step 2 led to ")
    assert notices[0].text.endswith(": back to step 1, with half the step size.")
    # Told before the step from where it went on.
    assert events.index(notices[0]) == 2
    assert steps[2].total == steps[1].total
    assert (end.reason, end.step) == ("steps", 30)
    assert all(math.isfinite(event.total) for event in steps)
    assert steps[-1].total < steps[1].total
    assert loop.best is not None
    assert bool(torch.isfinite(loop.best.x).all())


def test_half_the_step_size_is_half_the_step() -> None:
    # 3 → 2.8 → 2.62 (spoilt) → back to 2.8, then by 0.05 instead of 0.1.
    loop = loop_over(spoilt_at(2, math.nan, None), GradientDescent(0.1), 3)
    steps, _, _ = sorted_out(list(loop))
    x = start(2.8 - 0.05 * 1.8)
    assert steps[3].total == pytest.approx(float((x - 1).square().sum() / 2), rel=1e-5)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_after_a_failure_the_optimizer_begins_anew_with_half_the_step_size(name: str) -> None:
    optimizer = make_optimizer(name, 0.1, {})
    loop = loop_over(spoilt_at(3, math.nan, None), optimizer, 8)
    scales = []
    for event in loop:
        if isinstance(event, Notice):
            assert loop.best is not None
            # The state that failed; the next one is made when the loop goes on.
            assert (loop.state.step, loop.state.step_scale) == (3, 1.0)
        else:
            scales.append(loop.state.step_scale)
            if len(scales) == 4:
                assert loop.best is not None
                assert torch.equal(loop.state.x, loop.best.x)
                assert repr(loop.state.optimizer) == repr(optimizer.init(loop.best.x))
    # L-BFGS returns to its full step, a tenth a step; a rate of the others that failed once would fail again.
    expected = [0.5 * optimizer.step_scale_growth**number for number in range(6)]
    assert scales == pytest.approx([1.0, 1.0, 1.0, *expected, expected[-1]])
    assert optimizer.step_scale_growth == (1.1 if name == "lbfgs" else 1.0)


def test_a_step_size_grows_to_what_was_asked_for_and_no_further() -> None:
    loop = loop_over(spoilt_at(1, math.nan, None), LBFGS(0.01), 12)
    list(loop)
    assert loop.state.step_scale == 1.0


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_canvas_but_the_start_is_within_bounds(name: str) -> None:
    seen: list[Tensor] = []

    def spoil(_: int, total: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        seen.append(slope + 1)
        return total, slope

    toy = Toy(spoil, project=lambda x: x.clamp(1.5, 2.5))
    list(loop_over(toy, make_optimizer(name, 0.3, {}), 12))
    assert float(seen[0].max()) == 3
    assert all(1.5 <= float(x.min()) <= float(x.max()) <= 2.5 for x in seen[1:])
    assert float(seen[-1].max()) < 2.4


def test_a_last_step_that_led_nowhere_is_not_the_result() -> None:
    loop = loop_over(spoilt_at(5, math.nan, None), GradientDescent(0.1), 5)
    steps, notices, end = sorted_out(list(loop))
    assert len(notices) == 1
    assert (end.reason, end.step, end.best_step) == ("steps", 5, 4)
    assert steps[-1].total == steps[-2].total


@pytest.mark.parametrize("rate", [2.5, 10, 1000, 1e30])
def test_a_rate_far_too_large_recovers(rate: float) -> None:
    # Above 2 each step is longer than the one before.
    loop = loop_over(Toy(), GradientDescent(rate), 150)
    steps, notices, end = sorted_out(list(loop))
    assert notices or rate > 1e20
    assert all(event.total <= DIVERGENCE_FACTOR * steps[0].total for event in steps)
    if rate < 1e20:
        assert end.reason in {"steps", "stationary"}
        assert loop.best is not None
        assert loop.best.total < 1e-3 * steps[0].total
    else:
        # Twenty halvings of this are still too much, and it says so.
        assert (end.reason, end.best_step) == ("diverged", 0)


def test_a_thousandfold_total_is_a_runaway_and_less_is_not() -> None:
    answers = {0: 1.0, 1: DIVERGENCE_FACTOR, 2: 1.01 * DIVERGENCE_FACTOR, 3: 1.0}
    toy = Toy(spoil=lambda number, total, slope: (torch.full_like(total, answers.get(number, 1.0)), slope))
    events = list(loop_over(toy, GradientDescent(0.1), 3))
    kinds = [type(event).__name__ for event in events]
    assert kinds == ["Step", "Step", "Notice", "Step", "Step", "Stopped"]


def test_from_zero_nothing_is_a_runaway() -> None:
    answers = {0: 0.0}
    toy = Toy(spoil=lambda number, total, slope: (torch.full_like(total, answers.get(number, 1e6)), slope))
    _, notices, end = sorted_out(list(loop_over(toy, GradientDescent(0.1), 3)))
    assert notices == []
    assert (end.reason, end.best_step) == ("steps", 0)


def test_nothing_finite_ahead_ends_as_diverged() -> None:
    # Only the start is finite.
    toy = Toy(spoil=lambda _, total, slope: (total if bool((slope == 2).all()) else torch.full_like(total, math.nan), slope))
    loop = loop_over(toy, GradientDescent(0.1), 10**6)
    steps, notices, end = sorted_out(list(loop))
    assert len(notices) == MAX_FAILURES
    assert (end.reason, end.best_step) == ("diverged", 0)
    assert {event.total for event in steps} == {60}
    assert loop.best is not None
    assert torch.equal(loop.best.x, start())


def test_a_better_picture_gives_new_patience() -> None:
    # Every tenth look fails, more often in all than patience lasts at once.
    toy = Toy(spoil=lambda number, total, slope: (total + math.nan if number % 10 == 9 else total, slope))
    _, notices, end = sorted_out(list(loop_over(toy, LBFGS(0.02), 400)))
    assert len(notices) > MAX_FAILURES
    assert end.reason == "steps"


@pytest.mark.parametrize("total", [math.inf, math.nan])
@pytest.mark.parametrize("steps", [0, 5])
def test_nothing_finite_at_the_start_is_an_error(total: float, steps: int) -> None:
    loop = loop_over(spoilt_at(0, total, None), LBFGS(), steps)
    advice = r"try smaller ones, or another start \(--init\)\."
    with pytest.raises(DivergedError, match=rf"^The objective has a total of {total:g} at the start: .*{advice}$"):
        list(loop)


def test_no_finite_gradient_at_the_start_is_an_error() -> None:
    with pytest.raises(DivergedError, match="at the start"):
        list(loop_over(spoilt_at(0, None, math.nan), LBFGS(), 5))


def test_a_preview_is_made_when_asked_for() -> None:
    class Counting(PixelCanvas):
        made = 0

        def image(self, canvas: Tensor) -> Tensor:
            Counting.made += 1
            return canvas / 255

    counting = Counting()
    toy = Toy(canvas=counting)
    steps, _, _ = sorted_out(list(loop_over(toy, GradientDescent(0.5), 3)))
    assert counting.made == 0
    # Each shows the picture of its own step, however late it is asked.
    for event, value in zip(steps, [3, 2, 1.5, 1.25], strict=True):
        assert_close(event.preview(), start(value) / 255)
    assert counting.made == 4


def test_a_notice_is_one_sentence() -> None:
    events = list(loop_over(spoilt_at(1, math.inf, None), Adam(0.5), 2))
    assert Notice("Step 1 led to a total of inf: back to step 0, with half the step size.") in events


def falling(share: float, tolerance: float, steps: int = 40) -> Loop:
    """Return a loop whose total falls by ``share`` every ten steps."""
    toy = Toy(spoil=lambda number, total, slope: (torch.full_like(total, 1e4 * (1 - share) ** (number / WINDOW)), slope))
    return Loop(cast("Evaluator", toy), GradientDescent(1e-6), start(), steps, tolerance=tolerance)


def test_a_plateau_is_ten_steps_that_win_too_little() -> None:
    plateau = Plateau(0.05)
    assert not any(plateau.update(100 - index) for index in range(11))
    assert not plateau.update(90)
    assert Plateau(0.05, [100.0] * 10).update(99.0)
    # A total below zero falls by a share of its size, too.
    assert not Plateau(0.05, [-100.0] * 10).update(-110.0)


def test_a_total_that_hardly_falls_has_settled_after_ten_steps() -> None:
    _, _, end = sorted_out(list(falling(0.009, 0.01)))
    assert (end.reason, end.step, end.best_step) == ("settled", 10, 10)


@pytest.mark.parametrize(("share", "tolerance"), [(0.011, 0.01), (0.5, 0.4), (0.0, 0.0), (0.009, 0.0)])
def test_a_total_that_falls_enough_has_not_settled(share: float, tolerance: float) -> None:
    _, _, end = sorted_out(list(falling(share, tolerance)))
    assert (end.reason, end.step) == ("steps", 40)


def test_a_total_that_rises_has_settled() -> None:
    # It is the best that counts, and that falls no more.
    _, _, end = sorted_out(list(falling(-0.5, 0.01)))
    assert (end.reason, end.step, end.best_step) == ("settled", 10, 0)


def test_a_total_that_falls_for_a_while_settles_ten_steps_later() -> None:
    totals = [100.0 - min(number, 7) for number in range(40)]
    toy = Toy(spoil=lambda number, total, slope: (torch.full_like(total, totals[number]), slope))
    _, _, end = sorted_out(list(Loop(cast("Evaluator", toy), GradientDescent(1e-6), start(), 39, tolerance=0.01)))
    # From step 7 on it rests at 93; at step 16 it was 94 ten steps before, which is still more than a hundredth away.
    assert (end.reason, end.step, end.best_step) == ("settled", 17, 7)


def test_rest_shorter_than_ten_steps_does_not_end_a_run() -> None:
    toy = Toy(spoil=lambda number, total, slope: (torch.full_like(total, 1e4 * 0.5 ** (number // (WINDOW - 1))), slope))
    _, _, end = sorted_out(list(Loop(cast("Evaluator", toy), GradientDescent(1e-6), start(), 60, tolerance=0.1)))
    assert end.reason == "steps"


def test_a_step_taken_back_is_no_sign_of_settling() -> None:
    toy = Toy(spoil=lambda number, total, slope: (total * math.nan if number % 2 else total, slope))
    loop = Loop(cast("Evaluator", toy), GradientDescent(0.05), start(), 8, tolerance=0.9)
    _, notices, end = sorted_out(list(loop))
    assert len(notices) > 5
    assert (end.reason, end.step) == ("steps", 8)


def test_terms_are_read_when_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Evaluation] = []
    numbers = Evaluation.numbers

    def counted(evaluation: Evaluation) -> dict[str, float]:
        read.append(evaluation)
        return numbers(evaluation)

    monkeypatch.setattr(Evaluation, "numbers", counted)
    steps, _, _ = sorted_out(list(loop_over(Toy(), GradientDescent(0.5), 4)))
    assert read == []
    for _ in range(3):
        assert [event.terms["content"] for event in steps[1:3]] == [event.total for event in steps[1:3]]
    assert len(read) == 2


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_the_state_after_a_run_goes_on_where_it_ended(name: str) -> None:
    optimizer = make_optimizer(name, 0.1, {})
    whole = loop_over(Toy(), optimizer, 9)
    expected, _, _ = sorted_out(list(whole))
    first = loop_over(Toy(), optimizer, 4)
    list(first)
    assert first.best is not None
    second = Loop(cast("Evaluator", Toy()), optimizer, LoopState(first.best.x, first.state.optimizer), 5)
    steps, _, _ = sorted_out(list(second))
    assert [event.total for event in steps] == [event.total for event in expected[4:]]


def test_a_loop_that_has_not_begun_has_the_state_it_was_given() -> None:
    state = LoopState(start(), Adam().init(start()), 0.25)
    assert Loop(cast("Evaluator", Toy()), Adam(), state, 3).state is state


# --- no memory --------------------------------------------------------------------------------------------------------------------------

NO_MEMORY = "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."


@dataclass
class Hungry(Toy):
    """Needs tiles of at most some size, from some evaluation on."""

    tiles: int = 64
    most: int = 64
    begins: int = 0
    asked: int = 0

    @property
    def layout(self) -> str:
        """As a layout writes itself."""
        return f"rest={self.tiles}"

    def reduce_memory(self) -> Hungry | None:
        """Halve the tiles, down to 16."""
        return replace(self, tiles=self.tiles // 2) if self.tiles > 16 else None

    def gradient(self, x: Tensor, _step: int = 0) -> tuple[Evaluation, Tensor]:
        """Fail, as torch does on a CPU."""
        if self.looks >= self.begins and self.tiles > self.most:
            raise RuntimeError(NO_MEMORY)
        return super().gradient(x)


def test_without_memory_tiles_get_smaller_until_it_is_enough() -> None:
    loop = loop_over(Hungry(most=16, begins=2), GradientDescent(0.5), 4)
    steps, notices, end = sorted_out(list(loop))
    assert [notice.text for notice in notices] == [f"Out of memory: continuing with tiles rest={size}." for size in (32, 16)]
    assert [event.total for event in steps] == [30 * 0.5 * 4 / 4**step for step in range(5)]
    assert end.reason == "steps"


def test_then_the_optimizer_remembers_less_and_then_the_best_picture_is_kept() -> None:
    loop = loop_over(Hungry(tiles=16, most=8, begins=3), LBFGS(0.1, history=4), 9)
    steps, notices, end = sorted_out(list(loop))
    half = "Out of memory: continuing with half of the optimizer's history."
    assert [notice.text for notice in notices[:-1]] == [half, half]
    assert notices[-1].text.startswith("Out of memory, even with tiles rest=16. Try a smaller --size")
    assert end.reason == "out of memory"
    assert len(steps) == 3
    assert loop.best is not None
    assert len(loop.state.optimizer.pairs) == 1


def test_without_memory_for_the_start_there_is_nothing_to_keep() -> None:
    with pytest.raises(MemoryLimitError, match="Out of memory, even with tiles rest=16"):
        list(loop_over(Hungry(tiles=16, most=8), GradientDescent(), 4))


def test_a_step_without_memory_costs_history_and_not_tiles() -> None:
    class Greedy(LBFGS):
        def step(self, x: Tensor, grad: Tensor, state: LBFGSState, step_scale: float = 1.0) -> tuple[Tensor, LBFGSState]:
            if len(state.pairs) > 1:
                raise MemoryError
            return super().step(x, grad, state, step_scale)

    loop = loop_over(Hungry(), Greedy(0.1, history=8), 4)
    _, notices, end = sorted_out(list(loop))
    assert end.reason == "steps"
    assert len(notices) == 3
    assert all("optimizer" in notice.text for notice in notices)
    assert cast("Hungry", loop.evaluator).tiles == 64


def test_other_errors_are_nobodys_memory() -> None:
    def broken(*_: object) -> tuple[Tensor, Tensor]:
        raise RuntimeError("a shape is wrong")

    with pytest.raises(RuntimeError, match="a shape is wrong"):
        list(loop_over(Toy(broken), GradientDescent(), 4))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError(NO_MEMORY), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("could not create a primitive"), True),
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("a shape is wrong"), False),
        (ValueError("out of memory"), False),
    ],
    ids=str,
)
def test_what_counts_as_out_of_memory(error: Exception, expected: bool) -> None:
    assert out_of_memory(error) is expected
