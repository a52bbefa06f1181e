"""What a run will take, scale by scale, and how its network is cut into tiles to fit. From shapes alone: nothing is loaded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeAlias

import torch

from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG
from pincel.canvas import CANVASES
from pincel.canvas.base import Canvas
from pincel.engine.estimate import FLOAT, CostModel
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.multiscale import Scale
from pincel.engine.sharing import shared_layout
from pincel.errors import OptionError
from pincel.functional.hypercolumns import STRIDE
from pincel.functional.neighbors import compared_channels
from pincel.losses import CONTENT_TERMS
from pincel.losses.neighbors import sampled_places
from pincel.optim.base import Optimizer, make_optimizer
from pincel.recipes.schema import Recipe
from pincel.run.cache import IdentityKey
from pincel.run.images import Images
from pincel.run.machine import Machine
from pincel.run.network import META, network_bytes, network_outline
from pincel.run.sizes import active_layers, content_size, matching_terms, needed_layers, recipe_at, scales_of, style_sizes
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Of content layers, of style layers, and of both.
CostModels: TypeAlias = tuple[CostModel, CostModel, CostModel]

PICTURE = 12
"""Bytes a pixel of a canvas or a picture."""
CANVASES_HELD = 6
"""Canvases beside those of the optimizer: the present, the best and the last canvas, two gradients, the input of the network."""
COLUMNS_HELD = 4
"""Times that hypercolumns are held in a step: measured, multiplied with their targets, and the gradients of both."""
LIBRARIES = 80 * 2**20
"""Bytes that libraries set aside when they are first used."""
HEADROOM = 0.1
"""Share beyond what is expected that must be free for a layout to count as fitting."""
MAX_OVERHEAD = 1.6
"""Work of tiles in units of that of the whole; rather than more, the optimizer gets a shorter history."""


@dataclass(frozen=True)
class ScaleCost:
    """What one scale will take.

    Attributes:
        scale: Its size and steps.
        layout: How the network is cut.
        memory: Peak bytes, in all.
        work: Multiply-adds of a step.
        targets: Multiply-adds before the first step.
    """

    scale: Scale
    layout: Layout
    memory: float
    work: float
    targets: float

    @property
    def total(self) -> float:
        """Multiply-adds in all; the last picture is evaluated without a gradient."""
        return self.targets + (self.scale.steps + 1) * self.work


@dataclass(frozen=True)
class Plan:
    """What a run will take.

    Attributes:
        recipe: As asked for, or with a shorter history of its optimizer.
        costs: Of each scale, coarse to fine.
        budget: Bytes the run may use in all.
        notes: What was changed to make it fit, a sentence each.
    """

    recipe: Recipe
    costs: tuple[ScaleCost, ...]
    budget: int
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the result."""
        return self.costs[-1].scale.size

    @property
    def scales(self) -> list[Scale]:
        """Sizes and steps, coarse to fine."""
        return [cost.scale for cost in self.costs]

    @property
    def memory(self) -> float:
        """Most bytes at one time."""
        return max(cost.memory for cost in self.costs)

    @property
    def work(self) -> float:
        """Multiply-adds in all, the evaluation of the picture as saved included."""
        return sum(cost.total for cost in self.costs)

    @property
    def memory_constrained(self) -> bool:
        """Whether there are tiles at full size, and the run is expected to take most of the memory it may use."""
        return bool(self.layout(self.size).cuts) and self.memory > self.budget / 2

    def layout(self, size: tuple[int, int]) -> Layout:
        """Return how the network is cut for (height, width)."""
        return self._at(size).layout

    def step_work(self, size: tuple[int, int]) -> float:
        """Return the multiply-adds of a step at (height, width)."""
        return self._at(size).work

    def _at(self, size: tuple[int, int]) -> ScaleCost:
        return next(cost for cost in reversed(self.costs) if cost.scale.size == size)


def make_plan(recipe: Recipe, images: Images, machine: Machine, network: VGG | None = None) -> Plan:
    """Lay a run out: its scales, and how the network is cut at each of them.

    Args:
        recipe: Checked.
        images: As opened; nothing but their shapes and regions is used, so that pixels may be on the meta device.
        machine: Its memory, and layouts if it asks for some.
        network: In the precision of the machine, if it is loaded; its outline takes torch a second the first time.

    Returns:
        A plan that keeps to the memory of the machine, with the least work, or the one that takes least memory, with a note.

    Raises:
        PictureSizeError: If the deepest layer has no position for a picture.
        OptionError: For tiles or several processes with a network that needs the whole picture; for layouts of layers it does not have.
    """
    size = content_size(recipe, images.content)
    scales = scales_of(recipe, size, [style for style, _ in images.styles])
    outline = network or network_outline(recipe, machine)
    layouts = None if machine.layouts is None else [layout.checked(outline.spec) for layout in machine.layouts]
    _check_tiles(outline, layouts, machine)
    # The program, pictures as loaded, and the network, which may be still to be loaded.
    base = machine.used + (0 if network else network_bytes(outline, recipe, machine))
    planner = _Planner(
        recipe, images, _cost_models(recipe, outline, machine, machine.device if network else META), scales, base, machine.budget
    )
    if layouts is not None:
        return _asked_for(planner, layouts)
    if machine.processes.processes > 1:
        wanted = needed_layers(recipe)
        shared = planner.plan([shared_layout(outline, wanted, scale.size, machine.processes.processes) for scale in scales])
        if planner.fits(shared.costs):
            return shared
    return cheapest_plan(planner)


