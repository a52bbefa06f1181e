"""The content losses of a recipe, with targets measured at the content image."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from pincel.engine.tiles import WorkPartition
from pincel.functional.conventions import CONVENTIONS
from pincel.losses import CONTENT_TERMS
from pincel.losses.base import Loss
from pincel.losses.content import ContentLoss
from pincel.recipes.schema import Recipe
from pincel.run.images import Extract, Images
from pincel.run.sizes import active_layers


def content_losses(recipe: Recipe, images: Images, tiled: frozenset[str], partition: WorkPartition, extract: Extract) -> list[Loss]:
    """Return the losses of content, one for each term; none if content has no weight.

    Args:
        recipe: Its terms, layers and weights.
        images: The images in the size of the scale.
        tiled: Layers of which each process has computed its own tiles only.
        partition: The processes.
        extract: Computes features of an image and reduces them.
    """
    layers, _ = active_layers(recipe)
    if not layers:
        return []

    def gather(layer: str, features: Tensor) -> Tensor:
        return partition.all_reduce(features) if layer in tiled else features

    losses: list[Loss] = []
    for name in (name for name in CONTENT_TERMS if recipe.content_terms.get(name, 0) > 0):
        term, weight = CONTENT_TERMS[name], recipe.content_terms[name]
        targets = term.targets(partial(extract, images.content, layers), gather)
        losses.append(ContentLoss(targets, layers, recipe.content_weight, CONVENTIONS[recipe.convention], weight, term, name))
    return losses
