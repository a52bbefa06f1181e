"""What content is: the terms of J_content, with what the content picture shows of each."""

from __future__ import annotations

from torch import Tensor

from pincel.engine.tiles import Share
from pincel.functional.conventions import CONVENTIONS
from pincel.losses import FEATURES, SIMILARITY
from pincel.losses.base import Loss
from pincel.losses.content import Collected, ContentLoss
from pincel.losses.similarity import SimilarityLoss, sampled
from pincel.recipes.schema import Recipe
from pincel.run.images import Extract, Images
from pincel.run.sizes import active_layers


def content_losses(recipe: Recipe, images: Images, tiled: frozenset[str], share: Share, extract: Extract) -> list[Loss]:
    """Return the losses of content, their targets measured; none if content has no weight.

    Args:
        recipe: What is asked of content.
        images: Pictures in the sizes of the run.
        tiled: Layers of which each process has looked at its own tiles only.
        share: Of these.
        extract: Extracts at a picture, as far as some layers, and reduces them.
    """
    layers, _ = active_layers(recipe)
    if not layers:
        return []
    terms = {name: weight for name, weight in recipe.content_terms.items() if weight > 0}
    losses: list[Loss] = []
    if FEATURES in terms:
        targets = _whole(extract, images, layers, tiled, share)
        losses.append(ContentLoss(targets, layers, recipe.content_weight, CONVENTIONS[recipe.convention], terms[FEATURES]))
    if SIMILARITY in terms:
        losses.append(SimilarityLoss(extract(images.content, layers, sampled), layers, recipe.content_weight, terms[SIMILARITY]))
    return losses


def _whole(extract: Extract, images: Images, layers: dict[str, float], tiled: frozenset[str], share: Share) -> dict[str, Tensor]:
    """Return whole layers of the content."""
    collected = Collected()
    extract(images.content, layers, collected)
    # Of layers in tiles, everybody has collected their own.
    return {name: share.summed(seen) if name in tiled else seen for name, seen in collected.layers.items()}