def _check_tiles(outline: VGG, layouts: Sequence[Layout] | None, machine: Machine) -> None:
    if not outline.tileable and (machine.processes.processes > 1 or any(layout.cuts for layout in layouts or ())):
        why = "--padding circular" if outline.padding == "circular" else f"--backbone {outline.spec.name}"
        raise OptionError(f"With {why} a picture is looked at as a whole: no --tiles, and one process.")


def _asked_for(planner: _Planner, layouts: Sequence[Layout]) -> Plan:
    count = len(planner.scales)
    plan = planner.plan(layouts if len(layouts) == count else list(layouts[-1:]) * count)
    if planner.fits(plan.costs):
        return plan
    text = _("The tiles asked for take about {memory}, more than the memory allowed; leave --tiles out to keep to it.")
    return replace(plan, notes=(*plan.notes, Note(text, memory=gibibytes(plan.memory))))


def cheapest_plan(planner: _Planner) -> Plan:
    """Choose layouts with the least work that fit, and a shorter history of the optimizer before tiles of much more work."""
    for max_overhead in (MAX_OVERHEAD, math.inf):
        for recipe in _shorter_histories(planner.recipe):
            lighter = replace(planner, recipe=recipe)
            costs = lighter.cheapest(max_overhead)
            changes = _changes(planner.recipe, recipe, planner.budget)
            if lighter.fits(costs):
                return Plan(recipe, costs, planner.budget, changes)
    needs, has = gibibytes(max(cost.memory for cost in costs)), gibibytes(planner.budget)
    short = Note(_("This run needs about {needs}, and has {has}: it may end without memory. Try a smaller --size."), needs=needs, has=has)
    return Plan(recipe, costs, planner.budget, (*changes, short))


def gibibytes(count: float) -> str:
    """Write an amount of memory down."""
    return f"{count / 2**30:.1f} GiB"


def _shorter_histories(recipe: Recipe) -> Iterator[Recipe]:
    """Yield a recipe, and then the same with ever less memory for its optimizer."""
    optimizer: Any = make_optimizer(recipe.optimizer, recipe.learning_rate, recipe.optimizer_options)
    yield recipe
    while lighter := optimizer.reduce_memory():
        changed = {f.name: getattr(lighter, f.name) for f in fields(lighter) if getattr(lighter, f.name) != getattr(optimizer, f.name)}
        recipe = recipe.override(optimizer_options={**recipe.optimizer_options, **changed})
        optimizer = lighter
        yield recipe


def _changes(before: Recipe, after: Recipe, budget: int) -> tuple[str, ...]:
    changed = [f"{name} {value}" for name, value in after.optimizer_options.items() if before.optimizer_options.get(name) != value]
    return (Note(_("To fit into {memory}: {changes}."), memory=gibibytes(budget), changes=", ".join(changed)),) if changed else ()


def _cost_models(recipe: Recipe, outline: VGG, machine: Machine, device: torch.device) -> CostModels:
    content, style = (frozenset(layers) for layers in active_layers(recipe))

    def known(layers: frozenset[str]) -> CostModel:
        # What layers keep for the way back is found by following them once, and the same for every picture.
        return machine.cache.get_or_make("cost_model", (IdentityKey(outline), layers), lambda: CostModel(outline, layers, device))

    return known(content), known(style), known(content | style)


@dataclass(frozen=True)
class _Columns:
    """Channels of hypercolumns, how many the picture has of them, and how many the styles offer."""

    channels: int = 0
    places: int = 0
    candidates: int = 0

    @property
    def work(self) -> int:
        """Multiply-adds of matching."""
        pairs = self.places * self.candidates
        return compared_channels(self.channels, pairs) * pairs


