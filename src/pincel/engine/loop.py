"""THE loop: evaluate, tell, step, until there is a reason to stop."""

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
from pincel.engine.memory import attempted
from pincel.errors import DivergedError, MemoryLimitError
from pincel.losses.objective import Evaluation
from pincel.optimisers.base import Optimiser

# After this many failures without a better picture, boldness is below 1e-6: it is not the length of the step.
PATIENCE = 20
# A total this many times the first one is on its way to infinity.
RUNAWAY = 1e3
# Steps over which a relative change is measured: L-BFGS rests now and then for a step or two.
SPAN = 10

T = TypeVar("T")


class Plateau:
    """Tells when the best total hardly falls any more.

    Args:
        tolerance: Share of itself that it must fall by over :data:`SPAN` steps; 0 for never.
        recent: Best totals of the last steps.
    """

    def __init__(self, tolerance: float, recent: Sequence[float] = ()) -> None:
        self._tolerance = tolerance
        self._recent: deque[float] = deque(recent, maxlen=SPAN + 1)

    @property
    def recent(self) -> tuple[float, ...]:
        """Best totals of the last steps, the newest last."""
        return tuple(self._recent)

    def update(self, best: float) -> bool:
        """Take the best total after a step; return whether it has hardly fallen."""
        self._recent.append(best)
        before, now = self._recent[0], self._recent[-1]
        return len(self._recent) > SPAN and before - now < self._tolerance * abs(before)


class _LeftError(Exception):
    """A look at a large picture was left in the middle."""


@dataclass(frozen=True)
class Best:
    """The lowest total so far, and the canvas that has it."""

    step: int
    total: float
    x: Tensor


@dataclass(frozen=True)
class LoopSnapshot:
    """A loop right before it looks at a canvas: built from it, another loop tells the same again and goes on alike.

    Attributes:
        x: The canvas to be looked at.
        state: What the optimiser knows.
        step: Updates made so far.
        failures: Since there was a better picture.
        best: So far.
        first: The first total.
        marks: Best totals of the last steps.
    """

    x: Tensor
    state: Any
    step: int = 0
    failures: int = 0
    best: Best | None = None
    first: float = math.inf
    marks: tuple[float, ...] = ()


