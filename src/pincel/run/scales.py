"""Plan, inputs and machine into what each scale needs: its objective, its optimizer, and the image it begins from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeAlias

from torch import Tensor

from pincel.engine.evaluator import Evaluator, evaluate_picture
from pincel.engine.events import Event, SetupProgress, ignore
from pincel.engine.layout import Layout
from pincel.engine.multiscale import Scale, resample
from pincel.errors import WorkerError
from pincel.images.resize import resize_picture
from pincel.losses.base import Loss
from pincel.losses.objective import Objective
from pincel.optim.base import Optimizer, make_optimizer
from pincel.recipes.schema import Recipe
from pincel.run.fitting import fit_tiles, smaller_tiling
from pincel.run.images import Images, resize_images
from pincel.run.initial import cut_notes, initial_image
from pincel.run.inputs import Inputs, start_file
from pincel.run.machine import Machine
from pincel.run.network import Networks, load_networks
from pincel.run.objective import EvalOptions, make_objective
from pincel.run.plan import Plan, make_plan
from pincel.run.sizes import matching_terms, recipe_at
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# (height, width) of a scale → losses beyond those of the recipe.
ExtraLosses: TypeAlias = Callable[[tuple[int, int]], Sequence[Loss]]


def no_losses(_: tuple[int, int]) -> Sequence[Loss]:
    """Return none."""
    return ()


class Objectives:
    """The objective of each scale of a plan, built when its turn comes.

    Args:
        plan: Scales and layouts.
        inputs: Pictures.
        machine: Where to work.
        networks: Loaded for the recipe of the plan.
        extra_losses: Beyond those of the recipe.
        on_event: Called with the progress of what takes a while.

    Attributes:
        network: As trained, in full precision.
        extra_losses: As given.
        notes: What was out of the ordinary, a sentence each.
    """

    def __init__(
        self,
        plan: Plan,
        inputs: Inputs,
        machine: Machine,
        networks: Networks,
        extra_losses: ExtraLosses = no_losses,
        on_event: Callable[[Event], None] = ignore,
    ) -> None:
        self.notes = [*cut_notes(inputs.init, plan.size), *networks.notes]
        self.network, self._fast = networks.exact, networks.fast
        self._plan, self._inputs, self._machine = plan, inputs, machine
        self.extra_losses, self._on_event = extra_losses, on_event
        # The picture that the last scale starts from, once that has begun and its targets depend on it.
        self._start: Tensor | None = None

    @property
    def _recipe(self) -> Recipe:
        return self._plan.recipe

    @cached_property
    def images(self) -> Images:
        """The pictures at full size."""
        return resize_images(self._recipe, self._inputs.preprocessed, self._plan.size, 1.0, self._machine.cache)

    @cached_property
    def full(self) -> Evaluator:
        """An evaluator of the objective of the last scale."""
        return self._build(self._plan.scales[-1], self._start)

    def at(self, scale: Scale, start: Tensor | None = None) -> Evaluator:
        """Return an evaluator of the objective of a scale.

        Args:
            scale: Of the plan.
            start: The picture that the scale starts from, (1, 3, H, W) in the network's pixel units.
        """
        if scale != self._plan.scales[-1]:
            return self._build(scale, start)
        if matching_terms(recipe_at(self._recipe, scale)):
            self._start = start
            self.__dict__.pop("full", None)
        return self.full

    def start(self, scale: Scale) -> Tensor:
        """Return the image to begin from, (1, 3, H, W) in the network's pixel units, as the recipe's ``init`` says."""
        return initial_image(self._recipe, self.images_at(scale), self._inputs.init, self.network.spec.mean)

    def optimizer(self, _scale: Scale) -> Optimizer[object]:
        """Return the optimizer of a scale, the same for all."""
        return make_optimizer(self._recipe.optimizer, self._recipe.learning_rate, self._recipe.optimizer_options)

    def upsample(self, picture: Tensor, scale: Scale) -> Tensor:
        """Enlarge a picture to a scale, and add what the content has too fine for the scale before."""
        before = (picture.shape[-2], picture.shape[-1])
        larger = picture if before == scale.size else resample(picture, scale.size)
        if self._recipe.detail_transfer == 0:
            return larger
        content = resize_picture(self._inputs.preprocessed.content, scale.size, self._recipe.resample).pixels.to(picture)
        detailed = larger + self._recipe.detail_transfer * _detail(self._recipe.white * content, before)
        return detailed.clamp(0, self._recipe.white) if self._recipe.bounds == "clip" else detailed

    def evaluate(self, pixels: Tensor, *, shared: bool = True) -> dict[str, Any]:
        """Evaluate a finished picture at full size in fp32, whatever the run used; see :func:`pincel.engine.evaluator.evaluate_picture`.

        Args:
            pixels: (1, 3, H, W) in [0, 1].
            shared: Whether other processes that share the work are still there.
        """
        canvas = self._inputs.colors.for_evaluation(pixels).mul(self._recipe.white).to(self._machine.device)
        if self._machine.precision.name == "fp32" and shared:
            with suppress(WorkerError):
                return evaluate_picture(replace(self.full, progress=self._watch), canvas)
        options = EvalOptions(self._plan.layout(self._plan.size), on_event=self._on_event, cache=self._machine.cache)
        last = self._plan.scales[-1]
        recipe, images = recipe_at(self._recipe, last), self.images_at(last, self._start)
        exact = make_objective(recipe, images, self.network, self._machine.device, options=options)
        return evaluate_picture(replace(self._with_extra(exact, self._plan.size), progress=self._watch), canvas)

    def _watch(self, done: int, total: int) -> None:
        self._on_event(SetupProgress(Note(_("judging the picture")), done, total))

    def images_at(self, scale: Scale, start: Tensor | None = None) -> Images:
        """Return the pictures in the size of a scale, with the one that features of the styles are matched with, if any are.

        That is the content at the first scale, unless the run goes on from a picture; then a mixture of the content and of what is painted,
        with the detail that the content has there. So the frames of a film keep the matches of what moves along.

        Paper:
            Kolkin et al. 2022, "Neural Neighbor Style Transfer"; utils/stylize.py of the authors' code, produce_stylization.
        """
        recipe, scales = self._recipe, self._plan.scales
        images = self.images
        if scale.fraction < 1:
            images = resize_images(recipe, self._inputs.preprocessed, scale.size, scale.fraction, self._machine.cache)
        first = scale == scales[0]
        if start is None or (first and not self._goes_on) or not matching_terms(recipe_at(recipe, scale)):
            return images
        content = images.content.pixels.to(start)
        painted = start / recipe.white
        if not first:
            painted = painted + max(0.0, 1 - recipe.detail_transfer) * _detail(content, scales[scales.index(scale) - 1].size)
        return replace(images, matched=replace(images.content, pixels=painted + recipe.match_content * (content - painted)))

    @property
    def _goes_on(self) -> bool:
        """Whether the run begins from a picture; one that was resumed has no need of it, and does not open it again."""
        return self._inputs.init is not None or start_file(self._recipe) is not None

    def _band_limit(self, fraction: float) -> float:
        """Return the finest frequency that the scale before can show, in cycles a pixel of this one; 0 for the first."""
        before = max((cost.scale.fraction for cost in self._plan.costs if cost.scale.fraction < fraction), default=0.0)
        return before / fraction / 2

    def _build(self, scale: Scale, start: Tensor | None) -> Evaluator:
        """Measure the targets; where there is no memory for that, in smaller tiles than planned."""
        machine, size, recipe = self._machine, scale.size, recipe_at(self._recipe, scale)
        images, band_limit = self.images_at(scale, start), self._band_limit(scale.fraction)
        partition = machine.processes.partition(self._plan.scales.index(scale), start if images.matched else None)

        def measured(layout: Layout) -> Evaluator:
            options = EvalOptions(layout, partition, self._on_event, machine.cache)
            evaluator = make_objective(recipe, images, self._fast, machine.device, machine.precision, options, band_limit)
            return self._with_extra(evaluator, size)

        return fit_tiles(measured, self._plan.layout(size), size, smaller_tiling(recipe, self._fast, machine.device, size, partition))

    def _with_extra(self, evaluator: Evaluator, size: tuple[int, int]) -> Evaluator:
        extra, problem = self.extra_losses(size), evaluator.problem
        if not extra:
            return evaluator
        return replace(evaluator, problem=replace(problem, objective=Objective([*problem.objective.losses, *extra])))


def _detail(content: Tensor, before: tuple[int, int]) -> Tensor:
    """Return what a picture has too fine for a scale of (height, width) ``before``."""
    return content - resample(resample(content, before), (content.shape[-2], content.shape[-1]))


def judging_objectives(inputs: Inputs, machine: Machine) -> Objectives:
    """Return what measures pictures that exist, in the size of the content: one scale, and no step."""
    alone = inputs.recipe.override(scales={}, steps=0)
    networks = load_networks(alone, machine, lambda *_: None)
    return Objectives(make_plan(alone, inputs.preprocessed, machine, networks.fast), inputs, machine, networks)
