"""What content is: the terms of J_content, with what the content picture shows of each."""

from __future__ import annotations

from torch import Tensor

from pincel.engine.tiles import Share
from pincel.formulas.conventions import CONVENTIONS
from pincel.losses import FEATURES, SIMILARITY
from pincel.losses.base import Loss
from pincel.losses.content import Collected, ContentLoss
from pincel.losses.similarity import SimilarityLoss, sampled
from pincel.recipes.schema import Recipe
from pincel.run.images import Look, Materials
from pincel.run.sizes import active_layers


def content_losses(recipe: Recipe, materials: Materials, tiled: frozenset[str], share: Share, look: Look) -> list[Loss]:
    """Return the losses of content, their targets measured; none if content has no weight.

    Args:
        recipe: What is asked of content.
        materials: Pictures in the sizes of the run.
        tiled: Layers of which each process has looked at its own tiles only.
        share: Of these.
        look: Looks at a picture, as far as some layers, and reduces them.
    """
    layers, _ = active_layers(recipe)
    if not layers:
        return []
    terms = {name: weight for name, weight in recipe.content_terms.items() if weight > 0}
    losses: list[Loss] = []
    if FEATURES in terms:
        targets = _whole(look, materials, layers, tiled, share)
        losses.append(ContentLoss(targets, layers, recipe.content_weight, CONVENTIONS[recipe.convention], terms[FEATURES]))
    if SIMILARITY in terms:
        losses.append(SimilarityLoss(look(materials.content, layers, sampled), layers, recipe.content_weight, terms[SIMILARITY]))
    return losses


def _whole(look: Look, materials: Materials, layers: dict[str, float], tiled: frozenset[str], share: Share) -> dict[str, Tensor]:
    """Return whole layers of the content."""
    collected = Collected()
    look(materials.content, layers, collected)
    # Of layers in tiles, everybody has collected their own.
    return {name: share.summed(seen) if name in tiled else seen for name, seen in collected.layers.items()}
