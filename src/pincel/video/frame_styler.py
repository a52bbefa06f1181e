"""One frame painted: by itself, or held to the frames before it."""

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

from pincel.engine.events import Notice, Step, Stopped
from pincel.engine.loop import Plateau
from pincel.errors import MemoryLimitError
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
from pincel.video.base import FrameStep, Pixels, Tell, no_op
from pincel.video.flow import FLOWS, between
from pincel.video.frame_recipes import next_recipe, painting_recipe, pass_recipe, sketch_recipe
from pincel.video.pixels import WHITE, Floats, to_bytes, to_levels, to_tensor
from pincel.video.settings import Settings

# A mean distance of so many gray levels from the frames before, at consistency 1, weighs as much as all else of a scene's first frame.
APART = 10.0
# Steps that a frame that continues another makes at least: what is new in it has to grow together with the rest.
LEAST = 3
# Share of a frame that must be new to be painted by itself first.
NEW = 0.002
# Pictures of frames before, moved, (height, width, 3), and how far each pixel of them is trusted, (height, width).
Begun: TypeAlias = Sequence[tuple[Floats, Floats]]
# The same, with how many frames before.
Targets: TypeAlias = Sequence[tuple[int, Floats, Floats]]


@dataclass(frozen=True, eq=False)
class FramePair:
    """A frame that is painted.

    Attributes:
        source: What was filmed, in the size it is painted in.
        painted: The painting of it.
    """

    source: Pixels
    painted: Pixels


@dataclass(frozen=True)
class StyledFrame:
    """What painting a frame came to.

    Attributes:
        pixels: (height, width, 3).
        total: J at its end.
        steps: Made.
        seconds: Taken, the flow included.
        followed: Share of the frame that is held to others.
    """

    pixels: Pixels
    total: float
    steps: int
    seconds: float
    followed: float


