"""THE loop: evaluate, tell, step, until there is a reason to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pincel.engine.device import peak_memory
from pincel.engine.events import Event, Notice, Step, Stopped
from pincel.engine.problem import Problem
from pincel.errors import DivergedError
from pincel.losses.objective import Evaluation
from pincel.optimisers.base import Optimiser

# After this many failures without a better picture, boldness is below 1e-6: it is not the length of the step.
PATIENCE = 20
# A total this many times the first one is on its way to infinity.
RUNAWAY = 1e3


@dataclass(frozen=True)
class Best:
    """The lowest total so far, and the canvas that has it."""

    step: int
    total: float
    x: Tensor


class Loop:
    """Moves a canvas until what the network sees in it is what we wish for.

    Iterate over it, once, for events. Call :meth:`stop` from anywhere (another thread, a signal handler) to end it after the
    step under way; read :attr:`best` at any time.

    Args:
        problem: The objective.
        optimiser: The rule for one step.
        x: Where to start, (1, 3, H, W) canvas values. Not written to.
        steps: Updates to make.

    Raises:
        DivergedError: While iterating, if the objective is not finite at the very start.
    """

    def __init__(self, problem: Problem, optimiser: Optimiser[Any], x: Tensor, steps: int) -> None:
        self.problem = problem
        self.optimiser = optimiser
        self.steps = steps
        self.best: Best | None = None
        self._x = x
        self._asked = ""
        self._first = math.inf

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; the first reason given counts."""
        self._asked = self._asked or reason

    def __iter__(self) -> Iterator[Event]:
        x, state = self._x, self.optimiser.start(self._x)
        began = time.perf_counter()
        step = failures = 0
        while True:
            evaluation, slope = self._look(x, final=step >= self.steps)
            total = float(evaluation.total)
            trouble = self._trouble(total, slope)
            if trouble:
                failures += 1
                best = self._way_back(trouble)
                yield Notice(f"Step {step} led to {trouble}: back to step {best.step}, half as bold.")
                if failures >= PATIENCE:
                    reason = "diverged"
                    break
                x, state = best.x, self.optimiser.damped(state)
                continue
            if self._keep(step, total, x):
                failures = 0
            yield self._event(step, x, evaluation, began)
            reason = self._reason(step, slope)
            if reason or slope is None:
                break
            x, state = self.optimiser.step(x, slope, state)
            step += 1
        yield Stopped(reason, step, self.best.step if self.best else 0)

    def _look(self, x: Tensor, *, final: bool) -> tuple[Evaluation, Tensor | None]:
        """Evaluate; the last picture needs no gradient any more."""
        return (self.problem.measure(x), None) if final else self.problem.gradient(x)

    def _trouble(self, total: float, slope: Tensor | None) -> str:
        """Say what is wrong with an evaluation; nothing if it can be built on."""
        if not math.isfinite(total) or total > RUNAWAY * self._first:
            return f"a total of {total:g}"
        if slope is not None and not bool(torch.isfinite(slope).all()):
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

    def _reason(self, step: int, slope: Tensor | None) -> str:
        if step >= self.steps:
            return "steps"
        if self._asked:
            return self._asked
        if slope is not None and not bool(slope.any()):
            return "stationary"
        return ""

    def _event(self, step: int, x: Tensor, evaluation: Evaluation, began: float) -> Step:
        return Step(
            step=step,
            steps=self.steps,
            scale=(x.shape[-2], x.shape[-1]),
            total=float(evaluation.total),
            terms=evaluation.numbers(),
            seconds=time.perf_counter() - began,
            memory=peak_memory(x.device),
            preview=lambda: self.problem.canvas.image(x),
        )
