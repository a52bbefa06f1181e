"""What style is in the style pictures: the losses of all terms a recipe asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.engine.tiles import Reduce
from pincel.functional.conventions import CONVENTIONS
from pincel.losses import CHAIN, SPREADS, STYLE_TERMS
from pincel.losses.base import Loss
from pincel.losses.chain import ChainLoss, Link, links
from pincel.losses.spread import Rays, SpreadLoss
from pincel.losses.style import Eye, Guides, StyleLoss, blended
from pincel.recipes.schema import Recipe
from pincel.run.images import Extract, Images
from pincel.run.regions import Geometry
from pincel.run.sizes import active_layers
from pincel.types import Window


def style_losses(recipe: Recipe, images: Images, backbone: Backbone, device: torch.device, extract: Extract) -> list[Loss]:
    """Measure what style is in the style pictures: all its terms in one look at each."""
    _, layers = active_layers(recipe)
    terms = {name: weight for name, weight in recipe.style_terms.items() if weight > 0}
    others = [(name, STYLE_TERMS[name], weight) for name, weight in terms.items() if name in STYLE_TERMS]
    spreads = {name: SPREADS[name] for name in terms if name in SPREADS}
    chain = _chain(recipe, backbone) if CHAIN in terms else []
    own, guides = _guides(recipe, images, backbone, device)
    averaged: list[tuple[Mapping[str, Tensor], Eye, float]] = []
    sets: dict[str, list[tuple[Mapping[str, Sequence[Tensor]], float]]] = {name: [] for name in spreads}
    products: dict[Link, list[tuple[Tensor, float]]] = {link: [] for link in chain}
    for (picture, weight), guide in zip(images.styles, guides, strict=True):
        if weight == 0:
            continue
        eye, rays = Eye(guide, bool(others)), {name: Rays(spread, guide) for name, spread in spreads.items()}
        parts: dict[Any, tuple[Collection[str], Reduce]] = {name: (layers, each.part) for name, each in rays.items()}
        parts |= {link: ((link.fine, link.coarse), link.part) for link in chain}
        if "gram" in terms or others:
            parts["moments"] = (layers, eye.part)
        found = extract(picture, layers, _all(parts))
        if "moments" in parts:
            averaged.append(({layer: found["moments", layer] for layer in layers}, eye, weight))
        for name, each in rays.items():
            sets[name].append(({layer: each.sets(layer, found[name, layer]) for layer in layers}, weight))
        for link in chain:
            products[link].append((link.gram({layer: found[link, layer] for layer in (link.fine, link.coarse)}), weight))
    beta, losses = recipe.weights[1], list[Loss]()
    if averaged:
        convention, gram = CONVENTIONS[recipe.convention], terms.get("gram", 0.0)
        losses.append(StyleLoss(blended(averaged), layers, beta, convention, Eye(own, bool(others)), gram, others))
    losses += [SpreadLoss(Rays(spread, own), sets[name], layers, beta, terms[name]) for name, spread in spreads.items()]
    losses += [ChainLoss(link, products[link], layers, beta, terms[CHAIN]) for link in chain]
    return losses


def _chain(recipe: Recipe, backbone: Backbone) -> list[Link]:
    """Link the style layers, each with the next."""
    _, layers = active_layers(recipe)
    ordered = [layer for layer in backbone.card.layers if layer.name in layers]
    return links([layer.name for layer in ordered], {layer.name: layer.stride for layer in ordered})


def _all(parts: Mapping[Any, tuple[Collection[str], Reduce]]) -> Reduce:
    """Reduce a layer in several ways at once, each with its own layers: (layer, …) → {(way, layer): …}."""

    def reduce(layer: str, features: Tensor, window: Window) -> dict[tuple[Any, str], Tensor]:
        asked = {way: part for way, (layers, part) in parts.items() if layer in layers}
        return {(way, layer): part(layer, features, window)[layer] for way, part in asked.items()}

    return reduce


def _guides(recipe: Recipe, images: Images, backbone: Backbone, device: torch.device) -> tuple[Guides | None, list[Guides | None]]:
    """Say where the regions are: in the layers of the result, and in those of each style picture."""
    regions, (_, layers) = images.regions, active_layers(recipe)
    if regions is None:
        return None, [None] * len(images.styles)
    geometry = Geometry(backbone, frozenset(layers), recipe.propagation)
    sizes = [(picture.height, picture.width) for picture, _ in images.styles]
    there: list[Guides | None] = [regions.style_guides(index, each, geometry, device) for index, each in enumerate(sizes)]
    counting = [guides for guides, (_, weight) in zip(there, images.styles, strict=True) if guides and weight > 0]
    size = (images.content.height, images.content.width)
    return regions.content_guides(size, geometry, device).where(counting), there
