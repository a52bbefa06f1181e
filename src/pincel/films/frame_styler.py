"""Stylization of one frame: by itself, or with a temporal loss to the frames before it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pincel.engine.events import Notice, ScaleStart, Step, Stopped
from pincel.engine.loop import Plateau
from pincel.errors import MemoryLimitError
from pincel.films.base import Emit, FrameStep, Pixels, no_op
from pincel.films.flow import FLOWS, between
from pincel.films.frame_recipes import coarse_recipe, next_recipe, painting_recipe, pass_recipe, sketch_recipe
from pincel.films.pixels import WHITE, Floats, to_bytes, to_levels, to_tensor
from pincel.films.settings import FilmSettings
from pincel.functional.color import luminance
from pincel.functional.temporal import long_term_weights, warp_blend
from pincel.images.picture import LoadedImage
from pincel.images.resize import resize
from pincel.losses.base import Loss
from pincel.losses.temporal import TemporalLoss
from pincel.recipes.schema import Recipe
from pincel.run import sizes
from pincel.run.cache import Cache
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.sources import expand_styles, open_picture

# Mean distance to the frames before, in gray levels, at which the temporal loss of consistency 1 equals J of a scene's first frame.
REFERENCE_DISTANCE = 10.0
# Least number of steps of a frame that continues another, so that its new parts merge with the rest.
MIN_STEPS = 3
# Fraction of a frame that must be new to be painted by itself first.
MIN_NEW = 0.002
# Fraction of the change made on a coarse scale that is added to the initial value of a frame; with 1, films flicker.
COARSE_FRACTION = 0.2
# Warped earlier frames, (height, width, 3), with the confidence of each pixel, (height, width).
Warped: TypeAlias = Sequence[tuple[Floats, Floats]]
# The same, with how many frames before.
Targets: TypeAlias = Sequence[tuple[int, Floats, Floats]]


@dataclass(frozen=True, eq=False)
class FramePair:
    """A frame before and after painting.

    Attributes:
        source: As filmed, in the size of the painting.
        painted: As painted.
    """

    source: Pixels
    painted: Pixels


@dataclass(frozen=True)
class StyledFrame:
    """The result of painting a frame.

    Attributes:
        pixels: (height, width, 3).
        total: J at the end.
        steps: Made.
        seconds: Taken, optical flow included.
        followed: Fraction of the frame with a temporal loss.
    """

    pixels: Pixels
    total: float
    steps: int
    seconds: float
    followed: float


@dataclass
class FrameStyler:
    """Paints the frames of a film, one after another.

    Attributes:
        settings: How.
        size: (height, width) of painted frames.
        cache: Networks and style targets, kept from frame to frame.
        emit: Called with each step.
        stop: Called after each step; where it returns True, the frame is not finished.
    """

    settings: FilmSettings
    size: tuple[int, int]
    cache: Cache = field(default_factory=Cache)
    emit: Emit = no_op
    stop: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        """Check the settings, open the style pictures."""
        self.recipe = painting_recipe(self.settings, self.size)
        sizes.content_size(self.recipe, LoadedImage(torch.zeros(1, 3, *self.size), None, "a frame", ""))
        self.flow_fn = FLOWS[self.settings.flow]
        groups = expand_styles(list(self.settings.styles))
        self.styles: list[Any] = [
            (self.cache.get_or_make("film styles", str(source), partial(open_picture, source, "style", self.recipe.background)), weight)
            for group in groups
            for source, weight in group
        ]
        self._noted: set[str] = set()

    @cached_property
    def _machine(self) -> Machine:
        """The machine, resolved with the first frame because that may measure for a second."""
        settings = self.settings
        return Machine.resolve(settings.device, settings.precision, settings.tiles, settings.memory, cache=self.cache)

    @property
    def history(self) -> int:
        """How many earlier frames a frame may continue."""
        return max(self.settings.long_term, default=1)

    def source(self, pixels: Pixels) -> Pixels:
        """Return a frame in the size it is painted in."""
        if pixels.shape[:2] == self.size:
            return pixels
        return to_bytes(resize(to_tensor(pixels), self.size, "lanczos"))

    def paint_alone(self, index: int, source: Pixels) -> StyledFrame | None:
        """Paint a frame by itself; None if it was stopped."""
        return self._paint(index, source, self.recipe, None, [], 0.0, time.perf_counter())

    def paint_continued(self, index: int, source: Pixels, before: Sequence[FramePair], first_total: float) -> StyledFrame | None:
        """Paint a frame so that it continues those before it.

        Args:
            index: Its number.
            source: As filmed.
            before: Frames before it, the last first.
            first_total: J of the scene's first frame when it was finished.

        Returns:
            None if it was stopped.
        """
        began = time.perf_counter()
        earlier = {back: before[back - 1] for back in sorted({1, *self.settings.long_term}) if back <= len(before)}
        moves = {back: between(pair.source, source, self.flow_fn) for back, pair in earlier.items()}
        confidences = dict(zip(moves, long_term_weights([move.confidence for move in moves.values()]), strict=True))
        warped = {back: move.warp(earlier[back].painted) for back, move in moves.items()}
        age = age_map({back: move.confidence for back, move in moves.items()})
        targets = [(back, warped[back], confidences[back] * age) for back in self.settings.long_term if back in earlier]
        known = [(warped[back], confidences[back]) for back in earlier]
        new = disoccluded(known)
        rest = self._paint_new(index, source, new)
        if rest is None:
            return None
        init = sum((confidence[..., None] * picture for picture, confidence in known), start=new[..., None] * rest)
        change = self._coarse_change(index, source, init)
        targets = [(back, picture + change, confidence) for back, picture, confidence in targets]
        return self._paint(index, source, next_recipe(self.recipe, self.settings.next_steps), init + change, targets, first_total, began)

    def _coarse_change(self, index: int, source: Pixels, init: Floats) -> Floats:
        """Return what a few steps on the coarsest scale change in the initial value of a frame; 0 where the recipe has no coarse scale.

        At full size, large light and dark areas hardly change: over many frames, contrast would decrease.

        Args:
            index: Number of the frame.
            source: As filmed.
            init: (height, width, 3) in gray levels.
        """
        canvas = self._as_canvas(to_tensor(init))
        recipe = coarse_recipe(self.recipe)
        run = Run(self._content(index, source), self.styles, recipe=recipe, machine=self._machine, init_image=canvas)
        coarse = run.plan.scales[0].size
        if coarse == run.size:
            return np.zeros_like(init)
        best: Step | None = None
        for step in (event for event in run if isinstance(event, Step)):
            if best is None or step.total < best.total:
                best = step
            if step.step == step.steps:
                break
        if best is None:
            return np.zeros_like(init)
        before, after = (resize(each, self.size) for each in (resize(canvas, coarse), self._as_canvas(best.preview().cpu())))
        return COARSE_FRACTION * to_levels(after - before)

    def _paint_new(self, index: int, source: Pixels, new: Floats) -> Floats | None:
        """Return the initial value of new parts of a frame: the frame painted by itself, with fewer steps.

        Beside parts that are painted already, J of the whole frame would be too low to change new ones.

        Args:
            index: Its number.
            source: As filmed.
            new: How much of each pixel is new.

        Returns:
            (height, width, 3) in gray levels; the frame as filmed if nearly nothing is new. None if it was stopped.
        """
        if new.mean() < MIN_NEW:
            return source.astype(np.float32)
        styled = self._paint(index, source, sketch_recipe(self.recipe), None, [], 0.0, time.perf_counter())
        return None if styled is None else styled.pixels.astype(np.float32)

    def repaint(
        self, index: int, source: Pixels, painted: Pixels, neighbor: FramePair | None, first_total: float, *, use_as_target: bool
    ) -> StyledFrame | None:
        """Paint a frame once more, in a pass over a scene.

        Args:
            index: Its number.
            source: As filmed.
            painted: As painted so far.
            neighbor: The frame painted before it in this pass: the last, or, backward, the next; None for the first of a pass.
            first_total: As for :meth:`paint_continued`.
            use_as_target: Whether that frame is a target of the temporal loss too, and not only part of the initial value.

        Returns:
            None if it was stopped.
        """
        began = time.perf_counter()
        recipe = pass_recipe(self.recipe, self.settings.passes, first=False)
        if neighbor is None:
            return self._paint(index, source, recipe, painted.astype(np.float32), [], first_total, began)
        move = between(neighbor.source, source, self.flow_fn)
        warped = move.warp(neighbor.painted)
        init = warp_blend(to_tensor(painted), to_tensor(warped), torch.from_numpy(move.confidence)[None, None])
        targets = [(1, warped, move.confidence)] if use_as_target else []
        return self._paint(index, source, recipe, to_levels(init), targets, first_total, began)

    def paint_first_pass(self, index: int, source: Pixels) -> StyledFrame | None:
        """Paint a frame by itself in the first of several passes, with few steps at full size."""
        recipe = pass_recipe(self.recipe, self.settings.passes, first=True)
        return self._paint(index, source, recipe, None, [], 0.0, time.perf_counter())

    def _paint(
        self, index: int, source: Pixels, recipe: Recipe, init: Floats | None, targets: Targets, first_total: float, began: float
    ) -> StyledFrame | None:
        weight = self.settings.consistency * first_total / (REFERENCE_DISTANCE * recipe.white / WHITE) ** 2

        def extra_losses(size: tuple[int, int]) -> list[Loss]:
            if not (targets and weight > 0):
                return []
            return [TemporalLoss({back: self._target(recipe, size, target, confidence) for back, target, confidence in targets}, weight)]

        content = self._content(index, source)
        init_image = None if init is None else self._as_canvas(to_tensor(init))
        run = Run(content, self.styles, recipe=recipe, machine=self._machine, init_image=init_image, extra_losses=extra_losses)
        # A frame by itself makes the steps of its recipe, as any picture does.
        rel_tol, target_loss = (0.0, -math.inf) if init is None else (self.settings.settle, first_total if targets else -math.inf)
        best, steps = self._iterate(index, run, rel_tol, target_loss)
        if best is None:
            return None
        followed = float(np.mean(np.clip(sum(confidence for _, _, confidence in targets), 0, 1))) if targets else 0.0
        return StyledFrame(to_bytes(best.preview().cpu()), best.total, steps, time.perf_counter() - began, followed)

    def _content(self, index: int, source: Pixels) -> LoadedImage:
        return LoadedImage(to_tensor(source), None, f"frame {index}", "")

    def _iterate(self, index: int, run: Run, rel_tol: float, target_loss: float) -> tuple[Step | None, int]:
        """Make the steps; return the best one and how many there were, or None if it was stopped.

        The number of steps is not fixed, because earlier strokes are painted again in every frame: with as many steps each, things would
        dissolve more and more the longer they are in view.

        Args:
            index: Of the frame.
            run: Paints it.
            rel_tol: It ends when ten steps lower J by less than this fraction.
            target_loss: It ends when J is this low, too.
        """
        best: Step | None = None
        begun, plateau = True, Plateau(rel_tol)
        steps = 0
        for event in run:
            if isinstance(event, ScaleStart):
                # Scales of one size may have different objectives.
                begun, plateau = True, Plateau(rel_tol)
            if isinstance(event, Notice) and event.text not in self._noted:
                self._noted.add(event.text)
                self.emit(event)
            if isinstance(event, Stopped) and event.reason == "out of memory":
                raise MemoryLimitError(f"Out of memory at frame {index}. The frames before it are kept; try a smaller --size.")
            if not isinstance(event, Step):
                continue
            if best is None or begun or event.total < best.total:
                best, begun = event, False
            steps += event.step > 0
            self.emit(FrameStep(index, event.step, event.steps, event.total))
            if self.stop():
                run.stop()
                return None, steps
            if event.scale == run.size and (plateau.update(best.total) or (event.step >= MIN_STEPS and best.total <= target_loss)):
                run.stop("settled")
        return best, steps

    def _target(self, recipe: Recipe, size: tuple[int, int], target: Floats, confidence: Floats) -> tuple[Tensor, Tensor]:
        """Return a target of the temporal loss in the size of a scale and the network's units, with its weights."""
        pixels, weights = self._as_canvas(to_tensor(target)), torch.from_numpy(confidence)[None, None]
        if (pixels.shape[-2], pixels.shape[-1]) != size:
            pixels, weights = (functional.interpolate(each, size, mode="bilinear", antialias=True) for each in (pixels, weights))
        return recipe.white * pixels, weights

    def _as_canvas(self, pixels: Tensor) -> Tensor:
        """Return a painted picture as it is optimized: in gray, where colors are added afterwards."""
        return luminance(pixels) if self.recipe.color == "luminance" else pixels


def age_map(confidences: Mapping[int, Floats]) -> Floats:
    """Return for how many of the earlier frames each pixel has been in view, as a fraction of all: (height, width), 0 to 1.

    Pixels that have just come into view get less temporal loss for a few frames: the steps of a single frame do not finish them.

    Args:
        confidences: How many frames before → confidence of each pixel.
    """
    known: Floats = np.sum([back * confidence for back, confidence in confidences.items()], axis=0, dtype=np.float32)
    return known / np.float32(sum(confidences))


def disoccluded(warped: Warped) -> Floats:
    """Return how much of each pixel is new, that is in no earlier frame: (height, width), 0 to 1."""
    known: Floats = np.sum([confidence for _, confidence in warped], axis=0, dtype=np.float32)
    return np.clip(1 - known, 0, 1)
