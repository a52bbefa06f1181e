"""A recipe and its images into a network to train and its objective."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from pincel.backbones import BACKBONES, NETWORKS
from pincel.backbones.calibrate import calibration_means
from pincel.backbones.normalize import normalize
from pincel.backbones.vgg import VGG
from pincel.engine.precision import choose_precision
from pincel.feedforward.network import Encoder, truncate
from pincel.run.check import check_recipe
from pincel.run.sizes import needed_layers
from pincel.training.data import StyleData
from pincel.training.inputs import objective_recipe
from pincel.training.losses import CropLosses
from pincel.training.objectives import AnyStyleObjective, OneStyleObjective, StyleObjective
from pincel.training.schema import StyleTrainingRecipe

# The least mean activation of a filter, as a fraction of its layer's median.
MIN_ACTIVATION = 0.25


def make_objective(recipe: StyleTrainingRecipe, data: StyleData, device: torch.device, notes: list[str]) -> StyleObjective:
    """Load the network of the loss and measure the style; notices go into ``notes``."""
    objective = objective_recipe(recipe)
    check_recipe(objective)
    spec = BACKBONES[objective.backbone]
    loaded: VGG = NETWORKS[spec.network](spec, pooling=objective.pooling, pool_rounding=objective.pool_rounding, padding=objective.padding)
    vgg, means = loaded.to(device), None
    if objective.activations == "normalized":
        means = clamp_means(calibration_means(vgg, objective.calibration, notes.append, lambda *_: None))
        vgg = normalize(vgg, means)
    layers = needed_layers(objective) | ({recipe.layer} if recipe.layer else frozenset())
    vgg = choose_precision("fp32", device, notes.append).applied(vgg, layers)
    losses = CropLosses(objective, vgg)
    if data.style_crops is None:
        return OneStyleObjective(losses, data.crops, losses.style(data.styles))
    assert means is not None
    encoder = Encoder(truncate(vgg, recipe.layer) if layers == {recipe.layer} else vgg, recipe.layer, means)
    return AnyStyleObjective(losses, encoder, data.crops, data.style_crops, recipe.copies, recipe.lead * recipe.steps * recipe.batch)


def clamp_means(means: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return mean activations, none less than a fraction of the median of its layer.

    Otherwise a filter that hardly responds to the few calibration images would be scaled up so much that it outweighs all others in the
    first crop to which it responds.
    """
    return {name: mean.clamp_min(MIN_ACTIVATION * float(mean.median())) for name, mean in means.items()}