class Loop:
    """Moves a canvas until what the network sees in it is what we wish for.

    Iterate over it, once, for events. Call :meth:`stop` from anywhere (another thread, a signal handler) to end it after the
    step under way, or after the tile where a picture is looked at in tiles; read :attr:`best` at any time.

    Args:
        evaluator: Of the objective.
        optimiser: The rule for one step.
        x: Where to start, (1, 3, H, W) canvas values. Not written to.
        steps: Updates to make.
        tolerance: End once the best total fell by less than this share over ten steps; 0 for never.
        state: What the optimiser knows already; None for nothing.

    Raises:
        DivergedError: While iterating, if the objective is not finite at the very start.
    """

    def __init__(
        self, evaluator: Evaluator, optimiser: Optimiser[Any], x: Tensor, steps: int, *, tolerance: float = 0.0, state: Any = None
    ) -> None:
        self.evaluator = evaluator
        self.optimiser = optimiser
        self.steps = steps
        self.state: Any = optimiser.start(x) if state is None else state
        self.best: Best | None = None
        self._asked = ""
        self._first = math.inf
        self._plateau = Plateau(tolerance)
        self._place = LoopSnapshot(x, self.state)

    @classmethod
    def resumed(cls, evaluator: Evaluator, optimiser: Optimiser[Any], place: LoopSnapshot, steps: int, *, tolerance: float = 0.0) -> Loop:
        """Build a loop that goes on where another was; ``steps`` counts from the start of that one."""
        loop = cls(evaluator, optimiser, place.x, steps, tolerance=tolerance, state=place.state)
        loop.best, loop._first, loop._place = place.best, place.first, place
        loop._plateau = Plateau(tolerance, place.marks)
        return loop

    def snapshot(self) -> LoopSnapshot:
        """Return where the loop was before its last evaluation; built from it, another begins by telling that again."""
        return self._place

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; the first reason given counts."""
        self._asked = self._asked or reason

    def __iter__(self) -> Iterator[Event]:
        try:
            reason, step = yield from self._walk()
        except MemoryLimitError as error:
            if self.best is None:
                raise
            # What there is, is worth keeping.
            yield Notice(str(error))
            reason, step = "out of memory", self._place.step
        except _LeftError:
            reason, step = self._asked, self._place.step
        yield Stopped(reason, step, self.best.step if self.best else 0)

    def _walk(self) -> Generator[Event, None, tuple[str, int]]:
        """Make the steps; return why and where they end."""
        x, step, failures = self._place.x, self._place.step, self._place.failures
        began = time.perf_counter()
        while True:
            self._place = LoopSnapshot(x, self.state, step, failures, self.best, self._first, self._plateau.recent)
            evaluation, slope = yield from self._tried(partial(self._look, x, step), self._smaller_tiles)
            total, steepest = self._read(evaluation, slope)
            trouble = self._trouble(total, steepest)
            if trouble:
                failures += 1
                best = self._way_back(trouble)
                yield Notice(f"Step {step} led to {trouble}: back to step {best.step}, half as bold.")
                if failures >= PATIENCE:
                    return "diverged", step
                x, self.state = best.x, self.optimiser.damped(self.state)
                continue
            if self._keep(step, total, x):
                failures = 0
            yield self._event(step, x, total, evaluation, began)
            reason = self._reason(step, steepest)
            if reason or slope is None:
                return reason, step
            x, self.state = yield from self._tried(partial(self._step, x, slope))
            step += 1

    def _tried(self, work: Callable[[], T], *remedies: Callable[[], str]) -> Generator[Notice, None, T]:
        """Do something; where there is no memory for it, do with less, and try again."""
        while (done := attempted(work)) is None:
            said = next(filter(None, (remedy() for remedy in (*remedies, self._shorter_history))), "")
            if not said:
                raise MemoryLimitError(
                    f"Out of memory, even with tiles {self.evaluator.layout}. Try a smaller --size, or fewer --style-layers."
                )
            yield Notice(f"Out of memory: goes on {said}.")
        return done

    def _smaller_tiles(self) -> str:
        lighter = self.evaluator.reduce_memory()
        if lighter is None:
            return ""
        self.evaluator = lighter
        return f"with tiles {lighter.layout}"

    def _shorter_history(self) -> str:
        lighter = self.optimiser.lighter()
        if lighter is None:
            return ""
        self.optimiser, self.state = lighter, lighter.trimmed(self.state)
        # Where to go on from holds the longer one.
        self._place = replace(self._place, state=self.state)
        return "with half of what the optimiser remembers"

    def _step(self, x: Tensor, slope: Tensor) -> tuple[Tensor, Any]:
        return self.optimiser.step(x, slope, self.state)

    def _look(self, x: Tensor, step: int) -> tuple[Evaluation, Tensor | None]:
        """Evaluate; the last picture needs no gradient any more."""
        evaluator = self.evaluator.checked_after_each_tile(self._glance)
        return (evaluator.measure(x, step), None) if step >= self.steps else evaluator.gradient(x, step)

    def _glance(self) -> None:
        """Leave a look in the middle if somebody asked to stop and there is a picture to keep."""
        if self._asked and self.best:
            raise _LeftError

    def _read(self, evaluation: Evaluation, slope: Tensor | None) -> tuple[float, float]:
        """Fetch the two numbers the loop decides by, total and largest slope, in one transfer from the device."""
        if slope is None:
            return float(evaluation.total), 0.0
        total, steepest = torch.stack([evaluation.total, slope.abs().amax().to(evaluation.total)]).tolist()
        return total, steepest

    def _trouble(self, total: float, steepest: float) -> str:
        """Say what is wrong with an evaluation; nothing if it can be built on."""
        if not math.isfinite(total) or total > RUNAWAY * self._first:
            return f"a total of {total:g}"
        if not math.isfinite(steepest):
            return "a gradient that is not finite"
        return ""

    def _keep(self, step: int, total: float, x: Tensor) -> bool:
        """Remember the canvas if it is the best so far."""
        if self.best is None:
            self._first = total if total > 0 else math.inf
        if self.best is not None and total >= self.best.total:
            return False
        self.best = Best(step, total, x.detach())
        return True

    def _way_back(self, trouble: str) -> Best:
        if self.best is None:
            raise DivergedError(
                f"The objective has {trouble} at the start: nothing to improve on. "
                "Weights this large overflow single precision; try smaller ones, or another start (--init)."
            )
        return self.best

    def _reason(self, step: int, steepest: float) -> str:
        if step >= self.steps:
            return "steps"
        if self._asked:
            return self._asked
        if steepest == 0:
            return "stationary"
        return "settled" if self.best is not None and self._plateau.update(self.best.total) else ""

    def _event(self, step: int, x: Tensor, total: float, evaluation: Evaluation, began: float) -> Step:
        return Step(
            step=step,
            steps=self.steps,
            scale=(x.shape[-2], x.shape[-1]),
            total=total,
            seconds=time.perf_counter() - began,
            memory=peak_memory(x.device),
            preview=lambda: self.evaluator.problem.image(x),
            read=evaluation.numbers,
        )
