"""What style is in the style pictures: the losses of all terms a recipe asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.engine.tiles import Reduce
from pincel.formulas.conventions import CONVENTIONS
from pincel.image.picture import Picture
from pincel.losses import CHAIN, SPREADS, STYLE_TERMS
from pincel.losses.base import Loss
from pincel.losses.chain import ChainLoss, Link, links
from pincel.losses.spread import Rays, SpreadLoss
from pincel.losses.style import Eye, Guides, StyleLoss, blended
from pincel.recipes.materials import Materials
from pincel.recipes.regions import Geometry
from pincel.recipes.schema import Recipe
from pincel.recipes.sizes import active_layers
from pincel.types import Window

# (picture, layers, what to reduce them to) → the means.
Look: TypeAlias = Callable[[Picture, Mapping[str, float], Reduce], dict[Any, Tensor]]


def style_losses(recipe: Recipe, materials: Materials, backbone: Backbone, device: torch.device, look: Look) -> list[Loss]:
    """Measure what style is in the style pictures: all its terms in one look at each."""
    _, layers = active_layers(recipe)
    terms = {name: weight for name, weight in recipe.style_terms.items() if weight > 0}
    others = [(name, STYLE_TERMS[name], weight) for name, weight in terms.items() if name in STYLE_TERMS]
    own, guides = _guides(recipe, materials, backbone, device)
    chain = _chain(recipe, backbone) if CHAIN in terms else []
    seen = []
    for (picture, weight), guide in zip(materials.styles, guides, strict=True):
        parts: dict[Any, Reduce] = {"": Eye(guide, bool(others)).part} if "gram" in terms or others else {}
        parts |= {name: Rays(name, guide).part for name in terms if name in SPREADS}
        parts |= {link: link.part for link in chain}
        if weight > 0:
            seen.append((look(picture, layers, _all(parts)), guide, weight))
    losses: list[Loss] = []
    if "gram" in terms or others:
        averages = [({layer: found["", layer] for layer in layers}, Eye(guide, bool(others)), weight) for found, guide, weight in seen]
        eye = Eye(own, bool(others))
        gram = terms.get("gram", 0.0)
        losses.append(StyleLoss(blended(averages), layers, recipe.style_weight, CONVENTIONS[recipe.convention], eye, gram, others))
    for name in (name for name in terms if name in SPREADS):
        ranked = [({layer: Rays(name, guide).sets(layer, found[name, layer]) for layer in layers}, weight) for found, guide, weight in seen]
        losses.append(SpreadLoss(Rays(name, own), ranked, layers, recipe.style_weight, terms[name]))
    for link in chain:
        grams = [(link.gram({name: found[link, name] for name in (link.fine, link.coarse)}), weight) for found, _, weight in seen]
        losses.append(ChainLoss(link, grams, layers, recipe.style_weight, terms[CHAIN]))
    return losses


def _chain(recipe: Recipe, backbone: Backbone) -> list[Link]:
    """Link the style layers, each with the next."""
    _, layers = active_layers(recipe)
    ordered = [layer for layer in backbone.card.layers if layer.name in layers]
    return links([layer.name for layer in ordered], {layer.name: layer.stride for layer in ordered})


def _all(parts: Mapping[Any, Reduce]) -> Reduce:
    """Reduce a layer in several ways at once: (layer, …) → {(way, layer): …}. A link looks at its own two layers only."""

    def reduce(layer: str, features: Tensor, window: Window) -> dict[tuple[Any, str], Tensor]:
        asked = {way: part for way, part in parts.items() if not isinstance(way, Link) or layer in (way.fine, way.coarse)}
        return {(way, layer): part(layer, features, window)[layer] for way, part in asked.items()}

    return reduce


def _guides(recipe: Recipe, materials: Materials, backbone: Backbone, device: torch.device) -> tuple[Guides | None, list[Guides | None]]:
    """Say where the regions are: in the layers of the result, and in those of each style picture."""
    regions, (_, layers) = materials.regions, active_layers(recipe)
    if regions is None:
        return None, [None] * len(materials.styles)
    geometry = Geometry(backbone, frozenset(layers), recipe.propagation)
    sizes = [(picture.height, picture.width) for picture, _ in materials.styles]
    size = (materials.content.height, materials.content.width)
    return (
        regions.content_guides(size, geometry, device),
        [regions.style_guides(index, each, geometry, device) for index, each in enumerate(sizes)],
    )