@dataclass(frozen=True)
class _Planner:
    """Computes what scales take, in any layout.

    Attributes:
        recipe: Of the run.
        images: As opened.
        cost_models: Of its layers.
        scales: Coarse to fine.
        base: Bytes in use before the first step.
        budget: Bytes the run may use in all.
    """

    recipe: Recipe
    images: Images
    cost_models: CostModels
    scales: Sequence[Scale]
    base: int
    budget: int

    def fits(self, costs: Sequence[ScaleCost]) -> bool:
        """Return whether scales fit, even if they take a little more than expected."""
        return all(cost.memory + HEADROOM * (cost.memory - self.base) <= self.budget for cost in costs)

    def plan(self, layouts: Sequence[Layout]) -> Plan:
        """Return the plan with these layouts, one a scale, whether it fits or not."""
        return Plan(self.recipe, tuple(self.cost_of(layout, index) for index, layout in enumerate(layouts)), self.budget)

    def cheapest(self, max_overhead: float) -> tuple[ScaleCost, ...]:
        """Choose at each scale; no layout of more than ``max_overhead`` times the work of the whole."""
        return tuple(self._cheapest(index, max_overhead) for index in range(len(self.scales)))

    def _cheapest(self, index: int, max_overhead: float) -> ScaleCost:
        whole = self.cost_of(WHOLE, index)
        if self.fits([whole]):
            return whole
        candidates = [self.cost_of(layout, index) for layout in self.cost_models[2].layouts()]
        within_overhead = [way for way in candidates if way.work <= max_overhead * whole.work]
        fitting = [way for way in within_overhead if self.fits([way])]
        return min(fitting, key=lambda way: way.work) if fitting else min(within_overhead, key=lambda way: way.memory)

    def cost_of(self, layout: Layout, index: int) -> ScaleCost:
        """Return what a scale takes with its network cut in some way."""
        scale = self.scales[index]
        content, style, both = self.cost_models
        sizes = self._sizes[scale]
        targets = [content.cost(scale.size, layout, grad=False)]
        targets += [style.cost(size, layout, grad=False) for size in sizes] * self.recipe.style_rotations
        columns = self._columns(scale)
        step = both.cost(scale.size, layout)
        # Norms of gradients take another evaluation.
        again = both.cost(scale.size, layout, grad=False).work if self.recipe.gradients == "normalized" else 0.0
        usage = self._optimizer.memory(sum(each.steps for each in self.scales[: index + 1]))
        canvas = PICTURE * _area(scale.size)
        moving = (CANVASES_HELD + self._canvas.scratch + usage.state) * canvas + max(step.memory, usage.scratch * canvas)
        held = self.base + LIBRARIES + self._pictures(scale) + self._targets(scale) + FLOAT * columns.channels * columns.places
        moving += COLUMNS_HELD * FLOAT * columns.channels * columns.places
        matching = FLOAT * columns.channels * (columns.candidates + columns.places)
        memory = held + max(moving, matching + max(look.memory for look in targets))
        work = sum(look.work for look in targets) + columns.work
        return ScaleCost(scale, layout, memory, step.work + again + self._neighbors(scale), work)

    @property
    def _spec(self) -> ModelSpec:
        return self.cost_models[0].backbone.spec

    @cached_property
    def _optimizer(self) -> Optimizer[object]:
        return make_optimizer(self.recipe.optimizer, self.recipe.learning_rate, self.recipe.optimizer_options)

    @cached_property
    def _canvas(self) -> Canvas:
        """At any size."""
        return CANVASES[self.recipe.canvas](self.recipe.white, (1, 1), (), 0.0)

    @cached_property
    def _sizes(self) -> dict[Scale, list[tuple[int, int]]]:
        return {
            scale: style_sizes(self.recipe, [style for style, _ in self.images.styles], scale.size, scale.fraction) for scale in self.scales
        }

    def _columns(self, scale: Scale) -> _Columns:
        """Return how many hypercolumns there are to match at a scale."""
        if not matching_terms(recipe_at(self.recipe, scale)):
            return _Columns()
        channels = sum(self._spec.layer(name).channels for name in active_layers(self.recipe)[1])
        styles = sum(_area(size) for size in self._sizes[scale]) * self.recipe.style_rotations
        return _Columns(channels, _area(scale.size) // STRIDE**2, styles // STRIDE**2)

    def _neighbors(self, scale: Scale) -> float:
        """Return the multiply-adds by which a step finds nearest neighbors."""
        if not recipe_at(self.recipe, scale).style_terms.get("neighbors", 0):
            return 0.0
        layers = [self._spec.layer(name) for name in active_layers(self.recipe)[1]]
        return sum(
            layer.channels
            * sampled_places(scale.size, layer.stride)
            * sum(sampled_places(size, layer.stride) for size in self._sizes[scale])
            * self.recipe.style_rotations
            for layer in layers
        )

    def _pictures(self, scale: Scale) -> float:
        """Return the bytes of content and styles in the sizes of the scale, and of the result."""
        last = self.scales[-1]
        sizes = [size for each in {scale.size: scale, last.size: last}.values() for size in (each.size, *self._sizes[each])]
        return PICTURE * sum(_area(size) for size in sizes)

    def _targets(self, scale: Scale) -> float:
        """Return the bytes of the content's features, and of the regions in the layers of the styles."""
        content, style = active_layers(self.recipe)
        stored = any(CONTENT_TERMS[name].stores_features for name, weight in self.recipe.content_terms.items() if weight > 0)
        layers = (self._spec.layer(name) for name in content if stored)
        features = sum(FLOAT * layer.channels * _area(scale.size) / layer.stride**2 for layer in layers)
        if self.images.regions is None:
            return features
        # What is kept as it is, and each region, in the picture and in each layer of the style.
        places = sum(1 / self._spec.layer(name).stride ** 2 for name in style)
        return features + _area(scale.size) * (PICTURE + FLOAT * (1 + len(self.images.regions.labels) * (1 + places)))


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]
