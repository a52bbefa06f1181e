"""Canvas → objective and gradient: the one place where backbone, losses and canvas meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.canvas.base import Canvas
from pincel.engine.balance import Goal, Sight, plain
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.precision import FP32, Precision
from pincel.engine.tiles import Alone, Reduce, Share, Watch, observe, unwatched
from pincel.losses.objective import Evaluation, Objective
from pincel.types import Image


@dataclass(frozen=True)
class Held:
    """Parts of a picture that are not painted.

    Attributes:
        picture: (1, 3, H, W) in [0, 1].
        painted: (1, 1, H, W) from 0, where the picture stays exactly as it is and no slope arises, to 1.
        white: Of the network's pixel units.
    """

    picture: Tensor
    painted: Tensor
    white: float

    def laid_over(self, pixels: Tensor, white: float | None = None) -> Tensor:
        """Return ``pixels`` where painted and the picture elsewhere; ``white`` says in which units, the network's when left out."""
        own = (self.white if white is None else white) * self.picture.to(pixels)
        return own + self.painted.to(pixels) * (pixels - own)


# What of a picture is looked at, at a step.
Glimpse: TypeAlias = Callable[[Tensor, int], Tensor]


def unmoved(pixels: Tensor, _step: int) -> Tensor:
    """Return all of it, always."""
    return pixels


@dataclass(frozen=True)
class Problem:
    """The objective of one scale.

    Attributes:
        backbone: The eye.
        objective: The wishes.
        canvas: What canvas values mean.
        precision: How the backbone multiplies.
        layout: How much of the picture it looks at at a time; the result is the same.
        share: Of the tiles, where several processes work on one picture.
        thriftier: Layout → one that takes less memory; None if there is none.
        notes: What had to be changed to have it, a sentence each.
        held: What of the picture is kept as it is, if anything is.
        watch: Is told how far a look tile by tile has come.
        goal: What is differentiated.
        glimpse: (pixels, step) → what of the picture the network looks at, if it is not the same at every step.
        step: Which it is.
    """

    backbone: Backbone
    objective: Objective
    canvas: Canvas
    precision: Precision = FP32
    layout: Layout = WHOLE
    share: Share = field(default_factory=Alone)
    thriftier: Callable[[Layout], Layout | None] = lambda _: None
    notes: tuple[str, ...] = ()
    held: Held | None = None
    watch: Watch = unwatched
    goal: Goal = plain
    glimpse: Glimpse = unmoved
    step: int = 0

    def pixels(self, x: Tensor) -> Tensor:
        """Return the picture that canvas values stand for, in the network's pixel units; differentiable."""
        pixels = self.canvas.pixels(x)
        return pixels if self.held is None else self.held.laid_over(pixels)

    def image(self, x: Tensor) -> Image:
        """Return the same in [0, 1], clipped."""
        image = self.canvas.image(x)
        return image if self.held is None else self.held.laid_over(image, white=1.0)

    def at(self, step: int) -> Problem:
        """Return the objective as it is at a step; the same at all of them unless the network's glimpse wanders."""
        return self if self.glimpse is unmoved else replace(self, step=step)

    def lighter(self) -> Problem | None:
        """Return the same objective looked at with less memory; None if that cannot be."""
        layout = self.thriftier(self.layout)
        return None if layout is None else replace(self, layout=layout)

    def watched(self, glance: Callable[[], None]) -> Problem:
        """Return the same objective, looked at tile by tile with a glance at something else after each: an error there ends the look."""
        if not isinstance(self.share, Alone):
            # The others wait for the rest of it.
            return self

        def watch(done: int, total: int) -> None:
            self.watch(done, total)
            glance()

        return replace(self, watch=watch)

    def evaluate(self, x: Tensor) -> Evaluation:
        """Evaluate at canvas values ``x`` (1, 3, H, W); differentiable."""
        return self.judge(self.pixels(x))

    def judge(self, pixels: Tensor) -> Evaluation:
        """Evaluate a picture (1, 3, H, W) in the network's pixel units, whatever canvas it came from; differentiable."""
        with self.precision.active():
            self.share.show(pixels)
            return self.objective.evaluation(self._seen(pixels, self.objective.statistics), pixels)

    def measure(self, x: Tensor) -> Evaluation:
        """Evaluate without a graph."""
        with torch.no_grad():
            return self.evaluate(x)

    def gradient(self, x: Tensor) -> tuple[Evaluation, Tensor]:
        """Evaluate, and differentiate the goal, which is the total unless another was given, with respect to ``x``."""
        leaf = x.detach().requires_grad_(True)
        pixels = self.pixels(leaf)
        with self.precision.active():
            self.share.show(pixels)
            seen = self._seen(pixels, self.objective.statistics)
            said = self.objective.said(seen, pixels)
            evaluation = Evaluation.of(said)
            goal = self.goal(Sight(self.objective.losses, seen, said, evaluation, partial(self._seen, pixels.detach())))
            (slope,) = torch.autograd.grad(goal, leaf)
        return evaluation.detached(), slope

    def _seen(self, pixels: Tensor, reduce: Reduce) -> dict[Any, Tensor]:
        seen = self.glimpse(pixels, self.step)
        return observe(self.backbone, seen, self.objective.layers, reduce, self.layout, self.share, self.watch)