@dataclass
class FrameStyler:
    """Paints the frames of a film, one after the other.

    Attributes:
        settings: How.
        size: (height, width) of painted frames.
        cache: What earlier frames made and later ones can use.
        tell: Is told each step.
        stop: Asked after each step; a frame that is left in the middle is not finished.
    """

    settings: Settings
    size: tuple[int, int]
    cache: Cache = field(default_factory=Cache)
    tell: Tell = no_op
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
        self._told: set[str] = set()

    @cached_property
    def _machine(self) -> Machine:
        """Resolved with the first frame: it may measure for a second."""
        settings = self.settings
        return Machine.resolve(settings.device, settings.precision, settings.tiles, settings.memory, cache=self.cache)

    @property
    def history(self) -> int:
        """How many frames back a frame may look."""
        return max(self.settings.long_term, default=1)

    def source(self, pixels: Pixels) -> Pixels:
        """Bring a frame to the size it is painted in."""
        if pixels.shape[:2] == self.size:
            return pixels
        return to_bytes(resize(to_tensor(pixels), self.size, "lanczos"))

    def alone(self, index: int, source: Pixels) -> StyledFrame | None:
        """Paint a frame by itself; None if it was left in the middle."""
        return self._painted(index, source, self.recipe, None, [], 0.0, time.perf_counter())

    def continued(self, index: int, source: Pixels, before: Sequence[FramePair], first: float) -> StyledFrame | None:
        """Paint a frame so that it continues those before it.

        Args:
            index: Its number.
            source: What was filmed.
            before: Frames before it, the last first.
            first: J of the scene's first frame when it was finished.

        Returns:
            None if it was left in the middle.
        """
        began = time.perf_counter()
        near = {back: before[back - 1] for back in sorted({1, *self.settings.long_term}) if back <= len(before)}
        moves = {back: between(shown.source, source, self.flow_fn) for back, shown in near.items()}
        confidences = dict(zip(moves, long_term_weights([move.confidence for move in moves.values()]), strict=True))
        moved = {back: move.moved(near[back].painted) for back, move in moves.items()}
        settled_in = age_map({back: move.confidence for back, move in moves.items()})
        targets = [(back, moved[back], confidences[back] * settled_in) for back in self.settings.long_term if back in near]
        begun = [(moved[back], confidences[back]) for back in near]
        new = disoccluded_share(begun)
        rest = self._sketched(index, source, new)
        if rest is None:
            return None
        start = sum((confidence[..., None] * picture for picture, confidence in begun), start=new[..., None] * rest)
        return self._painted(index, source, next_recipe(self.recipe, self.settings.next_steps), start, targets, first, began)

    def _sketched(self, index: int, source: Pixels, new: Floats) -> Floats | None:
        """Return how what is new in a frame begins: as in a picture by itself, with fewer steps.

        By itself, because beside what is painted already little would be asked of it: J looks at the frame as a whole, and is content.

        Args:
            index: Its number.
            source: What was filmed.
            new: How much of each pixel is new.

        Returns:
            (height, width, 3) in gray levels; as it was filmed if nearly nothing is new. None if it was asked to stop.
        """
        if new.mean() < NEW:
            return source.astype(np.float32)
        styled = self._painted(index, source, sketch_recipe(self.recipe), None, [], 0.0, time.perf_counter())
        return None if styled is None else styled.pixels.astype(np.float32)

    def again(self, index: int, source: Pixels, own: Pixels, beside: FramePair | None, first: float, *, hold: bool) -> StyledFrame | None:
        """Paint over a frame that is painted already, in a pass over a scene.

        Args:
            index: Its number.
            source: What was filmed.
            own: How it is painted so far.
            beside: The frame painted before it in this pass: the last, or, backward, the next; None for the first of a pass.
            first: As for :meth:`continued`.
            hold: Whether it is held to that frame, too, and not only begun between both.

        Returns:
            None if it was left in the middle.
        """
        began = time.perf_counter()
        recipe = pass_recipe(self.recipe, self.settings.passes, first=False)
        if beside is None:
            return self._painted(index, source, recipe, own.astype(np.float32), [], first, began)
        move = between(beside.source, source, self.flow_fn)
        moved = move.moved(beside.painted)
        start = warp_blend(to_tensor(own), to_tensor(moved), torch.from_numpy(move.confidence)[None, None])
        targets = [(1, moved, move.confidence)] if hold else []
        return self._painted(index, source, recipe, to_levels(start), targets, first, began)

    def first_of_passes(self, index: int, source: Pixels) -> StyledFrame | None:
        """Paint a frame by itself as the first of several passes does: with few steps at full size."""
        recipe = pass_recipe(self.recipe, self.settings.passes, first=True)
        return self._painted(index, source, recipe, None, [], 0.0, time.perf_counter())

    def _painted(
        self,
        index: int,
        source: Pixels,
        recipe: Recipe,
        start: Floats | None,
        targets: Targets,
        first: float,
        began: float,
    ) -> StyledFrame | None:
        content = self._picture(index, source)
        weight = self.settings.consistency * first / (APART * recipe.white / WHITE) ** 2

        def extra_losses(size: tuple[int, int]) -> list[Loss]:
            if not (targets and weight > 0):
                return []
            return [TemporalLoss({back: self._target(recipe, size, target, confidence) for back, target, confidence in targets}, weight)]

        run = Run(
            content,
            self.styles,
            recipe=recipe,
            machine=self._machine,
            init_image=None if start is None else self._plain(to_tensor(start)),
            extra_losses=extra_losses,
        )
        # A frame by itself makes the steps of its recipe, as any picture does.
        settle, enough = (0.0, -math.inf) if start is None else (self.settings.settle, first if targets else -math.inf)
        best, steps = self._iterated(index, run, settle, enough)
        if best is None:
            return None
        followed = float(np.mean(np.clip(sum(confidence for _, _, confidence in targets), 0, 1))) if targets else 0.0
        return StyledFrame(to_bytes(best.preview().cpu()), best.total, steps, time.perf_counter() - began, followed)

    def _picture(self, index: int, source: Pixels) -> LoadedImage:
        return LoadedImage(to_tensor(source), None, f"frame {index}", "")

    def _iterated(self, index: int, run: Run, settle: float, enough: float) -> tuple[Step | None, int]:
        """Make the steps; return the best one and how many there were, or None if it was asked to stop.

        Args:
            index: Of the frame.
            run: Paints it.
            settle: It is left once ten steps win less than this share of J,
            enough: or once J has come down to this. All that was painted before is painted on in every frame: with a fixed number of steps
                each, things would melt more and more the longer they are in view.
        """
        best: Step | None = None
        plateau = Plateau(settle)
        steps = 0
        for event in run:
            if isinstance(event, Notice) and event.text not in self._told:
                self._told.add(event.text)
                self.tell(event)
            if isinstance(event, Stopped) and event.reason == "out of memory":
                raise MemoryLimitError(f"Out of memory at frame {index}. The frames before it are kept; try a smaller --size.")
            if not isinstance(event, Step):
                continue
            if best is None or event.scale != best.scale or event.total < best.total:
                best = event
            steps += event.step > 0
            self.tell(FrameStep(index, event.step, event.steps, event.total))
            if self.stop():
                run.stop()
                return None, steps
            if event.scale == run.size and (plateau.update(best.total) or (event.step >= LEAST and best.total <= enough)):
                run.stop("settled")
        return best, steps

    def _target(self, recipe: Recipe, size: tuple[int, int], target: Floats, confidence: Floats) -> tuple[Tensor, Tensor]:
        """Bring what a frame is held to into a scale and the network's units."""
        pixels, weights = self._plain(to_tensor(target)), torch.from_numpy(confidence)[None, None]
        if (pixels.shape[-2], pixels.shape[-1]) != size:
            pixels, weights = (functional.interpolate(each, size, mode="bilinear", antialias=True) for each in (pixels, weights))
        return recipe.white * pixels, weights

    def _plain(self, pixels: Tensor) -> Tensor:
        """Return a painted picture as it is painted: in gray, where the colors are laid over it afterwards."""
        return luminance(pixels) if self.recipe.color == "luminance" else pixels


def age_map(confidences: Mapping[int, Floats]) -> Floats:
    """Return how long each pixel has been in view, as a share of how far back frames are looked at: (height, width), 0 to 1.

    What has just come into view is held loosely for a few frames: a single frame's steps do not paint it to the end.

    Args:
        confidences: How far it is trusted in each frame before, by how many frames that is.
    """
    known: Floats = np.sum([back * confidence for back, confidence in confidences.items()], axis=0, dtype=np.float32)
    return known / np.float32(sum(confidences))


def disoccluded_share(begun: Begun) -> Floats:
    """Return how much of each pixel no frame before it shows: (height, width), 0 to 1."""
    known: Floats = np.sum([confidence for _, confidence in begun], axis=0, dtype=np.float32)
    return np.clip(1 - known, 0, 1)
