"""The style losses of a recipe, with targets measured at the style images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.engine.tiles import Reduce
from pincel.functional.conventions import CONVENTIONS
from pincel.images.picture import LoadedImage
from pincel.losses import STYLE_TERMS
from pincel.losses.base import Loss
from pincel.losses.style import Guides, StyleLoss, StyleStatistic, shared_statistics
from pincel.recipes.schema import Recipe
from pincel.run.images import Extract, Images
from pincel.run.regions import Geometry
from pincel.run.sizes import active_layers
from pincel.types import Window


def style_losses(recipe: Recipe, images: Images, backbone: Backbone, device: torch.device, extract: Extract) -> list[Loss]:
    """Return the losses of style, one for each statistic that its terms need; all are measured in one pass over each style image."""
    _, layers = active_layers(recipe)
    strides = {layer.name: layer.stride for layer in backbone.spec.layers if layer.name in layers}
    terms = {name: STYLE_TERMS[name] for name in STYLE_TERMS if recipe.style_terms.get(name, 0) > 0}
    statistics = shared_statistics(terms.values(), strides)
    content_guides, style_guides = _guides(recipe, images, backbone, device)

    def measure(of: Sequence[StyleStatistic[Any, Any]], picture: LoadedImage, guides: Guides | None) -> list[Any]:
        means = extract(picture, layers, _partial_sums(of, guides))
        return [each.finish({layer: means[index, layer] for layer in each.layers}, guides) for index, each in enumerate(of)]

    measured = [
        (measure(statistics, turned, guides and guides.turned(quarters)), weight)
        for (picture, weight), guides in zip(images.styles, style_guides, strict=True)
        if weight > 0
        for quarters, turned in enumerate(_turned(picture, recipe.style_rotations))
    ]
    losses: list[Loss] = []
    for index, statistic in enumerate(statistics):
        covered = {name: term for name, term in terms.items() if any(statistic.covers(each) for each in term.statistics(strides))}
        weights = {name: (term, recipe.style_terms[name]) for name, term in covered.items()}
        blended = statistic.blend([(styles[index], weight) for styles, weight in measured])
        target = statistic.match(blended, lambda own=statistic: measure([own], images.matched or images.content, content_guides)[0])  # type: ignore[misc]
        losses.append(StyleLoss(statistic, target, weights, layers, recipe.weights[1], CONVENTIONS[recipe.convention], content_guides))
    return losses


def _turned(picture: LoadedImage, rotations: int) -> Iterator[LoadedImage]:
    """Yield a picture, and the same turned to the left by one quarter, two and three, as many pictures as are asked for."""
    yield picture
    for quarters in range(1, rotations):
        yield replace(picture, pixels=picture.pixels.rot90(quarters, (2, 3)))


def _partial_sums(statistics: Sequence[StyleStatistic[Any, Any]], guides: Guides | None) -> Reduce:
    """Return what reduces a layer to all statistics that need it, by the number of the statistic and the layer."""

    def reduce(layer: str, features: Tensor, window: Window) -> dict[tuple[int, str], Tensor]:
        needing = [(index, statistic) for index, statistic in enumerate(statistics) if layer in statistic.layers]
        return {(index, layer): statistic.partial_sum(layer, features, window, guides) for index, statistic in needing}

    return reduce


def _guides(recipe: Recipe, images: Images, backbone: Backbone, device: torch.device) -> tuple[Guides | None, list[Guides | None]]:
    """Return where the regions are: in the layers of the result, and in those of each style image."""
    regions, (_, layers) = images.regions, active_layers(recipe)
    if regions is None:
        return None, [None] * len(images.styles)
    geometry = Geometry(backbone, frozenset(layers), recipe.propagation)
    sizes = [(picture.height, picture.width) for picture, _ in images.styles]
    styles: list[Guides | None] = [regions.style_guides(index, size, geometry, device) for index, size in enumerate(sizes)]
    counting = [guides for guides, (_, weight) in zip(styles, images.styles, strict=True) if guides and weight > 0]
    size = (images.content.height, images.content.width)
    return regions.content_guides(size, geometry, device).restrict(counting), styles
