"""The Gram loss of given matrices, and what measures them, without a run."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from pincel.functional.conventions import Convention
from pincel.losses.moments import GRAM, FeatureStatistics, RegionMoments
from pincel.losses.style import StyleLoss
from pincel.types import LayerWeights, Window


def gram_loss(grams: Mapping[str, Tensor], layer_weights: LayerWeights, weight: float, convention: Convention) -> StyleLoss:
    """Return the loss whose targets are Gram matrices (1, C, C) of layers."""
    targets = {layer: RegionMoments(gram, torch.ones(1)) for layer, gram in grams.items()}
    return StyleLoss(FeatureStatistics(tuple(grams)), targets, {"gram": (GRAM, 1.0)}, layer_weights, weight, convention)


def gram_sums(layer: str, features: Tensor, window: Window) -> dict[str, Tensor]:
    """Reduce a window of a layer to a part of the sum whose mean is the Gram matrix."""
    return {layer: FeatureStatistics((layer,)).partial_sum(layer, features, window, None)}
