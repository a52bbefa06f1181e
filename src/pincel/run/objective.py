"""A recipe and images into the objective of one size: the only place where the names of terms and canvases become objects."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.canvas import CANVASES
from pincel.engine.evaluator import Evaluator
from pincel.engine.events import Event, SetupProgress, TileProgress, ignore
from pincel.engine.gradient_mode import GRADIENT_MODES
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.precision import FP32, Precision
from pincel.engine.problem import Problem, unbounded
from pincel.engine.tiles import LocalWork, Progress, Reduce, WorkPartition, forward_tiled
from pincel.images.picture import LoadedImage
from pincel.losses import VARIATIONS
from pincel.losses.objective import Objective
from pincel.losses.variation import VariationLoss
from pincel.recipes.schema import Recipe
from pincel.run.cache import Cache, IdentityKey, NoCache
from pincel.run.content_terms import content_losses
from pincel.run.images import Images, image_key
from pincel.run.sizes import active_layers, matching_terms
from pincel.run.style_terms import style_losses
from pincel.translation import Note
from pincel.translation import gettext_lazy as _


@dataclass(frozen=True)
class EvalOptions:
    """How features of pictures are computed, which changes no number but by rounding.

    Attributes:
        layout: How much of a picture at a time.
        partition: Which tiles this process computes, where several share one picture.
        on_event: Called with the progress of evaluations in tiles.
        cache: Statistics of the same style pictures.
    """

    layout: Layout = WHOLE
    partition: WorkPartition = field(default_factory=LocalWork)
    on_event: Callable[[Event], None] = ignore
    cache: Cache = field(default_factory=NoCache)


DEFAULT = EvalOptions()


def make_objective(
    recipe: Recipe,
    images: Images,
    network: Backbone,
    device: torch.device,
    precision: Precision = FP32,
    options: EvalOptions = DEFAULT,
    band_limit: float = 0.0,
) -> Evaluator:
    """Measure the targets and return an evaluator of the objective of one size.

    Args:
        recipe: Weights and formulas.
        images: Pictures in the size of the scale.
        network: On ``device``.
        device: Where to work.
        precision: How the network multiplies.
        options: How features are computed: of the targets now, of the canvas later.
        band_limit: The finest frequency that coarser scales have painted already, in cycles a pixel.
    """

    def extract(picture: LoadedImage, layers: Mapping[str, float], reduce: Reduce) -> dict[Any, Tensor]:
        with torch.no_grad(), precision.active():
            pixels = recipe.white * picture.pixels.to(device)
            return forward_tiled(network, pixels, frozenset(layers), reduce, options.layout, options.partition, progress(picture))

    def progress(picture: LoadedImage) -> Progress:
        what = Note(_("looking at {name}, {width}×{height}"), name=picture.name, width=picture.width, height=picture.height)
        return lambda done, total: options.on_event(SetupProgress(what, done, total))

    content, style = active_layers(recipe)
    losses = content_losses(recipe, images, options.layout.tiled(network, frozenset(content)), options.partition, extract)
    if style:
        key = _style_key(recipe, images, network, precision, options)
        cache = options.cache if key is not None else NoCache()
        losses += cache.get_or_make("style", key, lambda: style_losses(recipe, images, network, device, extract))
    gamma = recipe.weights[2]
    if gamma > 0:
        losses.append(VariationLoss(VARIATIONS[recipe.tv], gamma))
    canvas = CANVASES[recipe.canvas](recipe.white, images.size, [each.pixels for each, _ in images.styles], band_limit)
    problem = Problem(
        network,
        Objective(losses),
        canvas,
        preserved=images.regions.preserved(images.content, recipe.white) if images.regions else None,
        gradient_mode=GRADIENT_MODES[recipe.gradients],
        project=canvas.clipped if recipe.bounds == "clip" else unbounded,
    )
    return Evaluator(
        problem, precision, options.layout, options.partition, progress=lambda done, total: options.on_event(TileProgress(done, total))
    )


def _style_key(recipe: Recipe, images: Images, network: Backbone, precision: Precision, options: EvalOptions) -> Hashable | None:
    """Return what the style targets depend on; None where that is more than style pictures and a recipe."""
    if images.regions or matching_terms(recipe) or not isinstance(options.partition, LocalWork):
        return None
    styles = tuple((image_key(recipe, s, images.content), s.height, s.width, weight) for s, weight in images.styles)
    return IdentityKey(network), str(precision), str(options.layout), recipe.model_dump_json(), styles
