"""Style: what a style term is, and the loss that style terms make up.

A style term compares an image with the style images by something measured of their features. What is measured is a
:class:`StyleStatistic`; terms that need the same statistic share it, and all statistics of an image are measured in one pass over it:

1. ``partial_sum`` reduces the features in a window of a layer to a part of a sum over positions, so that images can be cut into tiles;
2. ``finish`` turns the means over all positions into what is compared, of each layer;
3. ``blend`` makes the target out of what was measured of several style images;
4. ``match``, where the target depends on it, chooses from that target what each place of a picture is to become;
5. ``distance`` of the term compares image and target, a scalar of each layer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.losses.base import Term
from pincel.types import LayerWeights, Window

# In place of a layer, for what is measured of all layers together.
ALL_LAYERS = ""
# A position is in a region where its T² is above this: a guide of ½.
HALF = 0.25

# What is measured of a layer, and what it is compared with.
M = TypeVar("M")
T = TypeVar("T")


@dataclass(frozen=True)
class Guides:
    """Which positions of a layer belong to which region, and how much.

    Attributes:
        squared_guides: layer → T², (R, 1, H_l, W_l), of each region.
        norms: layer → Σ T², (R,), float64.

    Paper:
        Gatys, Ecker, Bethge, Hertzmann, Shechtman 2017, "Controlling Perceptual Factors in Neural Style Transfer", section 4. There guides
        are normalized to ΣT² = 1; here sums are divided by their norm.
    """

    squared_guides: Mapping[str, Tensor]
    norms: Mapping[str, Tensor]

    def turned(self, quarters: int) -> Guides:
        """Return the guides of the picture turned to the left by so many quarters of a circle."""
        return Guides({layer: square.rot90(quarters, (2, 3)) for layer, square in self.squared_guides.items()}, self.norms)

    def restrict(self, styles: Sequence[Guides]) -> Guides:
        """Return the same guides, with norm 0 for regions of a layer that no style has: there is nothing to compare them with."""
        present = {layer: torch.stack([style.norms[layer] for style in styles]).sum(0) > 0 for layer in self.norms}
        return Guides(self.squared_guides, {layer: norm * present[layer] for layer, norm in self.norms.items()})


class StyleStatistic(ABC, Generic[M, T]):
    """What is measured of some layers of an image. Statistics that are equal measure the same, and must have one hash.

    Attributes:
        layers: The layers it needs.
    """

    layers: Sequence[str]

    def covers(self, other: StyleStatistic[Any, Any]) -> bool:
        """Return whether all terms of another statistic can be computed from this one."""
        return self == other

    @abstractmethod
    def partial_sum(self, layer: str, features: Tensor, window: Window, guides: Guides | None) -> Tensor:
        """Reduce the features in a window of a layer to a part of a sum over its positions.

        Args:
            layer: One of :attr:`layers`.
            features: (1, C, window.height, window.width).
            window: Where in the layer that is.
            guides: Where the regions of the image are; None if all of it is one region.
        """

    @abstractmethod
    def finish(self, means: Mapping[str, Tensor], guides: Guides | None) -> Mapping[str, M]:
        """Turn sums over all windows into what terms compare.

        Args:
            means: Of each of :attr:`layers` the sum, divided by the number of positions of the layer.
            guides: As given to :meth:`partial_sum`.

        Returns:
            By the layer whose λ weights the comparison; by :data:`ALL_LAYERS` for what has none.
        """

    @abstractmethod
    def blend(self, styles: Sequence[tuple[Mapping[str, M], float]]) -> Mapping[str, T]:
        """Return the target of each layer, from what :meth:`finish` returned of each style image, and the weight of that image."""

    def match(self, target: Mapping[str, T], measure: Callable[[], Mapping[str, M]]) -> Mapping[str, T]:
        """Return the target for what is painted from a certain picture on; by default the same for all pictures.

        Args:
            target: What :meth:`blend` returned.
            measure: Returns what :meth:`finish` returns of that picture.
        """
        return target


class StyleTerm(ABC, Generic[M, T]):
    """One way to compare an image with the style images.

    Attributes:
        regions: Whether it can compare regions, given by masks, each with its own style.
        min_layers: Style layers that it needs at least.
        matches: Whether its target depends on the picture that is painted on; see :meth:`StyleStatistic.match`.
    """

    regions: ClassVar[bool] = True
    min_layers: ClassVar[int] = 1
    matches: ClassVar[bool] = False

    @abstractmethod
    def statistics(self, strides: Mapping[str, int]) -> Sequence[StyleStatistic[M, T]]:
        """Return what has to be measured, given the style layers, shallow to deep, with their strides in pixels."""

    @abstractmethod
    def distance(self, measured: M, target: T, convention: Convention) -> Tensor:
        """Return the unweighted J of one layer, a scalar; differentiable in what was measured.

        Args:
            measured: Of the image.
            target: Of the styles.
            convention: Factors of the published formulas, for a term that has them.
        """


@dataclass(frozen=True)
class StyleLoss:
    """The sum of the style terms that are computed from one statistic.

    Attributes:
        style_statistic: That statistic.
        targets: layer → what :meth:`StyleStatistic.blend` returned.
        term_weights: Name of a term → the term, and its weight among those of style.
        layer_weights: layer → λ.
        weight: β.
        convention: Factors of the published formulas.
        guides: Where the regions of the image are.
    """

    style_statistic: StyleStatistic[Any, Any]
    targets: Mapping[str, Any]
    term_weights: Mapping[str, tuple[StyleTerm[Any, Any], float]]
    layer_weights: LayerWeights
    weight: float
    convention: Convention
    guides: Guides | None = None

    @property
    def layers(self) -> frozenset[str]:
        """Those of the statistic."""
        return frozenset(self.style_statistic.layers)

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the partial sum of a window; see :meth:`StyleStatistic.partial_sum`."""
        return self.style_statistic.partial_sum(layer, features, window, self.guides)

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield a term for each layer and formula."""
        measured = self.style_statistic.finish(statistics, self.guides)
        for layer in (layer for layer in (*self.layer_weights, ALL_LAYERS) if layer in self.targets):
            for name, (term, share) in self.term_weights.items():
                value = term.distance(measured[layer], self.targets[layer], self.convention)
                yield Term("style", layer or None, self.weight, share * self.layer_weights.get(layer, 1.0), value, name)


def shared_statistics(terms: Iterable[StyleTerm[Any, Any]], strides: Mapping[str, int]) -> list[StyleStatistic[Any, Any]]:
    """Return the fewest statistics that some terms can be computed from: none that another one covers."""
    needed = dict.fromkeys(statistic for term in terms for statistic in term.statistics(strides))
    return [each for each in needed if not any(other.covers(each) for other in needed if other != each)]
