"""Content: the features the content picture has at a layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.functional.content import difference_sum
from pincel.functional.conventions import Convention
from pincel.losses.base import Term
from pincel.types import LayerWeights, Window


class Collected:
    """Puts the windows of layers together again.

    Attributes:
        layers: layer → (1, C, H_l, W_l), of the windows shown so far.
    """

    def __init__(self) -> None:
        self.layers: dict[str, Tensor] = {}

    def __call__(self, layer: str, features: Tensor, window: Window) -> Mapping[str, Tensor]:
        """Keep a window; there is nothing to add up."""
        if (window.height, window.width) == window.whole:
            self.layers[layer] = features
            return {}
        if layer not in self.layers:
            blank = features.new_zeros(*features.shape[:2], *window.whole)
            self.layers[layer] = blank.contiguous(memory_format=torch.channels_last)
        self.layers[layer][..., window.rows, window.columns] = features
        return {}


@dataclass(frozen=True)
class ContentLoss:
    """J_content at each content layer.

    Attributes:
        targets: layer → features of the content picture, (1, C, H, W).
        layer_weights: layer → weight.
        weight: α.
        convention: Which publication's factor.
        share: Weight among the terms of content.
    """

    targets: Mapping[str, Tensor]
    layer_weights: LayerWeights
    weight: float
    convention: Convention
    share: float = 1.0

    @property
    def layers(self) -> frozenset[str]:
        """The content layers."""
        return frozenset(self.targets)

    def statistic(self, layer: str, features: Tensor, window: Window) -> Tensor:
        """Return the mean over channels of the squared difference, added up over the window."""
        target = self.targets[layer][..., window.rows, window.columns]
        return difference_sum(features, target) / target.shape[1]

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield one term a layer."""
        for layer, target in self.targets.items():
            value = self.convention.content(target[0].numel()) * statistics[layer]
            yield Term("content", layer, self.weight, self.share * self.layer_weights[layer], value)
