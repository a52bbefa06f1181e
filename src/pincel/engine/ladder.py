"""Coarse to fine: most steps on small canvases, few at full size."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from torch.nn import functional

from pincel.canvas.base import Canvas
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Event, Notice, Scale, Step, Stopped
from pincel.engine.loop import Best, Loop, LoopState
from pincel.errors import DivergedError, MemoryLimitError
from pincel.optim.base import CanvasChange, Optimizer

# Reasons to leave a scale that are no reason to end the run.
DONE = frozenset({"steps", "settled", "stationary"})
# Reasons for which there is nothing left to go on with.
FINISHED = DONE | {"diverged"}


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


@dataclass(frozen=True)
class ClimbSnapshot:
    """A climb right before one of its loops looks at a canvas: built from it, another tells the same again and goes on alike.

    Attributes:
        index: Of the rung under way, from 0.
        climbed: The rungs before it.
        picture: (1, 3, H, W) that rung started from, in the network's pixel units.
        loop: Where its loop is.
        seconds: Since the run began.
        entered: Seconds spent on this rung.
    """

    index: int
    climbed: tuple[Climbed, ...]
    picture: Tensor
    loop: LoopState
    seconds: float
    entered: float


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
        evaluator: Rung → the evaluator of its objective; called when its turn comes.
        optimizer: Rung → the rule for one step.
        start: (1, 3, H, W) of the first rung, in the network's pixel units.
        finer: (picture of the rung before, rung) → the picture to start this rung from.
        place: Where another climb over the same rungs was, to go on from there; its picture takes the place of ``start``.
        reset: Whether the optimizer begins anew on each rung, instead of with what it knew on the one before.

    Raises:
        DivergedError: While iterating, if the objective is not finite at the very start.
    """

    def __init__(
        self,
        rungs: Sequence[Rung],
        evaluator: Callable[[Rung], Evaluator],
        optimizer: Callable[[Rung], Optimizer[Any]],
        start: Tensor,
        finer: Callable[[Tensor, Rung], Tensor],
        place: ClimbSnapshot | None = None,
        *,
        reset: bool = False,
    ) -> None:
        self.rungs = rungs
        self.climbed: list[Climbed] = list(place.climbed) if place else []
        self._evaluator, self._optimizer, self._finer, self._reset = evaluator, optimizer, finer, reset
        self._place = place
        self._index = place.index if place else 0
        self._picture, self.size = place.picture if place else start, rungs[self._index].size
        self._loop: Loop | None = None
        self._asked = ""
        # On the clock of perf_counter; so that what went by before counts, they may lie before this process.
        self._began = self._entered = time.perf_counter()

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; the first reason given counts."""
        self._asked = self._asked or reason
        if self._loop:
            self._loop.stop(self._asked)

    @property
    def seconds(self) -> float:
        """Since the run began, the part before the place it went on from included."""
        return time.perf_counter() - self._began

    def snapshot(self) -> ClimbSnapshot:
        """Return where the climb was before its last evaluation; before the first of all, only what it was built from.

        Raises:
            ValueError: If it was built from nothing and has not begun.
        """
        if self._loop is None:
            if self._place is None:
                raise ValueError("A climb that has not begun has no place to go on from.")
            return self._place
        # A rung that has just been left is still the one under way: its last evaluation leads out of it again.
        climbed, entered = tuple(self.climbed[: self._index]), time.perf_counter() - self._entered
        return ClimbSnapshot(self._index, climbed, self._picture, self._loop.state, self.seconds, entered)

    @property
    def best(self) -> Best | None:
        """The best canvas of the scale under way."""
        return self._loop.best if self._loop else None

    @property
    def picture(self) -> Tensor:
        """The best picture so far, (1, 3, H, W) of its scale, in the network's pixel units."""
        loop = self._loop
        return loop.evaluator.problem.pixels(loop.best.x) if loop and loop.best else self._picture

    def __iter__(self) -> Iterator[Event]:
        self._began = time.perf_counter() - (self._place.seconds if self._place else 0.0)
        for index in range(self._index, len(self.rungs)):
            rung = self.rungs[index]
            if len(self.rungs) > 1:
                yield Scale(index + 1, len(self.rungs), rung.size, rung.steps)
            end = yield from self._paint(index)
            last = index + 1 == len(self.rungs)
            if end.reason in DONE and self._asked and not last:
                # Asked during the last step of a coarse scale: that is why there are no finer ones.
                end = replace(end, reason=self._asked)
            self.climbed.append(Climbed(rung, end, time.perf_counter() - self._entered))
            if end.reason not in DONE:
                break
        yield end

    def _paint(self, index: int) -> Generator[Event, None, Stopped]:
        """Pass on the events of one scale but the last, and return that."""
        end = Stopped("stationary", 0, 0)
        try:
            loop = self._enter(index)
            yield from (Notice(note) for note in loop.evaluator.notes)
            for event in loop:
                if isinstance(event, Stopped):
                    end = event
                else:
                    yield replace(event, seconds=self.seconds) if isinstance(event, Step) else event
        except (DivergedError, MemoryLimitError) as error:
            if not self.climbed:
                raise
            # The picture of the scale before is worth keeping.
            size = self.rungs[index].size
            yield Notice(f"At {size[1]}×{size[0]}: {error}")
            end = Stopped("diverged" if isinstance(error, DivergedError) else "out of memory", 0, 0)
        return end

    def _enter(self, index: int) -> Loop:
        """Begin a rung where the one before ended, or go on in the one the climb was built in the middle of."""
        self._entered = time.perf_counter()
        rung = self.rungs[index]
        evaluator = self._evaluator(rung)
        optimizer = self._optimizer(rung)
        if self._place and self._loop is None:
            self._entered -= self._place.entered
            loop = Loop(evaluator, optimizer, self._place.loop, rung.steps, tolerance=rung.tolerance)
            self._place = None
        else:
            loop = self._begun(rung, evaluator, optimizer)
        self._loop, self._index, self.size = loop, index, rung.size
        if self._asked:
            loop.stop(self._asked)
        return loop

    def _begun(self, rung: Rung, evaluator: Evaluator, optimizer: Optimizer[Any]) -> Loop:
        """Take along picture and state of the rung before."""
        before, canvas = self._loop, evaluator.problem.canvas
        picture = self._picture if before is None else self._finer(self.picture, rung)
        self._picture = picture
        start: Tensor | LoopState = canvas.encode(picture)
        if before is not None and not self._reset:
            state = optimizer.rescale(before.state.optimizer, change(before.evaluator.problem.canvas, canvas, self.size, rung.size))
            start = LoopState(start, state, before.state.step_scale)
        return Loop(evaluator, optimizer, start, rung.steps, tolerance=rung.tolerance)


def change(before: Canvas, after: Canvas, old: tuple[int, int], new: tuple[int, int]) -> CanvasChange:
    """Translate between canvases of two sizes.

    Steps are resampled as the pictures they stand for. Gradients go the other way: a canvas that scales its pixels scales the gradient by
    the same factors, not by their inverse.
    """
    ratio = (old[0] * old[1]) / (new[0] * new[1])
    return CanvasChange(
        step=lambda values: after.encode(resampled(before.pixels(values), new)),
        grad=lambda values: ratio * after.pixels(resampled(before.encode(values), new)),
        ratio=ratio,
    )


def resampled(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample (1, 3, H, W) of any range by cubic convolution, on its device; antialiased where it shrinks."""
    return functional.interpolate(picture, size, mode="bicubic", align_corners=False, antialias=True)
