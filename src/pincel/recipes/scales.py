"""A recipe and pictures, at any scale of its ladder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

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
from pincel.recipes import build, sizes
from pincel.recipes.materials import Materials, prepare
from pincel.recipes.schema import Recipe


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

    @cached_property
    def full(self) -> Materials:
        """The pictures at full size."""
        return prepare(self.recipe, self.loaded, self.size)

    @cached_property
    def objective(self) -> Problem:
        """The objective at full size."""
        return self._problem(self.recipe, self.full, self.size)

    def materials(self, rung: Rung) -> Materials:
        """Bring the pictures to the size of a rung."""
        return self.full if rung.share == 1 else prepare(self.recipe, self.loaded, rung.size, rung.share)

    def problem(self, rung: Rung) -> Problem:
        """Put the objective of a rung together; coarse ones may hold on to the content more."""
        if rung.share == 1:
            return self.objective
        coarse = self.recipe.override(content_weight=self.recipe.content_weight * self.recipe.coarse_content)
        return self._problem(coarse, self.materials(rung), rung.size)

    def _problem(self, recipe: Recipe, materials: Materials, size: tuple[int, int]) -> Problem:
        """Measure the targets; where there is no memory for that, in smaller tiles than planned."""
        appetite = Appetite(self.backbone, sizes.needed_layers(recipe), self.device)
        layout, share = self.layouts(size), self.shares(size)
        notes: list[str] = []
        # Several processes would have to agree on another layout.
        thriftier = partial(appetite.thriftier, size) if isinstance(share, Alone) else _none

        def measured() -> Problem:
            return build.make_problem(recipe, materials, self.backbone, self.device, self.precision, build.View(layout, share, self.tell))

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


def _none(_: Layout) -> None:
    """There is no other layout."""
