"""A recipe and pictures, at any scale of its ladder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TypeAlias

import torch
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.engine.estimate import Appetite
from pincel.engine.events import Event
from pincel.engine.ladder import Rung, resampled
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.memory import attempted
from pincel.engine.precision import Precision
from pincel.engine.problem import Problem
from pincel.engine.tiles import Alone, Share
from pincel.errors import MemoryLimitError
from pincel.image.resize import resize_picture
from pincel.losses.base import Loss
from pincel.losses.objective import Objective
from pincel.recipes.schema import Recipe
from pincel.run import build, sizes
from pincel.run.cache import Forgetful, Remembers
from pincel.run.images import Materials, prepare

# (height, width) of a scale → what is wished of the picture there beyond the recipe.
Wishes: TypeAlias = Callable[[tuple[int, int]], Sequence[Loss]]


def no_wishes(_: tuple[int, int]) -> Sequence[Loss]:
    """Wish for nothing more."""
    return ()


@dataclass(frozen=True)
class Scales:
    """What a climb asks for at each rung.

    Attributes:
        recipe: What is asked of the run.
        loaded: The pictures.
        size: (height, width) of the result.
        backbone: In the precision of the run, on its device.
        device: Where to work.
        precision: How the backbone multiplies.
        layouts: (height, width) → how much of a picture of that size is looked at at a time.
        shares: (height, width) → whose work the tiles of the objective at that size are.
        tell: Is told how far a look tile by tile has come.
        wishes: What is wished of the picture beyond the recipe.
        memo: Knows what runs before had use for too.
        parts: The share of the full size that each scale of the climb has.
    """

    recipe: Recipe
    loaded: Materials
    size: tuple[int, int]
    backbone: VGG
    device: torch.device
    precision: Precision
    layouts: Callable[[tuple[int, int]], Layout] = lambda _: WHOLE
    shares: Callable[[tuple[int, int]], Share] = lambda _: Alone()
    tell: Callable[[Event], None] = lambda _: None
    wishes: Wishes = no_wishes
    memo: Remembers = field(default_factory=Forgetful)
    parts: Sequence[float] = ()

    @cached_property
    def full(self) -> Materials:
        """The pictures at full size."""
        return prepare(self.recipe, self.loaded, self.size, memo=self.memo)

    @cached_property
    def objective(self) -> Problem:
        """The objective at full size."""
        return self._problem(self.recipe, self.full, self.size, self._painted(1.0))

    def materials(self, rung: Rung) -> Materials:
        """Bring the pictures to the size of a rung."""
        return self.full if rung.share == 1 else prepare(self.recipe, self.loaded, rung.size, rung.share, self.memo)

    def problem(self, rung: Rung) -> Problem:
        """Put the objective of a rung together; coarse ones may hold on to the content more."""
        if rung.share == 1:
            return self.objective
        coarse = self.recipe.override(content_weight=self.recipe.content_weight * self.recipe.coarse_content)
        return self._problem(coarse, self.materials(rung), rung.size, self._painted(rung.share))

    def _painted(self, share: float) -> float:
        """Return the finest frequency that the scale before can show, in cycles a pixel of this one; 0 for the first."""
        before = max((coarser for coarser in self.parts if coarser < share), default=0.0)
        return before / share / 2

    def _problem(self, recipe: Recipe, materials: Materials, size: tuple[int, int], painted: float) -> Problem:
        """Measure the targets; where there is no memory for that, in smaller tiles than planned."""
        appetite = Appetite(self.backbone, sizes.needed_layers(recipe), self.device)
        layout, share = self.layouts(size), self.shares(size)
        notes: list[str] = []
        # Several processes would have to agree on another layout.
        thriftier = partial(appetite.thriftier, size) if isinstance(share, Alone) else _none

        def measured() -> Problem:
            view = build.View(layout, share, self.tell, self.memo)
            problem = build.make_problem(recipe, materials, self.backbone, self.device, self.precision, view, painted)
            return wishing(problem, self.wishes(size))

        while (problem := attempted(measured)) is None:
            smaller = thriftier(layout)
            if smaller is None:
                raise MemoryLimitError(f"Out of memory at {size[1]}×{size[0]}, even with tiles {layout}. Try a smaller --size.")
            layout = smaller
            notes.append(f"Out of memory: goes on with tiles {layout}.")
        return replace(problem, thriftier=thriftier, notes=tuple(notes))

    def finer(self, picture: Tensor, rung: Rung) -> Tensor:
        """Enlarge a picture to a rung, and lay over it what the content has too fine for the rung before."""
        larger = resampled(picture, rung.size)
        if self.recipe.detail == 0:
            return larger
        content = self.recipe.white * resize_picture(self.loaded.content, rung.size, self.recipe.resample).pixels.to(picture)
        coarse = resampled(resampled(content, (picture.shape[-2], picture.shape[-1])), rung.size)
        detailed = larger + self.recipe.detail * (content - coarse)
        return detailed.clamp(0, self.recipe.white) if self.recipe.bounds == "clip" else detailed


def wishing(problem: Problem, more: Sequence[Loss]) -> Problem:
    """Return an objective with further losses."""
    return replace(problem, objective=Objective([*problem.objective.losses, *more])) if more else problem


def _none(_: Layout) -> None:
    """There is no other layout."""
