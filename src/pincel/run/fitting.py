"""Smaller tiles where there is less memory than planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import torch

from pincel.backbones.base import Backbone
from pincel.engine.estimate import CostModel
from pincel.engine.evaluator import Evaluator
from pincel.engine.layout import Layout
from pincel.engine.memory import try_alloc
from pincel.engine.tiles import LocalWork, WorkPartition
from pincel.errors import MemoryLimitError
from pincel.recipes.schema import Recipe
from pincel.run.sizes import needed_layers
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# A layout → the next one that takes less memory; None if there is none.
SmallerTiling: TypeAlias = Callable[[Layout], Layout | None]


def smaller_tiling(
    recipe: Recipe, network: Backbone, device: torch.device, size: tuple[int, int], partition: WorkPartition
) -> SmallerTiling:
    """Return a function that finds smaller tiles for (height, width)."""
    # Several processes would have to agree on another layout.
    if not isinstance(partition, LocalWork):
        return _no_smaller_tiling
    return partial(CostModel(network, needed_layers(recipe), device).smaller_tiling, size)


def fit_tiles(build: Callable[[Layout], Evaluator], layout: Layout, size: tuple[int, int], smaller: SmallerTiling) -> Evaluator:
    """Build an evaluator, in smaller tiles for as long as there is no memory for it.

    Args:
        build: Measures the targets in a layout.
        layout: As planned.
        size: (height, width), for the message.
        smaller: What to try next; the evaluator uses it too.

    Raises:
        MemoryLimitError: If even the smallest tiles take more than there is.
    """
    notes: list[str] = []
    while (evaluator := try_alloc(partial(build, layout))) is None:
        tiles = smaller(layout)
        if tiles is None:
            text = _("Out of memory at {width}×{height}, even with tiles {tiles}. Try a smaller --size.")
            raise MemoryLimitError(Note(text, width=size[1], height=size[0], tiles=layout))
        layout = tiles
        notes.append(Note(_("Out of memory: continuing with {change}."), change=Note(_("tiles {tiles}"), tiles=layout)))
    return replace(evaluator, smaller_tiling=smaller, notes=tuple(notes))


def _no_smaller_tiling(_: Layout) -> None:
    """There is no other layout."""
