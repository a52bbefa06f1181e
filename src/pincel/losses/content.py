"""Content: what a content term is, and the loss that each makes; the difference of features first of all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from torch import Tensor

from pincel.functional.content import difference_sum
from pincel.functional.conventions import Convention
from pincel.losses.base import Term
from pincel.losses.windows import FeatureBuffer
from pincel.types import LayerWeights, Window

# (layer, features, window) → parts of sums over positions by layer; and a pass over the content image that makes the means of such sums.
Reduction: TypeAlias = Callable[[str, Tensor, Window], Mapping[str, Tensor]]
FeaturePass: TypeAlias = Callable[[Reduction], Mapping[str, Tensor]]


class ContentTerm(ABC):
    """One way to compare an image with the content image.

    Attributes:
        stores_features: Whether its target is all features of a layer.
    """

    stores_features: ClassVar[bool] = False

    @abstractmethod
    def targets(self, extract: FeaturePass, gather: Callable[[str, Tensor], Tensor]) -> Mapping[str, Tensor]:
        """Measure the content image.

        Args:
            extract: A pass over that image.
            gather: (layer, a whole layer of which this process has computed some windows) → the layer with the windows of all processes.

        Returns:
            The target of each layer.
        """

    @abstractmethod
    def partial_sum(self, features: Tensor, window: Window, target: Tensor) -> Tensor:
        """Reduce the features in a window (1, C, h, w) to a part of a sum over the positions of the layer."""

    @abstractmethod
    def distance(self, mean: Tensor, target: Tensor, convention: Convention) -> Tensor:
        """Return the unweighted J of one layer, a scalar, from that sum divided by the number of positions."""


@dataclass(frozen=True)
class FeatureTerm(ContentTerm):
    """Mean squared difference of features, times the factor of the convention: J_content of Gatys, Ecker, Bethge 2015."""

    stores_features: ClassVar[bool] = True

    def targets(self, extract: FeaturePass, gather: Callable[[str, Tensor], Tensor]) -> dict[str, Tensor]:
        """Return the whole layers."""
        buffer = FeatureBuffer()
        extract(buffer)
        return {layer: gather(layer, features) for layer, features in buffer.layers.items()}

    def partial_sum(self, features: Tensor, window: Window, target: Tensor) -> Tensor:
        """Return the mean over channels of the squared difference, added up over the window."""
        return difference_sum(features, target[..., window.rows, window.columns]) / target.shape[1]

    def distance(self, mean: Tensor, target: Tensor, convention: Convention) -> Tensor:
        """Return the mean with its factor."""
        return convention.content(target[0].numel()) * mean


FEATURES = FeatureTerm()


@dataclass(frozen=True)
class ContentLoss:
    """J_content at each content layer, by one term.

    Attributes:
        targets: layer → what :meth:`ContentTerm.targets` returned.
        layer_weights: layer → weight.
        weight: α.
        convention: Factors of the published formulas.
        share: Weight of the term among those of content.
        term: How image and content are compared.
        name: What the term is called.
    """

    targets: Mapping[str, Tensor]
    layer_weights: LayerWeights
    weight: float
    convention: Convention
    share: float = 1.0
    term: ContentTerm = FEATURES
    name: str = "features"

    @property
    def layers(self) -> frozenset[str]:
        """The content layers."""
        return frozenset(self.targets)

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the partial sum of a window; see :meth:`ContentTerm.partial_sum`."""
        return self.term.partial_sum(features, window, self.targets[layer])

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield one term a layer."""
        for layer, target in self.targets.items():
            value = self.term.distance(statistics[layer], target, self.convention)
            yield Term("content", layer, self.weight, self.share * self.layer_weights[layer], value, self.name)
