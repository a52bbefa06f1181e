"""Optimization loop: evaluate, emit an event, step, until a stop criterion holds."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from pincel.engine.device import peak_memory
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Event, Notice, Step, Stopped
from pincel.engine.memory import try_alloc
from pincel.errors import DivergedError, MemoryLimitError
from pincel.losses.objective import Evaluation
from pincel.optim.base import Optimizer
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# After this many failures in a row the step scale is below 1e-6, so the step length is not the cause.
MAX_FAILURES = 20
# A total above this multiple of the first one counts as diverged.
DIVERGENCE_FACTOR = 1e3
# Factor of the step scale after a failure.
BACKOFF = 0.5
# Steps over which the relative decrease of the best total is measured: L-BFGS can stand still for a step or two.
WINDOW = 10

T = TypeVar("T")


class Plateau:
    """Detects that the best total hardly decreases any more.

    Args:
        tolerance: Least relative decrease over :data:`WINDOW` steps; 0 to never stop.
        recent: Best totals after the last steps.
    """

    def __init__(self, tolerance: float, recent: Sequence[float] = ()) -> None:
        self._tolerance = tolerance
        self._recent: deque[float] = deque(recent, maxlen=WINDOW + 1)

    @property
    def recent(self) -> tuple[float, ...]:
        """Best totals after the last steps, the newest last."""
        return tuple(self._recent)

    def update(self, best: float) -> bool:
        """Add the best total after a step; return whether it has hardly decreased."""
        self._recent.append(best)
        before, now = self._recent[0], self._recent[-1]
        return len(self._recent) > WINDOW and before - now < self._tolerance * abs(before)


class _AbortedError(Exception):
    """An evaluation in tiles was aborted because the loop was asked to stop."""


@dataclass(frozen=True)
class Best:
    """The lowest total so far, its step, and the canvas there."""

    step: int
    total: float
    x: Tensor


@dataclass(frozen=True)
class LoopState:
    """State of a loop before an evaluation; a loop built from it emits the same events from there on.

    Attributes:
        x: The canvas to be evaluated.
        optimizer: State of the optimizer.
        step_scale: Factor of the learning rate: 1, or less after failures.
        step: Updates made so far.
        failures: Since the best total last decreased.
        best: Lowest total so far.
        first: The first total.
        recent_best: Best totals after the last steps.
    """

    x: Tensor
    optimizer: Any
    step_scale: float = 1.0
    step: int = 0
    failures: int = 0
    best: Best | None = None
    first: float = math.inf
    recent_best: tuple[float, ...] = ()


class Loop:
    """Optimizes a canvas. Iterate over it, once, for events.

    Call :meth:`stop` from anywhere (another thread, a signal handler) to end it after the step under way, or after the tile under way of
    an evaluation in tiles; read :attr:`best` at any time.

    A total or gradient that is not finite, or a total :data:`DIVERGENCE_FACTOR` times the first, is a failure: the loop returns to the best
    canvas with a new optimizer state and half the step scale. After each step the canvas is projected to the bounds of the problem.

    Args:
        evaluator: Of the objective.
        optimizer: The rule for one step.
        start: Where to begin: (1, 3, H, W) canvas values, which are not written to, or the state of another loop, to go on from there.
        steps: Updates to make, those before ``start`` included.
        tolerance: End when the best total decreased by less than this fraction over ten steps; 0 for never.

    Attributes:
        evaluator: The present one: after a lack of memory, one with smaller tiles.
        optimizer: Likewise.
        state: The present one, before the next evaluation.
        best: Lowest total so far, and its canvas.

    Raises:
        DivergedError: While iterating, if the objective is not finite at the start.
        MemoryLimitError: While iterating, if there is not enough memory for the first evaluation.
    """

    def __init__(
        self, evaluator: Evaluator, optimizer: Optimizer[Any], start: Tensor | LoopState, steps: int, *, tolerance: float = 0.0
    ) -> None:
        self.evaluator = evaluator
        self.optimizer = optimizer
        self.steps = steps
        self.state = start if isinstance(start, LoopState) else LoopState(start, optimizer.init(start))
        self.best = self.state.best
        self._stop_reason = ""
        self._first = self.state.first
        self._plateau = Plateau(tolerance, self.state.recent_best)

    def stop(self, reason: str = "stopped") -> None:
        """Ask the loop to end after the step under way; the first reason given counts."""
        self._stop_reason = self._stop_reason or reason

    def __iter__(self) -> Iterator[Event]:
        try:
            reason = yield from self._run()
        except MemoryLimitError as error:
            if self.best is None:
                raise
            yield Notice(error.args[0])
            reason = "out of memory"
        except _AbortedError:
            reason = self._stop_reason
        yield Stopped(reason, self.state.step, self.best.step if self.best else 0)

    def _run(self) -> Generator[Event, None, str]:
        """Make the steps; return why they end."""
        began = time.perf_counter()
        while True:
            evaluation, grad = yield from self._retry_on_oom(self._evaluate, self._use_smaller_tiles, self._shorten_history)
            total, grad_max = _fetch(evaluation, grad)
            failure = self._check_finite(total, grad_max)
            if failure:
                best = self._best_or_raise(failure)
                text = _("Step {step} led to {failure}: back to step {best}, with half the step size.")
                yield Notice(Note(text, step=self.state.step, failure=failure, best=best.step))
                if self.state.failures + 1 >= MAX_FAILURES:
                    return "diverged"
                self.state = self._back_off(best)
                continue
            failures = 0 if self._update_best(total) else self.state.failures
            yield self._event(self.state.x, total, evaluation, began)
            reason = self._stop_criterion(grad_max)
            if reason or grad is None:
                return reason
            self.state = yield from self._retry_on_oom(partial(self._step, grad, failures), self._shorten_history)

    def _retry_on_oom(self, work: Callable[[], T], *remedies: Callable[[], str]) -> Generator[Notice, None, T]:
        """Do something; where there is not enough memory, apply the first remedy that there is, and try again."""
        while (result := try_alloc(work)) is None:
            change = next(filter(None, (remedy() for remedy in remedies)), "")
            if not change:
                text = _("Out of memory, even with tiles {tiles}. Try a smaller --size, or fewer --style-layers.")
                raise MemoryLimitError(Note(text, tiles=self.evaluator.layout))
            yield Notice(Note(_("Out of memory: continuing with {change}."), change=change))
        return result

    def _use_smaller_tiles(self) -> str:
        smaller = self.evaluator.reduce_memory()
        if smaller is None:
            return ""
        self.evaluator = smaller
        return Note(_("tiles {tiles}"), tiles=smaller.layout)

    def _shorten_history(self) -> str:
        shorter = self.optimizer.reduce_memory()
        if shorter is None:
            return ""
        self.optimizer = shorter
        self.state = replace(self.state, optimizer=shorter.truncate(self.state.optimizer))
        return Note(_("half of the optimizer's history"))

    def _evaluate(self) -> tuple[Evaluation, Tensor | None]:
        """Evaluate the present canvas; the last one needs no gradient."""
        evaluator, x, step = self.evaluator.checked_after_each_tile(self._check_stop), self.state.x, self.state.step
        return (evaluator.measure(x, step), None) if step >= self.steps else evaluator.gradient(x, step)

    def _check_stop(self) -> None:
        """Abort the evaluation if the loop was asked to stop and there is a picture to keep."""
        if self._stop_reason and self.best:
            raise _AbortedError

    def _step(self, grad: Tensor, failures: int) -> LoopState:
        """Return the state after a step."""
        state = self.state
        x, optimizer = self.optimizer.step(state.x, grad, state.optimizer, state.step_scale)
        step_scale = min(1.0, self.optimizer.step_scale_growth * state.step_scale)
        return self._next_state(self.evaluator.problem.project(x), optimizer, step_scale, state.step + 1, failures)

    def _back_off(self, best: Best) -> LoopState:
        """Return the state after a failure: the best canvas, no memory of what led away from it, and a smaller step scale."""
        state = self.state
        return self._next_state(best.x, self.optimizer.init(best.x), BACKOFF * state.step_scale, state.step, state.failures + 1)

    def _next_state(self, x: Tensor, optimizer: Any, step_scale: float, step: int, failures: int) -> LoopState:
        return LoopState(x, optimizer, step_scale, step, failures, self.best, self._first, self._plateau.recent)

    def _check_finite(self, total: float, grad_max: float) -> str:
        """Return what is wrong with an evaluation; nothing if a step can be made from it."""
        if not math.isfinite(total) or total > DIVERGENCE_FACTOR * self._first:
            return Note(_("a total of {total:g}"), total=total)
        if not math.isfinite(grad_max):
            return Note(_("a gradient that is not finite"))
        return ""

    def _update_best(self, total: float) -> bool:
        """Keep the present canvas if its total is the lowest so far; return whether it is."""
        if self.best is None:
            self._first = total if total > 0 else math.inf
        if self.best is not None and total >= self.best.total:
            return False
        self.best = Best(self.state.step, total, self.state.x.detach())
        return True

    def _best_or_raise(self, failure: str) -> Best:
        if self.best is None:
            text = _(
                "The objective has {failure} at the start: nothing to improve on. "
                "Weights this large overflow single precision; try smaller ones, or another start (--init)."
            )
            raise DivergedError(Note(text, failure=failure))
        return self.best

    def _stop_criterion(self, grad_max: float) -> str:
        """Return why the loop ends after the present evaluation; nothing if it goes on."""
        if self.state.step >= self.steps:
            return "steps"
        if self._stop_reason:
            return self._stop_reason
        if grad_max == 0:
            return "stationary"
        return "settled" if self.best is not None and self._plateau.update(self.best.total) else ""

    def _event(self, x: Tensor, total: float, evaluation: Evaluation, began: float) -> Step:
        return Step(
            step=self.state.step,
            steps=self.steps,
            scale=self.evaluator.problem.canvas.size_of(x),
            total=total,
            seconds=time.perf_counter() - began,
            memory=peak_memory(x.device),
            preview=lambda: self.evaluator.problem.image(x),
            fetch_terms=evaluation.numbers,
        )


def _fetch(evaluation: Evaluation, grad: Tensor | None) -> tuple[float, float]:
    """Fetch the total and the largest absolute gradient, in one transfer from the device."""
    if grad is None:
        return float(evaluation.total), 0.0
    total, grad_max = torch.stack([evaluation.total, grad.abs().amax().to(evaluation.total)]).tolist()
    return total, grad_max
