"""Coarse to fine: most steps on small canvases, few at full size."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from torch.nn import functional

from pincel.canvas.base import Canvas
from pincel.engine.events import Event, Notice, Scale, Step, Stopped
from pincel.engine.loop import Best, Loop
from pincel.engine.problem import Problem
from pincel.errors import DivergedError
from pincel.optimisers.base import Change, Optimiser

# Reasons to leave a scale that are no reason to end the run.
DONE = frozenset({"steps", "settled", "stationary"})


@dataclass(frozen=True)
class Rung:
    """One scale.

    Attributes:
        share: Of the full size, 1 for the last.
        size: (height, width) of the canvas.
        steps: Updates at most.
        tolerance: See :class:`Loop`.
    """

    share: float
    size: tuple[int, int]
    steps: int
    tolerance: float = 0.0


@dataclass(frozen=True)
class Climbed:
    """What happened on one rung.

    Attributes:
        rung: Which.
        stopped: Why and where it ended.
        seconds: What it took, targets included.
    """

    rung: Rung
    stopped: Stopped
    seconds: float


def rungs(size: tuple[int, int], steps: int, ladder: Sequence[tuple[float, float]], *, smallest: int, tolerance: float) -> list[Rung]:
    """Lay out a ladder.

    Args:
        size: (height, width) at the top.
        steps: Updates at full size; coarse ones follow from it.
        ladder: (share of the size, multiple of the steps) of each coarse scale, in any order.
        smallest: Rungs whose shorter side would be below this are left out.
        tolerance: Of the coarse rungs; at full size all steps are made.

    Returns:
        Coarse to fine, the full size last; sizes strictly grow.
    """
    coarse = [
        Rung(share, (round(size[0] * share), round(size[1] * share)), round(steps * multiple), tolerance)
        for share, multiple in sorted(ladder)
    ]
    kept = {rung.size: rung for rung in coarse if min(rung.size) >= smallest and rung.steps > 0 and rung.size != size}
    return [*kept.values(), Rung(1.0, size, steps)]


class Climb:
    """A run over all scales of a ladder. Iterate over it, once, for events.

    Args:
        rungs: Coarse to fine.
        problem: Rung → the objective at that size; called when its turn comes.
        optimiser: Canvas → the rule for one step on it.
        start: (1, 3, H, W) of the first rung, in the network's pixel units.
        finer: (picture of the rung before, rung) → the picture to start this rung from.

    Raises:
        DivergedError: While iterating, if the objective is not finite at the very start.
    """

    def __init__(
        self,
        rungs: Sequence[Rung],
        problem: Callable[[Rung], Problem],
        optimiser: Callable[[Canvas], Optimiser[Any]],
        start: Tensor,
        finer: Callable[[Tensor, Rung], Tensor],
    ) -> None:
        self.rungs = rungs
        self.climbed: list[Climbed] = []
        self._problem, self._optimiser, self._finer = problem, optimiser, finer
        self._picture, self.size = start, rungs[0].size
        self._loop: Loop | None = None
        self._asked = ""

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; the first reason given counts."""
        self._asked = self._asked or reason
        if self._loop:
            self._loop.stop(self._asked)

    @property
    def best(self) -> Best | None:
        """The best canvas of the scale under way."""
        return self._loop.best if self._loop else None

    @property
    def picture(self) -> Tensor:
        """The best picture so far, (1, 3, H, W) of its scale, in the network's pixel units."""
        loop = self._loop
        return loop.problem.canvas.pixels(loop.best.x) if loop and loop.best else self._picture

    def __iter__(self) -> Iterator[Event]:
        began = time.perf_counter()
        for index, rung in enumerate(self.rungs, start=1):
            entered = time.perf_counter()
            if len(self.rungs) > 1:
                yield Scale(index, len(self.rungs), rung.size, rung.steps)
            end = yield from self._paint(self._enter(rung), began)
            last = index == len(self.rungs)
            if end.reason in DONE and self._asked and not last:
                # Asked during the last step of a coarse scale: that is why there are no finer ones.
                end = replace(end, reason=self._asked)
            self.climbed.append(Climbed(rung, end, time.perf_counter() - entered))
            if end.reason not in DONE:
                break
        yield end

    def _paint(self, loop: Loop, began: float) -> Generator[Event, None, Stopped]:
        """Pass on the events of one scale but the last, and return that."""
        end = Stopped("stationary", 0, 0)
        try:
            for event in loop:
                if isinstance(event, Stopped):
                    end = event
                else:
                    yield replace(event, seconds=time.perf_counter() - began) if isinstance(event, Step) else event
        except DivergedError as error:
            if not self.climbed:
                raise
            # The picture of the scale before is worth keeping.
            yield Notice(f"At {self.size[1]}×{self.size[0]}: {error}")
            end = Stopped("diverged", 0, 0)
        return end

    def _enter(self, rung: Rung) -> Loop:
        """Begin a rung where the one before ended."""
        before = self._loop
        problem = self._problem(rung)
        optimiser = self._optimiser(problem.canvas)
        picture = self._picture if before is None else self._finer(self.picture, rung)
        state = (
            None if before is None else optimiser.carried(before.state, change(before.problem.canvas, problem.canvas, self.size, rung.size))
        )
        loop = Loop(problem, optimiser, problem.canvas.encode(picture), rung.steps, tolerance=rung.tolerance, state=state)
        self._loop, self._picture, self.size = loop, picture, rung.size
        if self._asked:
            loop.stop(self._asked)
        return loop


def change(before: Canvas, after: Canvas, old: tuple[int, int], new: tuple[int, int]) -> Change:
    """Translate between canvases of two sizes.

    Steps are resampled as the pictures they stand for. Gradients go the other way: a canvas that scales its pixels scales the gradient by
    the same factors, not by their inverse.
    """
    ratio = (old[0] * old[1]) / (new[0] * new[1])
    return Change(
        step=lambda values: after.encode(resampled(before.pixels(values), new)),
        slope=lambda values: ratio * after.pixels(resampled(before.encode(values), new)),
        ratio=ratio,
    )


def resampled(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample (1, 3, H, W) of any range by cubic convolution, on its device; antialiased where it shrinks."""
    return functional.interpolate(picture, size, mode="bicubic", align_corners=False, antialias=True)
