"""Canvas → objective and gradient: the one place where backbone, losses and canvas meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.canvas.base import Canvas
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.precision import FP32, Precision
from pincel.engine.tiles import Alone, Share, Watch, observe, unwatched
from pincel.losses.objective import Evaluation, Objective


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
        watch: Is told how far a look tile by tile has come.
    """

    backbone: Backbone
    objective: Objective
    canvas: Canvas
    precision: Precision = FP32
    layout: Layout = WHOLE
    share: Share = field(default_factory=Alone)
    thriftier: Callable[[Layout], Layout | None] = lambda _: None
    notes: tuple[str, ...] = ()
    watch: Watch = unwatched

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
        return self.judge(self.canvas.pixels(x))

    def judge(self, pixels: Tensor) -> Evaluation:
        """Evaluate a picture (1, 3, H, W) in the network's pixel units, whatever canvas it came from; differentiable."""
        with self.precision.active():
            self.share.show(pixels)
            seen = observe(self.backbone, pixels, self.objective.layers, self.objective.statistics, self.layout, self.share, self.watch)
            return self.objective.evaluation(seen, pixels)

    def measure(self, x: Tensor) -> Evaluation:
        """Evaluate without a graph."""
        with torch.no_grad():
            return self.evaluate(x)

    def gradient(self, x: Tensor) -> tuple[Evaluation, Tensor]:
        """Evaluate, and differentiate the total with respect to ``x``."""
        leaf = x.detach().requires_grad_(True)
        evaluation = self.evaluate(leaf)
        with self.precision.active():
            (slope,) = torch.autograd.grad(evaluation.total, leaf)
        return evaluation.detached(), slope
