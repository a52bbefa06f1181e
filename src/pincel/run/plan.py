"""What a run will take, scale by scale, and how its network is cut so that it fits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, TypeAlias

import torch

from pincel.backbones.cards import Card
from pincel.backbones.vgg import VGG
from pincel.canvas import CANVASES
from pincel.canvas.base import Canvas
from pincel.engine.estimate import FLOAT, Appetite
from pincel.engine.ladder import Rung
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.sharing import shared_layout
from pincel.errors import OptionError
from pincel.losses import FEATURES
from pincel.optimisers import OPTIMISERS
from pincel.optimisers.base import Optimiser, make_optimiser
from pincel.recipes.schema import Recipe
from pincel.run.cache import Forgetful, Itself, Remembers
from pincel.run.images import Materials
from pincel.run.sizes import active_layers, needed_layers, style_sizes

# Of content layers, of style layers, and of both.
Appetites: TypeAlias = tuple[Appetite, Appetite, Appetite]

# Bytes a pixel of a canvas or a picture.
PICTURE = 12
# Canvases beside what the optimiser holds: where it is, the best, the slope and the one before, what the network is fed, its slope.
PLACES = 6
# Bytes that libraries set aside when they are first used.
LIBRARIES = 80 * 2**20
# Beyond what is expected, share that must be free for a layout to count as fitting.
HEADROOM = 0.1
# Times the work of looking at the whole picture; rather than that, an optimiser remembers less.
DEAR = 1.6


@dataclass(frozen=True)
class Forecast:
    """What one scale will take.

    Attributes:
        rung: Which.
        layout: How the network is cut.
        memory: Most bytes at one time, all told.
        work: Multiply-adds of a step.
        targets: Multiply-adds before the first step.
    """

    rung: Rung
    layout: Layout
    memory: float
    work: float
    targets: float

    @property
    def total(self) -> float:
        """Multiply-adds in all; the last picture is looked at, but needs no slope."""
        return self.targets + (self.rung.steps + 1) * self.work


@dataclass(frozen=True)
class Plan:
    """What a run will take.

    Attributes:
        recipe: As asked for, or with a shorter memory of its optimiser.
        scales: Coarse to fine.
        notes: What was changed to make it fit, a sentence each.
    """

    recipe: Recipe
    scales: tuple[Forecast, ...]
    notes: tuple[str, ...] = ()

    @property
    def memory(self) -> float:
        """Most bytes at one time."""
        return max(scale.memory for scale in self.scales)

    @property
    def work(self) -> float:
        """Multiply-adds in all, the last look at the picture as saved included."""
        return sum(scale.total for scale in self.scales)

    def layout(self, size: tuple[int, int]) -> Layout:
        """How the network is cut for (height, width)."""
        return self._at(size).layout

    def step_work(self, size: tuple[int, int]) -> float:
        """Multiply-adds of a step at (height, width)."""
        return self._at(size).work

    def _at(self, size: tuple[int, int]) -> Forecast:
        return next(scale for scale in self.scales if scale.rung.size == size)


@dataclass(frozen=True)
class Means:
    """What there is to work with.

    Attributes:
        device: Where to work.
        base: Bytes in use before the run: program, network, pictures as loaded.
        budget: Bytes it may use in all.
        memo: Knows what runs before took.
    """

    device: torch.device
    base: int
    budget: int
    memo: Remembers = field(default_factory=Forgetful)

    def allow(self, forecast: Forecast) -> bool:
        """Tell whether a scale fits, even if it takes a little more than expected."""
        return forecast.memory + HEADROOM * (forecast.memory - self.base) <= self.budget


def planned(
    recipe: Recipe,
    rungs: Sequence[Rung],
    pictures: Materials,
    backbone: VGG,
    means: Means,
    layouts: Sequence[Layout] | None = None,
    processes: int = 1,
) -> Plan:
    """Weigh what is asked for against the memory there is, unless somebody has done so.

    Args:
        recipe: As for :func:`make_plan`.
        rungs: As there.
        pictures: As there.
        backbone: As there.
        means: As there.
        layouts: How the network is to be cut: one for each scale, or the last for all; None for what fits.
        processes: How many share the work.

    Raises:
        OptionError: For tiles or several processes where a picture can only be looked at as a whole.
    """
    if not backbone.divisible and (processes > 1 or any(layout.cuts for layout in layouts or ())):
        why = "--padding circular" if backbone.padding == "circular" else f"--backbone {backbone.card.name}"
        raise OptionError(f"With {why} a picture is looked at as a whole: no --tiles, and one process.")
    asked = recipe, rungs, pictures, backbone, means
    if layouts is not None:
        plan = laid_out(*asked, layouts if len(layouts) == len(rungs) else list(layouts[-1:]) * len(rungs))
        if all(means.allow(scale) for scale in plan.scales):
            return plan
        note = f"The tiles asked for take about {gibibytes(plan.memory)}, more than the memory allowed; leave --tiles out to keep to it."
        return replace(plan, notes=(*plan.notes, note))
    if processes > 1:
        wanted = needed_layers(recipe)
        shared = laid_out(*asked, [shared_layout(backbone, wanted, rung.size, processes) for rung in rungs])
        if all(means.allow(scale) for scale in shared.scales):
            return shared
    return make_plan(*asked)


def make_plan(recipe: Recipe, rungs: Sequence[Rung], pictures: Materials, backbone: VGG, means: Means) -> Plan:
    """Choose how to cut the network at each scale: with the least work that fits, and a shorter history before tiles of much more work.

    Args:
        recipe: What is asked for.
        rungs: The scales.
        pictures: As loaded.
        backbone: In the precision of the run.
        means: What there is.

    Returns:
        A plan; if nothing fits, the one that takes least, with a note that says so.
    """
    # The same looks whatever the optimiser remembers.
    appetites = _appetites(recipe, backbone, means)
    for dear in (DEAR, math.inf):
        for thrifty in _thriftier(recipe):
            scales = _Planner(thrifty, pictures, appetites, means).scales(rungs, dear)
            if all(means.allow(scale) for scale in scales):
                return Plan(thrifty, scales, _changes(recipe, thrifty, means))
    needs = max(scale.memory for scale in scales)
    short = f"This run needs about {gibibytes(needs)}, and has {gibibytes(means.budget)}: it may end without memory. Try a smaller --size."
    return Plan(thrifty, scales, (*_changes(recipe, thrifty, means), short))


def laid_out(recipe: Recipe, rungs: Sequence[Rung], pictures: Materials, backbone: VGG, means: Means, layouts: Sequence[Layout]) -> Plan:
    """Say what a run takes whose network is cut in given ways, one a scale; arguments as for :func:`make_plan`."""
    planner = _Planner(recipe, pictures, _appetites(recipe, backbone, means), means)
    return Plan(recipe, tuple(planner.forecast(layout, rungs, index) for index, layout in enumerate(layouts)))


def gibibytes(count: float) -> str:
    """Write an amount of memory down."""
    return f"{count / 2**30:.1f} GiB"


def _thriftier(recipe: Recipe) -> Iterator[Recipe]:
    """Yield a recipe, and then the same with ever less memory for its optimiser."""
    optimiser: Any = make_optimiser(OPTIMISERS[recipe.optimizer], recipe.learning_rate, recipe.optimizer_options)
    yield recipe
    while lighter := optimiser.lighter():
        changed = {f.name: getattr(lighter, f.name) for f in fields(lighter) if getattr(lighter, f.name) != getattr(optimiser, f.name)}
        recipe = recipe.override(optimizer_options={**recipe.optimizer_options, **changed})
        optimiser = lighter
        yield recipe


def _changes(before: Recipe, after: Recipe, means: Means) -> tuple[str, ...]:
    changed = [f"{name} {value}" for name, value in after.optimizer_options.items() if before.optimizer_options.get(name) != value]
    return (f"To fit into {gibibytes(means.budget)}: {', '.join(changed)}.",) if changed else ()


def _appetites(recipe: Recipe, backbone: VGG, means: Means) -> Appetites:
    content, style = (frozenset(layers) for layers in active_layers(recipe))

    def known(layers: frozenset[str]) -> Appetite:
        # What a layer keeps is found out by looking, which takes as long as a small step.
        return means.memo.once("appetite", (Itself(backbone), layers), lambda: Appetite(backbone, layers, means.device))

    return known(content), known(style), known(content | style)


@dataclass(frozen=True)
class _Planner:
    recipe: Recipe
    pictures: Materials
    appetites: Appetites
    means: Means

    def scales(self, rungs: Sequence[Rung], dear: float) -> tuple[Forecast, ...]:
        """Choose at each scale; no layout of more than ``dear`` times the work of the whole."""
        return tuple(self._cheapest(rungs, index, dear) for index in range(len(rungs)))

    def forecast(self, layout: Layout, rungs: Sequence[Rung], index: int) -> Forecast:
        """Say what a scale takes with its network cut in some way."""
        rung = rungs[index]
        content, style, both = self.appetites
        sizes = self._style_sizes(rung)
        looks = [content.need(rung.size, layout, slopes=False), *(style.need(size, layout, slopes=False) for size in sizes)]
        step = both.need(rung.size, layout)
        # Norms of slopes take another look.
        again = both.need(rung.size, layout, slopes=False).work if self.recipe.gradients == "normalised" else 0.0
        holdings = self._optimiser.holdings(sum(each.steps for each in rungs[: index + 1]))
        place = PICTURE * _area(rung.size)
        moving = (PLACES + self._canvas.borrowed + holdings.kept) * place + max(step.memory, holdings.borrowed * place)
        held = self.means.base + LIBRARIES + self._materials(rung, rungs[-1]) + self._targets(rung)
        return Forecast(
            rung, layout, held + max(moving, *(look.memory for look in looks)), step.work + again, sum(look.work for look in looks)
        )

    def _cheapest(self, rungs: Sequence[Rung], index: int, dear: float) -> Forecast:
        whole = self.forecast(WHOLE, rungs, index)
        if self.means.allow(whole):
            return whole
        ways = [self.forecast(layout, rungs, index) for layout in self.appetites[2].layouts()]
        fair = [way for way in ways if way.work <= dear * whole.work]
        fitting = [way for way in fair if self.means.allow(way)]
        return min(fitting, key=lambda way: way.work) if fitting else min(fair, key=lambda way: way.memory)

    @property
    def _card(self) -> Card:
        return self.appetites[0].backbone.card

    @cached_property
    def _optimiser(self) -> Optimiser[object]:
        return make_optimiser(OPTIMISERS[self.recipe.optimizer], self.recipe.learning_rate, self.recipe.optimizer_options)

    @cached_property
    def _canvas(self) -> Canvas:
        """At any size."""
        return CANVASES[self.recipe.canvas](self.recipe.white, (1, 1), (), 0.0)

    @cached_property
    def _sizes(self) -> dict[Rung, list[tuple[int, int]]]:
        return {}

    def _style_sizes(self, rung: Rung) -> list[tuple[int, int]]:
        if rung not in self._sizes:
            self._sizes[rung] = style_sizes(self.recipe, [style for style, _ in self.pictures.styles], rung.size, rung.share)
        return self._sizes[rung]

    def _materials(self, rung: Rung, last: Rung) -> float:
        """Content and styles in the sizes of the scale, and of the result."""
        sizes = [size for each in {rung.size: rung, last.size: last}.values() for size in (each.size, *self._style_sizes(each))]
        return PICTURE * sum(_area(size) for size in sizes)

    def _targets(self, rung: Rung) -> float:
        """What the content is in its layers, and where its regions are in those of the style."""
        content, style = active_layers(self.recipe)
        layers = (self._card.layer(name) for name in content if self.recipe.content_terms.get(FEATURES, 0) > 0)
        seen = sum(FLOAT * layer.channels * _area(rung.size) / layer.stride**2 for layer in layers)
        if self.pictures.regions is None:
            return seen
        # What is kept as it is, and each region, in the picture and in each layer of the style.
        places = sum(1 / self._card.layer(name).stride ** 2 for name in style)
        return seen + _area(rung.size) * (PICTURE + FLOAT * (1 + len(self.pictures.regions.labels) * (1 + places)))


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]
