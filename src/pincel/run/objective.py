"""Plan, inputs and machine into the objective of each scale: the only place where the names of a recipe become objects."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, TypeAlias

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.canvas import CANVASES
from pincel.canvas.start import noise, parse_start
from pincel.engine.estimate import CostModel
from pincel.engine.evaluator import Evaluator, evaluate_picture
from pincel.engine.events import Event, SetupProgress, TileProgress
from pincel.engine.gradient_mode import GRADIENT_MODES
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.memory import try_alloc
from pincel.engine.multiscale import Scale, resample
from pincel.engine.precision import FP32, Precision
from pincel.engine.problem import Problem, unbounded
from pincel.engine.tiles import LocalWork, Progress, Reduce, WorkPartition, forward_tiled
from pincel.errors import MemoryLimitError, WorkerError
from pincel.feedforward.file import find_painter, read_painter
from pincel.feedforward.paint import paint
from pincel.images.picture import Picture
from pincel.images.resize import cover, is_cut, resize_picture
from pincel.losses import VARIATIONS
from pincel.losses.base import Loss
from pincel.losses.objective import Objective
from pincel.losses.variation import VariationLoss
from pincel.optim.base import Optimizer, make_optimizer
from pincel.recipes.schema import Recipe
from pincel.run.cache import Cache, IdentityKey, NoCache
from pincel.run.content_terms import content_losses
from pincel.run.images import Images, image_key, resize_images
from pincel.run.inputs import Inputs
from pincel.run.machine import Machine
from pincel.run.network import Networks
from pincel.run.plan import Plan
from pincel.run.sizes import active_layers, needed_layers
from pincel.run.style_terms import style_losses

# (height, width) of a scale → losses beyond those of the recipe.
ExtraLosses: TypeAlias = Callable[[tuple[int, int]], Sequence[Loss]]


def no_losses(_: tuple[int, int]) -> Sequence[Loss]:
    """Return none."""
    return ()


def ignore(_: Event) -> None:
    """Do nothing with an event."""


@dataclass(frozen=True)
class EvalOptions:
    """How features of pictures are computed, which changes no number but by rounding.

    Attributes:
        layout: How much of a picture at a time.
        partition: Which tiles this process computes, where several share one picture.
        on_event: Called with the progress of evaluations in tiles.
        cache: Statistics of the same style pictures.
    """

    layout: Layout = WHOLE
    partition: WorkPartition = field(default_factory=LocalWork)
    on_event: Callable[[Event], None] = ignore
    cache: Cache = field(default_factory=NoCache)


DEFAULT = EvalOptions()


def make_objective(
    recipe: Recipe,
    images: Images,
    network: Backbone,
    device: torch.device,
    precision: Precision = FP32,
    options: EvalOptions = DEFAULT,
    painted: float = 0.0,
) -> Evaluator:
    """Measure the targets and return an evaluator of the objective of one size.

    Args:
        recipe: Weights and formulas.
        images: Pictures in the size of the scale.
        network: On ``device``.
        device: Where to work.
        precision: How the network multiplies.
        options: How features are computed: of the targets now, of the canvas later.
        painted: The finest frequency that coarser scales have painted already, in cycles a pixel.
    """

    def extract(picture: Picture, layers: Mapping[str, float], reduce: Reduce) -> dict[Any, Tensor]:
        with torch.no_grad(), precision.active():
            pixels = recipe.white * picture.pixels.to(device)
            return forward_tiled(network, pixels, frozenset(layers), reduce, options.layout, options.partition, progress(picture))

    def progress(picture: Picture) -> Progress:
        what = f"looking at {picture.name}, {picture.width}×{picture.height}"
        return lambda done, total: options.on_event(SetupProgress(what, done, total))

    content, style = active_layers(recipe)
    losses = content_losses(recipe, images, options.layout.tiled(network, frozenset(content)), options.partition, extract)
    if style:
        key = _style_key(recipe, images, network, precision, options)
        cache = options.cache if key is not None else NoCache()
        losses += cache.get_or_make("style", key, lambda: style_losses(recipe, images, network, device, extract))
    gamma = recipe.weights[2]
    if gamma > 0:
        losses.append(VariationLoss(VARIATIONS[recipe.tv], gamma))
    canvas = CANVASES[recipe.canvas](recipe.white, images.size, [each.pixels for each, _ in images.styles], painted)
    problem = Problem(
        network,
        Objective(losses),
        canvas,
        preserved=images.regions.preserved(images.content, recipe.white) if images.regions else None,
        gradient_mode=GRADIENT_MODES[recipe.gradients],
        project=canvas.clipped if recipe.bounds == "clip" else unbounded,
    )
    return Evaluator(
        problem, precision, options.layout, options.partition, progress=lambda done, total: options.on_event(TileProgress(done, total))
    )


def _style_key(recipe: Recipe, images: Images, network: Backbone, precision: Precision, options: EvalOptions) -> Hashable | None:
    """Return what the style targets depend on; None where that is more than style pictures and a recipe."""
    if images.regions or not isinstance(options.partition, LocalWork):
        return None
    styles = tuple((image_key(recipe, s, images.content), s.height, s.width, weight) for s, weight in images.styles)
    return IdentityKey(network), str(precision), str(options.layout), recipe.model_dump_json(), styles


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
        self.notes = [*_cut_notes(inputs.init, plan.size), *networks.notes]
        self.network, self._fast = networks.exact, networks.fast
        self._plan, self._inputs, self._machine = plan, inputs, machine
        self.extra_losses, self._on_event = extra_losses, on_event

    @property
    def _recipe(self) -> Recipe:
        return self._plan.recipe

    @cached_property
    def images(self) -> Images:
        """The pictures at full size."""
        return resize_images(self._recipe, self._inputs.preprocessed, self._plan.size, 1.0, self._machine.cache)

    @cached_property
    def full(self) -> Evaluator:
        """An evaluator of the objective at full size."""
        return self._measured(self._recipe, self.images, self._painted(1.0))

    def at(self, scale: Scale) -> Evaluator:
        """Return an evaluator of the objective of a scale; coarse ones may keep more of the content."""
        if scale.fraction == 1:
            return self.full
        coarse = self._recipe.override(content_weight=self._recipe.content_weight * self._recipe.coarse_content_factor)
        return self._measured(coarse, self.images_at(scale), self._painted(scale.fraction))

    def start(self, scale: Scale) -> Tensor:
        """Return the picture to begin from, (1, 3, H, W) in the network's pixel units, as the recipe's ``init`` says."""
        recipe, images, given = self._recipe, self.images_at(scale), self._inputs.init
        begin = parse_start(recipe.init)
        if given is not None:
            return recipe.white * cover(given.pixels, images.size, recipe.resample)
        if begin.kind == "content":
            return recipe.white * images.content.pixels
        if begin.kind == "feedforward":
            stylizer = read_painter(find_painter(begin.path))
            return recipe.white * paint(stylizer, images.content, images.styles if stylizer.eye else ())
        if begin.kind == "style":
            return recipe.white * cover(images.styles[0][0].pixels, images.size, recipe.resample)
        seeded = torch.Generator().manual_seed(recipe.seed)
        mean = self.network.card.mean
        drawn = noise((1, 3, *images.size), kind=recipe.noise, level=recipe.noise_level, mean=mean, generator=seeded)
        return begin.share * drawn + (1 - begin.share) * recipe.white * images.content.pixels if begin.kind == "blend" else drawn

    def optimizer(self, _scale: Scale) -> Optimizer[object]:
        """Return the optimizer of a scale, the same for all."""
        return make_optimizer(self._recipe.optimizer, self._recipe.learning_rate, self._recipe.optimizer_options)

    def upsample(self, picture: Tensor, scale: Scale) -> Tensor:
        """Enlarge a picture to a scale, and add what the content has too fine for the scale before."""
        larger = resample(picture, scale.size)
        if self._recipe.detail_transfer == 0:
            return larger
        content = self._recipe.white * resize_picture(self._inputs.preprocessed.content, scale.size, self._recipe.resample).pixels.to(
            picture
        )
        coarse = resample(resample(content, (picture.shape[-2], picture.shape[-1])), scale.size)
        detailed = larger + self._recipe.detail_transfer * (content - coarse)
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
        exact = make_objective(self._recipe, self.images, self.network, self._machine.device, options=options)
        return evaluate_picture(replace(self._with_extra(exact, self._plan.size), progress=self._watch), canvas)

    def _watch(self, done: int, total: int) -> None:
        self._on_event(SetupProgress("judging the picture", done, total))

    def images_at(self, scale: Scale) -> Images:
        """Return the pictures in the size of a scale."""
        if scale.fraction == 1:
            return self.images
        return resize_images(self._recipe, self._inputs.preprocessed, scale.size, scale.fraction, self._machine.cache)

    def _painted(self, fraction: float) -> float:
        """Return the finest frequency that the scale before can show, in cycles a pixel of this one; 0 for the first."""
        before = max((cost.scale.fraction for cost in self._plan.costs if cost.scale.fraction < fraction), default=0.0)
        return before / fraction / 2

    def _measured(self, recipe: Recipe, images: Images, painted: float) -> Evaluator:
        """Measure the targets; where there is no memory for that, in smaller tiles than planned."""
        machine, size = self._machine, images.size
        layout, partition = self._plan.layout(size), machine.processes.partition(size)
        # Several processes would have to agree on another layout.
        cost_model = CostModel(self._fast, needed_layers(recipe), machine.device)
        smaller_tiling = partial(cost_model.smaller_tiling, size) if isinstance(partition, LocalWork) else _none
        notes: list[str] = []

        def measured() -> Evaluator:
            options = EvalOptions(layout, partition, self._on_event, machine.cache)
            evaluator = make_objective(recipe, images, self._fast, machine.device, machine.precision, options, painted)
            return self._with_extra(evaluator, size)

        while (evaluator := try_alloc(measured)) is None:
            smaller = smaller_tiling(layout)
            if smaller is None:
                raise MemoryLimitError(f"Out of memory at {size[1]}×{size[0]}, even with tiles {layout}. Try a smaller --size.")
            layout = smaller
            notes.append(f"Out of memory: continuing with tiles {layout}.")
        return replace(evaluator, smaller_tiling=smaller_tiling, notes=tuple(notes))

    def _with_extra(self, evaluator: Evaluator, size: tuple[int, int]) -> Evaluator:
        extra, problem = self.extra_losses(size), evaluator.problem
        if not extra:
            return evaluator
        return replace(evaluator, problem=replace(problem, objective=Objective([*problem.objective.losses, *extra])))


def _cut_notes(init: Picture | None, size: tuple[int, int]) -> list[str]:
    """Return a note where the picture to begin from has another shape than the result."""
    if init is None or not is_cut((init.height, init.width), size):
        return []
    return [f"{init.name}: {init.width}×{init.height}, cut to the shape of the result, {size[1]}×{size[0]}."]


def _none(_: Layout) -> None:
    """There is no other layout."""
