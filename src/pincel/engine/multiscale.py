"""Coarse to fine: most steps on small canvases, few at full size."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from torch import Tensor
from torch.nn import functional

from pincel.canvas.base import Canvas
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Event, Notice, ScaleStart, Step, Stopped
from pincel.engine.loop import Best, Loop, LoopState
from pincel.errors import DivergedError, MemoryLimitError
from pincel.optim.base import CanvasChange, Optimizer
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Reasons to leave a scale after which the next one begins.
DONE = frozenset({"steps", "settled", "stationary"})
# Reasons after which a run cannot be resumed.
FINISHED = DONE | {"diverged"}


@dataclass(frozen=True)
class Scale:
    """One size of the canvas.

    Attributes:
        fraction: Of the full size; 1 for the last scale.
        size: (height, width) of the canvas.
        steps: Most updates.
        tolerance: See :class:`pincel.engine.loop.Loop`.
        coarse: Whether it comes before the last.
        anew: Whether the optimizer begins anew, because the scale before had another objective.
    """

    fraction: float
    size: tuple[int, int]
    steps: int
    tolerance: float = 0.0
    coarse: bool = False
    anew: bool = False


@dataclass(frozen=True)
class ScaleResult:
    """How the optimization at one scale ended.

    Attributes:
        scale: Which.
        stopped: Why and at which step.
        seconds: What it took, targets included.
    """

    scale: Scale
    stopped: Stopped
    seconds: float


@dataclass(frozen=True)
class MultiScaleState:
    """State before an evaluation; a loop over the same scales that is built from it emits the same events from there on.

    Attributes:
        index: Of the present scale, from 0.
        results: Of the scales before it.
        picture: (1, 3, H, W) that the present scale started from, in the network's pixel units.
        loop: State at the present scale.
        seconds: Since the run began.
        scale_seconds: Since the present scale began.
    """

    index: int
    results: tuple[ScaleResult, ...]
    picture: Tensor
    loop: LoopState
    seconds: float
    scale_seconds: float


def make_scales(
    size: tuple[int, int], steps: int, coarse: Sequence[tuple[float, float]], *, smallest: int, tolerance: float
) -> list[Scale]:
    """Return the scales of a run.

    Args:
        size: (height, width) of the result.
        steps: Updates at full size, of which those of coarse scales are multiples.
        coarse: (fraction of the size, multiple of the steps) of each coarse scale, in any order; 1 for the full size before the last.
        smallest: Scales with a shorter side below this are left out.
        tolerance: Of the coarse scales; at full size all steps are made.

    Returns:
        Coarse to fine, the full size last; the other sizes strictly increase.
    """
    scales = [
        Scale(fraction, (round(size[0] * fraction), round(size[1] * fraction)), round(steps * multiple), tolerance, coarse=True)
        for fraction, multiple in sorted(coarse)
    ]
    worth = [scale for scale in scales if min(scale.size) >= smallest and scale.steps > 0]
    by_size = {scale.size: scale for scale in worth if scale.fraction == 1 or scale.size != size}
    return [*by_size.values(), Scale(1.0, size, steps)]


class _Parts(NamedTuple):
    """How each scale is set up; see :class:`MultiScaleLoop`."""

    evaluator: Callable[[Scale, Tensor], Evaluator]
    optimizer: Callable[[Scale], Optimizer[Any]]
    upsample: Callable[[Tensor, Scale], Tensor]
    reset: bool


class MultiScaleLoop:
    """One loop after another, at each scale from the best picture of the scale before. Iterate over it, once, for events.

    Args:
        scales: Coarse to fine.
        evaluator: (scale, the picture that it starts from) → the evaluator of its objective; called when the scale begins.
        optimizer: Scale → the rule for one step.
        start: (1, 3, H, W) at the first scale, in the network's pixel units; or the state of another run over the same scales, to go on
            from there.
        upsample: (picture of the scale before, scale) → the picture that the scale starts from.
        reset: Whether the optimizer begins anew at each scale, instead of with its rescaled state; for another objective, or on a canvas
            that is not rescalable, it always does.

    Attributes:
        scales: As given.
        results: Of the scales that ended.

    Raises:
        DivergedError: While iterating, if the objective is not finite at the very start.
        MemoryLimitError: While iterating, if there is not enough memory for the first evaluation.
    """

    def __init__(
        self,
        scales: Sequence[Scale],
        evaluator: Callable[[Scale, Tensor], Evaluator],
        optimizer: Callable[[Scale], Optimizer[Any]],
        start: Tensor | MultiScaleState,
        upsample: Callable[[Tensor, Scale], Tensor],
        *,
        reset: bool = False,
    ) -> None:
        self.scales = scales
        self._parts = _Parts(evaluator, optimizer, upsample, reset)
        self._resumed = start if isinstance(start, MultiScaleState) else None
        self._picture = start.picture if isinstance(start, MultiScaleState) else start
        self._index = self._resumed.index if self._resumed else 0
        self.results: list[ScaleResult] = list(self._resumed.results) if self._resumed else []
        self._loop: Loop | None = None
        self._stop_reason = ""
        # Times of perf_counter; those of a resumed run may lie before this process began.
        self._began = self._scale_began = time.perf_counter()

    def stop(self, reason: str = "stopped") -> None:
        """Ask the run to end after the step under way; the first reason given counts."""
        self._stop_reason = self._stop_reason or reason
        if self._loop:
            self._loop.stop(self._stop_reason)

    @property
    def scale(self) -> Scale:
        """The present one."""
        return self.scales[self._index]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the present scale."""
        return self.scale.size

    @property
    def seconds(self) -> float:
        """Since the run began, before a resume included."""
        return time.perf_counter() - self._began

    @property
    def state(self) -> MultiScaleState:
        """State before the last evaluation; before the first one, the state that the loop was built from.

        Raises:
            ValueError: If it was built from a picture and has not begun.
        """
        if self._loop is None:
            if self._resumed is None:
                raise ValueError("A run that has not begun has no state to resume from.")
            return self._resumed
        # A scale that has just ended is still the present one: its last evaluation, repeated, ends it again.
        results, scale_seconds = tuple(self.results[: self._index]), time.perf_counter() - self._scale_began
        return MultiScaleState(self._index, results, self._picture, self._loop.state, self.seconds, scale_seconds)

    @property
    def best(self) -> Best | None:
        """The best canvas of the present scale."""
        return self._loop.best if self._loop else None

    @property
    def picture(self) -> Tensor:
        """The best picture so far, (1, 3, H, W) of its scale, in the network's pixel units."""
        loop = self._loop
        return loop.evaluator.problem.pixels(loop.best.x) if loop and loop.best else self._picture

    def __iter__(self) -> Iterator[Event]:
        self._began = time.perf_counter() - (self._resumed.seconds if self._resumed else 0.0)
        for index in range(self._index, len(self.scales)):
            scale = self.scales[index]
            if len(self.scales) > 1:
                ahead = sum(math.prod(each.size) * each.steps for each in self.scales[index + 1 :]) / math.prod(scale.size)
                yield ScaleStart(index + 1, len(self.scales), scale.size, scale.steps, ahead)
            end = yield from self._run_scale(index)
            last = index + 1 == len(self.scales)
            if end.reason in DONE and self._stop_reason and not last:
                # Asked to stop in the last step of a coarse scale: that is why no finer one follows.
                end = replace(end, reason=self._stop_reason)
            self.results.append(ScaleResult(scale, end, time.perf_counter() - self._scale_began))
            if end.reason not in DONE:
                break
        yield end

    def _run_scale(self, index: int) -> Generator[Event, None, Stopped]:
        """Yield the events of one scale but the last, and return that."""
        end = Stopped("stationary", 0, 0)
        try:
            loop = self._begin_scale(index)
            yield from (Notice(note) for note in loop.evaluator.notes)
            for event in loop:
                if isinstance(event, Stopped):
                    end = event
                else:
                    yield replace(event, seconds=self.seconds) if isinstance(event, Step) else event
        except (DivergedError, MemoryLimitError) as error:
            if not self.results:
                raise
            # The picture of the scale before is kept.
            height, width = self.scales[index].size
            yield Notice(Note(_("At {width}×{height}: {error}"), width=width, height=height, error=error.args[0]))
            end = Stopped("diverged" if isinstance(error, DivergedError) else "out of memory", 0, 0)
        return end

    def _begin_scale(self, index: int) -> Loop:
        """Return the loop of a scale, which goes on where the scale before ended, or where a resumed run was."""
        self._scale_began = time.perf_counter()
        scale, first = self.scales[index], self._loop is None
        picture = self._picture if first else self._parts.upsample(self.picture, scale)
        evaluator, optimizer = self._parts.evaluator(scale, picture), self._parts.optimizer(scale)
        if self._resumed and first:
            self._scale_began -= self._resumed.scale_seconds
            start: Tensor | LoopState = self._resumed.loop
            self._resumed = None
        else:
            start = self._start_of(scale, picture, evaluator, optimizer)
        self._picture = picture
        self._loop, self._index = Loop(evaluator, optimizer, start, scale.steps, tolerance=scale.tolerance), index
        if self._stop_reason:
            self._loop.stop(self._stop_reason)
        return self._loop

    def _start_of(self, scale: Scale, picture: Tensor, evaluator: Evaluator, optimizer: Optimizer[Any]) -> Tensor | LoopState:
        """Return the canvas that a scale starts from, and the rescaled state of the optimizer unless it begins anew."""
        before, canvas = self._loop, evaluator.problem.canvas
        x = canvas.encode(picture)
        if before is None or self._parts.reset or scale.anew or not canvas.rescalable:
            return x
        change = canvas_change(before.evaluator.problem.canvas, canvas, self.size, scale.size)
        return LoopState(x, optimizer.rescale(before.state.optimizer, change), before.state.step_scale)


def canvas_change(before: Canvas, after: Canvas, old: tuple[int, int], new: tuple[int, int]) -> CanvasChange:
    """Return how steps and gradients on one canvas are resampled to another.

    Steps are resampled as the pictures they stand for. Gradients are dual to them: a canvas that scales its pixels scales the gradient by
    the same factors, not by their inverse.
    """
    ratio = (old[0] * old[1]) / (new[0] * new[1])
    return CanvasChange(
        step=lambda values: after.encode(resample(before.pixels(values), new)),
        grad=lambda values: ratio * after.pixels(resample(before.encode(values), new)),
        ratio=ratio,
    )


def resample(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample (1, 3, H, W) of any range by cubic convolution, on its device; antialiased where it shrinks."""
    return functional.interpolate(picture, size, mode="bicubic", align_corners=False, antialias=True)
