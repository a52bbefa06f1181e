"""How a problem is evaluated: its objective and gradient at a canvas, in some precision, in tiles, by one process or several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pincel.engine.gradient_mode import EvaluationContext
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.memory import try_alloc
from pincel.engine.precision import FP32, Precision
from pincel.engine.problem import Problem
from pincel.engine.tiles import LocalWork, Progress, Reduce, WorkPartition, forward_tiled, no_progress
from pincel.errors import MemoryLimitError
from pincel.losses.objective import Evaluation
from pincel.translation import Note
from pincel.translation import gettext_lazy as _


@dataclass(frozen=True)
class Evaluator:
    """Computes the objective of a problem and its gradient. No field but ``problem`` changes the result, except by rounding.

    Attributes:
        problem: What is evaluated.
        precision: Of the network's convolutions.
        layout: How the network is cut into tiles.
        partition: Which tiles this process computes, where several share the work.
        smaller_tiling: Layout → one that takes less memory; None if there is none.
        progress: Called with the number of tiles computed and of all tiles.
        notes: What was changed to make the evaluation fit into memory, a sentence each.
    """

    problem: Problem
    precision: Precision = FP32
    layout: Layout = WHOLE
    partition: WorkPartition = field(default_factory=LocalWork)
    smaller_tiling: Callable[[Layout], Layout | None] = lambda _: None
    progress: Progress = no_progress
    notes: tuple[str, ...] = ()

    def reduce_memory(self) -> Evaluator | None:
        """Return an evaluator of the same problem that takes less memory; None if there is none."""
        layout = self.smaller_tiling(self.layout)
        return None if layout is None else replace(self, layout=layout)

    def checked_after_each_tile(self, check: Callable[[], None]) -> Evaluator:
        """Return an evaluator that calls ``check`` after each tile; an exception it raises aborts the evaluation."""
        if not isinstance(self.partition, LocalWork):
            # Other processes wait for the sums of all tiles.
            return self

        def progress(done: int, total: int) -> None:
            self.progress(done, total)
            check()

        return replace(self, progress=progress)

    def evaluate(self, pixels: Tensor, step: int = 0) -> Evaluation:
        """Evaluate the objective at a picture (B, 3, H, W) in the network's pixel units, whatever its canvas; differentiable."""
        objective = self.problem.objective
        with self.precision.active():
            self.partition.send_image(pixels)
            return objective.evaluation(self._features(pixels, step, objective.statistics), pixels)

    def measure(self, x: Tensor, step: int = 0) -> Evaluation:
        """Evaluate the objective at canvas values ``x`` without a graph."""
        with torch.no_grad():
            return self.evaluate(self.problem.pixels(x), step)

    def gradient(self, x: Tensor, step: int = 0) -> tuple[Evaluation, Tensor]:
        """Evaluate the objective at canvas values ``x``, and return it with the gradient that the optimizer follows, shaped as ``x``."""
        problem, leaf = self.problem, x.detach().requires_grad_(True)
        pixels = problem.pixels(leaf)
        with self.precision.active():
            self.partition.send_image(pixels)
            statistics = self._features(pixels, step, problem.objective.statistics)
            terms = problem.objective.terms(statistics, pixels)
            evaluation = Evaluation.from_terms(terms)
            again = partial(self._features, pixels.detach(), step)
            scalar = problem.gradient_mode(EvaluationContext(problem.objective.losses, statistics, terms, evaluation, again))
            (grad,) = torch.autograd.grad(scalar, leaf)
        return evaluation.detached(), grad

    def _features(self, pixels: Tensor, step: int, reduce: Reduce) -> dict[Any, Tensor]:
        """Reduce the features of what the network is given of a picture at a step."""
        view = self.problem.view_transform(pixels, step)
        layers = self.problem.objective.layers
        return forward_tiled(self.problem.backbone, view, layers, reduce, self.layout, self.partition, self.progress)


def evaluate_picture(evaluator: Evaluator, pixels: Tensor) -> dict[str, Any]:
    """Evaluate the objective at a finished picture in the network's pixel units, in smaller tiles where there is not enough memory.

    Returns:
        ``total``; ``terms``, unweighted; ``weighted``, what each term adds to the total.

    Raises:
        MemoryLimitError: If there are no smaller tiles.
    """
    while (evaluation := try_alloc(partial(_evaluate, evaluator, pixels))) is None:
        smaller = evaluator.reduce_memory()
        if smaller is None:
            text = _("Out of memory while the picture was judged, even with tiles {tiles}. Try a smaller --size.")
            raise MemoryLimitError(Note(text, tiles=evaluator.layout))
        evaluator = smaller
    return {
        "total": float(evaluation.total),
        "terms": evaluation.numbers(),
        "weighted": {term.name: float(term.weighted) for term in evaluation.terms},
    }


def _evaluate(evaluator: Evaluator, pixels: Tensor) -> Evaluation:
    with torch.no_grad():
        return evaluator.evaluate(pixels)
