"""The losses of a recipe of image optimization, for crops that a network has stylized."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.engine.precision import FP32
from pincel.engine.tiles import LocalWork, Reduce, forward_tiled
from pincel.images.picture import LoadedImage
from pincel.losses import VARIATIONS
from pincel.losses.base import Loss
from pincel.losses.objective import Evaluation, Objective
from pincel.losses.variation import VariationLoss
from pincel.recipes.schema import Recipe
from pincel.run.content_terms import content_losses
from pincel.run.images import Images
from pincel.run.style_terms import style_losses


@dataclass(frozen=True)
class CropLosses:
    """Makes and evaluates the losses of a recipe, with a network on its device.

    Attributes:
        recipe: Its layers, formulas and weights.
        vgg: The network whose features are compared.
    """

    recipe: Recipe
    vgg: VGG

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(iter(self.vgg.weights.values()))[0].device

    def content(self, crop: Tensor) -> list[Loss]:
        """Measure the content targets of a crop, (1, 3, H, W) in [0, 1]."""
        return content_losses(self.recipe, Images(to_image(crop), []), frozenset(), LocalWork(), self._features)

    def style(self, styles: Sequence[tuple[LoadedImage, float]]) -> list[Loss]:
        """Measure the style targets of images with weights."""
        return style_losses(self.recipe, Images(styles[0][0], styles), self.vgg, self.device, self._features)

    def evaluate(self, losses: Sequence[Loss], levels: Tensor) -> Evaluation:
        """Evaluate losses and total variation of (1, 3, H, W) in gray levels; differentiable."""
        gamma = self.recipe.weights[2]
        objective = Objective([*losses, *([VariationLoss(VARIATIONS[self.recipe.tv], gamma)] if gamma > 0 else [])])
        return objective.evaluation(forward_tiled(self.vgg, levels, objective.layers, objective.statistics), levels)

    def features(self, crop: Tensor, layer: str) -> Tensor:
        """Return the features of a crop, (1, 3, H, W) in [0, 1], in one layer."""
        return self.vgg.features(255 * crop, (layer,))[layer]

    def _features(self, image: LoadedImage, layers: Mapping[str, float], reduce: Reduce) -> dict[Any, Tensor]:
        with torch.no_grad(), FP32.active():
            return forward_tiled(self.vgg, self.recipe.white * image.pixels.to(self.device), frozenset(layers), reduce)


def to_image(crop: Tensor) -> LoadedImage:
    """Return a crop as an image."""
    return LoadedImage(crop, None, "crop", "")
