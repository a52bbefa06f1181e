"""A style term of hypercolumns: each place of the picture is to become one place of the styles, chosen once, before the first step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import torch
from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.functional.hypercolumns import STRIDE, hypercolumns, resized
from pincel.functional.neighbors import column_distance, nearest, pick
from pincel.losses.neighbors import Candidates, join
from pincel.losses.style import ALL_LAYERS, HALF, Guides, StyleStatistic, StyleTerm
from pincel.losses.windows import scatter_resized
from pincel.types import Window


@dataclass(frozen=True)
class Columns:
    """The hypercolumns of a picture.

    Attributes:
        features: (C, M) of M places.
        regions: Whether each place is in each region, (R, M); None where all of them are in the only one.
    """

    features: Tensor
    regions: Tensor | None = None

    @property
    def places(self) -> Sequence[Tensor | slice]:
        """An index of the places of each region."""
        return [slice(None)] if self.regions is None else list(self.regions)

    @property
    def sets(self) -> Sequence[Tensor]:
        """The features of each region."""
        return [self.features[:, places] for places in self.places]


# What styles offer, or, once it was chosen from, what each place is to become.
Target: TypeAlias = Candidates | Tensor


@dataclass(frozen=True)
class Hypercolumns(StyleStatistic[Columns, Target]):
    """The hypercolumns of some layers, four pixels apart.

    Attributes:
        layers: Their names, shallow to deep. A layer whose positions are further apart than four pixels is brought to the size of the first
            one; where that is the first one itself, hypercolumns are as far apart.
    """

    layers: tuple[str, ...]

    def partial_sum(self, layer: str, features: Tensor, window: Window, guides: Guides | None) -> Tensor:
        """Return the window's part in the layer, where that is finer than hypercolumns are, resized to them."""
        height, width = (max(1, length * min(window.stride, STRIDE) // STRIDE) for length in window.full_size)
        return scatter_resized(features, window, (height, width))

    def finish(self, means: Mapping[str, Tensor], guides: Guides | None) -> dict[str, Columns]:
        """Return the hypercolumns, and which of them are in which region."""
        columns = hypercolumns([means[layer] for layer in self.layers])
        if guides is None:
            return {ALL_LAYERS: Columns(columns[0].flatten(1))}
        squares = guides.squared_guides[self.layers[0]]
        regions = resized(squares.transpose(0, 1), columns.shape[-2:])[0] > HALF
        return {ALL_LAYERS: Columns(columns[0].flatten(1), regions.flatten(1))}

    def blend(self, styles: Sequence[tuple[Mapping[str, Columns], float]]) -> dict[str, Target]:
        """Return what all styles offer, region by region."""
        return {ALL_LAYERS: join([(style[ALL_LAYERS].sets, weight) for style, weight in styles])}

    def match(self, target: Mapping[str, Target], measure: Callable[[], Mapping[str, Columns]]) -> dict[str, Target]:
        """Return the hypercolumns of the styles that are most like those of a picture, (C, M); 0 where a region has no style."""
        picture = measure()[ALL_LAYERS]
        chosen = torch.zeros_like(picture.features)
        for places, mine, (theirs, factors) in zip(picture.places, picture.sets, target[ALL_LAYERS], strict=True):
            if theirs and mine.shape[1]:
                chosen[:, places] = pick(theirs, nearest(mine, theirs, factors))
        return {ALL_LAYERS: chosen}


@dataclass(frozen=True)
class HypercolumnTerm(StyleTerm[Columns, Target]):
    """The distance of hypercolumns to those of the styles that they were matched with.

    Paper:
        Kolkin et al. 2022, "Neural Neighbor Style Transfer".

    Differs:
        Where the last rows or columns of a picture have no position in the deeper layers, both count from the first one.
    """

    matches: ClassVar[bool] = True

    def statistics(self, strides: Mapping[str, int]) -> list[Hypercolumns]:
        """Return the hypercolumns of all layers."""
        return [Hypercolumns(tuple(strides))]

    def distance(self, measured: Columns, target: Target, convention: Convention) -> Tensor:
        """Return the mean over all places that have a target."""
        if not isinstance(target, Tensor):
            raise TypeError("Hypercolumns were not matched; see StyleStatistic.match.")
        return column_distance(measured.features, target)


HYPERCOLUMNS = HypercolumnTerm()
