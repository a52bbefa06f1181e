"""Names into objects: the only place that turns a recipe and pictures into something that runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import Tensor

from pincel.backbones import CARDS
from pincel.backbones.base import Backbone
from pincel.backbones.calibrate import Progress, Tell, calibrated
from pincel.backbones.cards import Card
from pincel.backbones.vgg import VGG, load_vgg
from pincel.canvas import CANVASES
from pincel.canvas.base import Canvas
from pincel.canvas.start import noise, parse_start
from pincel.engine.events import Event, Looking, Preparing
from pincel.engine.ladder import Rung, rungs
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.precision import FP32, Precision
from pincel.engine.problem import Problem
from pincel.engine.tiles import Alone, Reduce, Share, Watch, observe
from pincel.errors import OptionError, PictureSizeError, unknown_name
from pincel.formulas.conventions import CONVENTIONS
from pincel.image.picture import Picture
from pincel.image.resize import area_size, cover, resize_picture, target_size
from pincel.losses import CHAIN, SPREADS, STYLE_TERMS, VARIATIONS
from pincel.losses.base import Loss
from pincel.losses.chain import ChainLoss, Link, links
from pincel.losses.content import Collected, ContentLoss
from pincel.losses.objective import Objective
from pincel.losses.spread import Rays, SpreadLoss
from pincel.losses.style import Eye, Guides, StyleLoss, blended
from pincel.losses.variation import VariationLoss
from pincel.optimisers import OPTIMISERS
from pincel.optimisers.base import Optimiser, make_optimiser
from pincel.optimisers.clamp import Clamped
from pincel.recipes.regions import Geometry, Regions
from pincel.recipes.schema import Recipe
from pincel.types import Window

# (picture, layers, what to reduce them to) → the means.
Look: TypeAlias = Callable[[Picture, Mapping[str, float], Reduce], dict[Any, Tensor]]

# Shorter side of the smallest scale worth painting: below it a picture is nothing but its mean colours.
SMALLEST = 64


def check_recipe(recipe: Recipe) -> Card:
    """Check every name in a recipe, before anything slow happens.

    Returns:
        The card of its backbone.

    Raises:
        UnknownNameError: For a backbone, layer, optimizer or option that does not exist, with the closest match.
        OptionError: If all weights are zero, or a value is out of its optimizer's range.
    """
    card = CARDS[recipe.backbone]
    for what, layers in (("content layer", recipe.content_layers), ("style layer", recipe.style_layers)):
        for name in layers:
            card.layer(name, what)
    for name in recipe.style_terms:
        if name not in (known := ("gram", *STYLE_TERMS, *SPREADS, CHAIN)):
            raise unknown_name("style term", name, known)
    if recipe.style_terms.get(CHAIN, 0) > 0 and (recipe.content_mask or recipe.style_mask):
        raise OptionError("The style term chain knows no regions; leave it or the masks out.")
    if recipe.style_terms.get(CHAIN, 0) > 0 and len(active_layers(recipe)[1]) == 1:
        raise OptionError("The style term chain links one style layer to the next; give at least two --style-layers.")
    make_optimiser(OPTIMISERS[recipe.optimizer], recipe.learning_rate, recipe.optimizer_options)
    parse_start(recipe.init)
    content, style = active_layers(recipe)
    if recipe.ladder and content and recipe.coarse_content == 0 and not (style or recipe.tv_weight > 0):
        raise OptionError(
            "Coarse scales would have nothing to paint towards: with neither style nor total variation, give --coarse-content "
            "a number above 0, or --ladder none."
        )
    if not (content or style or recipe.tv_weight > 0):
        raise OptionError(
            "All weights are zero, so there is nothing to paint towards: give --content-weight, --style-weight or --tv-weight "
            "a number above 0, with at least one layer whose weight is above 0."
        )
    return card


def active_layers(recipe: Recipe) -> tuple[dict[str, float], dict[str, float]]:
    """Content and style layers that count: a weight of zero costs nothing."""
    content = {n: w for n, w in recipe.content_layers.items() if w > 0 and recipe.content_weight > 0}
    wanted = recipe.style_weight > 0 and any(recipe.style_terms.values())
    style = {n: w for n, w in recipe.style_layers.items() if w > 0 and wanted}
    return content, style


def needed_layers(recipe: Recipe) -> frozenset[str]:
    """Layers that are looked at."""
    content, style = active_layers(recipe)
    return frozenset([*content, *style])


def needed_stride(recipe: Recipe) -> int:
    """Pixels a side must have at least for the deepest layer to have one position."""
    layers = CARDS[recipe.backbone].up_to(needed_layers(recipe))
    return max((layer.stride for layer in layers), default=2)


def content_size(recipe: Recipe, picture: Picture) -> tuple[int, int]:
    """(height, width) of the result for a content picture.

    Raises:
        PictureSizeError: If the deepest layer would see nothing in it.
    """
    size = target_size(picture.height, picture.width, recipe.size, recipe.size_of, recipe.rounding)
    return _checked(recipe, picture, "content", size)


def spread(recipe: Recipe, counts: Sequence[int]) -> Recipe:
    """Give every picture of a folder the ``style_scale`` of that folder; ``counts`` says how many pictures each style given stands for."""
    if len(recipe.style_scale) == 1 or len(recipe.style_scale) != len(counts):
        return recipe
    return recipe.override(style_scale=[scale for scale, count in zip(recipe.style_scale, counts, strict=True) for _ in range(count)])


def style_sizes(recipe: Recipe, styles: Sequence[Picture], content: tuple[int, int], share: float = 1.0) -> list[tuple[int, int]]:
    """(height, width) each style picture is looked at in, with its ``style_scale``; see :func:`style_size`.

    Raises:
        OptionError: If there are scales, but not one for each.
    """
    scales = recipe.style_scale * len(styles) if len(recipe.style_scale) == 1 else recipe.style_scale
    if len(scales) != len(styles):
        raise OptionError(
            f"--style-scale has {len(scales)} numbers for {len(styles)} style pictures; give one for all of them, or one for each."
        )
    return [style_size(recipe, style, content, share, scale) for style, scale in zip(styles, scales, strict=True)]


def style_size(recipe: Recipe, picture: Picture, content: tuple[int, int], share: float = 1.0, scale: float = 1.0) -> tuple[int, int]:
    """(height, width) a style picture is looked at in, its shape kept.

    Args:
        recipe: Says how.
        picture: As loaded.
        content: (height, width) of the scale of the ladder.
        share: Of that scale.
        scale: Of the strokes: twice as large is painted with strokes twice as wide.

    Raises:
        PictureSizeError: If the deepest layer would see nothing in it.
    """
    if recipe.style_size == "content-area":
        size = area_size(picture.height, picture.width, round(scale**2 * content[0] * content[1]))
    else:
        height, width = target_size(picture.height, picture.width, recipe.size, recipe.size_of, recipe.rounding)
        size = (round(scale * share * height), round(scale * share * width))
    return _checked(recipe, picture, "style", size)


def _checked(recipe: Recipe, picture: Picture, what: str, size: tuple[int, int]) -> tuple[int, int]:
    need = needed_stride(recipe)
    if min(picture.height, picture.width) < need:
        raise PictureSizeError(
            f"The {what} picture {picture.name} is too small: {picture.width}×{picture.height} pixels, "
            f"and the deepest layer asked for needs at least {need} on each side."
        )
    if min(size) < need:
        raise PictureSizeError(
            f"The {what} picture {picture.name}, {picture.width}×{picture.height} pixels, would be {size[1]}×{size[0]} in the run, "
            f"and the deepest layer asked for needs at least {need} on each side. Try a larger --size, or crop the picture."
        )
    return size


def make_backbone(recipe: Recipe, device: torch.device, tell: Tell, progress: Progress) -> VGG:
    """Load the network a recipe asks for, with its pooling and its scaling, onto a device; see :func:`calibrated`."""
    card = CARDS[recipe.backbone]
    vgg = load_vgg(card, pooling=recipe.pooling, pool_rounding=recipe.pool_rounding, padding=recipe.padding).to(device)
    if recipe.activations == "normalised":
        return calibrated(vgg, recipe.calibration, tell, progress)
    return vgg


def quickened(recipe: Recipe, backbone: VGG, precision: Precision) -> VGG:
    """Return a network that multiplies in some precision, for the layers a recipe asks for."""
    return precision.applied(backbone, needed_layers(recipe))


@dataclass(frozen=True)
class Materials:
    """Pictures in the sizes of the run.

    Attributes:
        content: The content picture.
        styles: Each style picture with its weight.
        regions: What is painted after what, if not all after all.
    """

    content: Picture
    styles: Sequence[tuple[Picture, float]]
    regions: Regions | None = None


def make_rungs(recipe: Recipe, size: tuple[int, int], styles: Sequence[Picture]) -> list[Rung]:
    """Lay out the scales of a run whose result has (height, width) ``size``; those too small for the network to see are left out."""
    need = needed_stride(recipe)
    top = min(*size, *(min(each) for each in style_sizes(recipe, styles, size)))
    return rungs(
        size, recipe.steps, recipe.rungs, smallest=max(need, SMALLEST, math.ceil(need * min(size) / top)), tolerance=recipe.tolerance
    )


def prepare(recipe: Recipe, loaded: Materials, size: tuple[int, int], share: float = 1.0) -> Materials:
    """Bring pictures to the sizes of a run.

    Args:
        recipe: Says how.
        loaded: Them.
        size: (height, width) of the scale.
        share: Of the full size.
    """
    sizes = style_sizes(recipe, [style for style, _ in loaded.styles], size, share)
    resized = [(resize_picture(style, each, recipe.resample), weight) for (style, weight), each in zip(loaded.styles, sizes, strict=True)]
    return Materials(resize_picture(loaded.content, size, recipe.resample), resized, loaded.regions)


@dataclass(frozen=True)
class View:
    """How pictures are looked at.

    Attributes:
        layout: How much of one at a time.
        share: Whose work the tiles are, where several processes work on one picture.
        tell: Is told how far a look tile by tile has come.
    """

    layout: Layout = WHOLE
    share: Share = field(default_factory=Alone)
    tell: Callable[[Event], None] = lambda _: None


# The whole of it, by this process, telling nobody.
FREELY = View()


def make_problem(
    recipe: Recipe,
    materials: Materials,
    backbone: Backbone,
    device: torch.device,
    precision: Precision = FP32,
    view: View = FREELY,
) -> Problem:
    """Measure the targets and put the objective together.

    Args:
        recipe: Weights and formulas.
        materials: Pictures in the sizes of the run.
        backbone: From :func:`make_backbone`, on ``device``.
        device: Where to work.
        precision: How the backbone multiplies.
        view: How pictures are looked at: the targets now, the canvas later.
    """
    convention = CONVENTIONS[recipe.convention]
    content, style = active_layers(recipe)
    losses: list[Loss] = []

    def look(picture: Picture, layers: Mapping[str, float], reduce: Reduce) -> dict[Any, Tensor]:
        with torch.no_grad(), precision.active():
            pixels = recipe.white * picture.pixels.to(device)
            return observe(backbone, pixels, frozenset(layers), reduce, view.layout, view.share, watched(picture))

    def watched(picture: Picture) -> Watch:
        what = f"looking at {picture.name}, {picture.width}×{picture.height}"
        return lambda done, total: view.tell(Preparing(what, done, total))

    if content:
        collected = Collected()
        look(materials.content, content, collected)
        # Of layers in tiles, everybody has collected their own.
        tiled = view.layout.tiled(backbone, frozenset(content))
        targets = {name: view.share.summed(seen) if name in tiled else seen for name, seen in collected.layers.items()}
        losses.append(ContentLoss(targets, content, recipe.content_weight, convention))
    size = (materials.content.height, materials.content.width)
    if style:
        losses += _style_losses(recipe, materials, backbone, device, look)
    if recipe.tv_weight > 0:
        losses.append(VariationLoss(VARIATIONS[recipe.tv], recipe.tv_weight))
    canvas = CANVASES[recipe.canvas](recipe.white, size)
    held = materials.regions.held(materials.content, recipe.white) if materials.regions else None

    def watch(done: int, total: int) -> None:
        view.tell(Looking(done, total))

    return Problem(backbone, Objective(losses), canvas, precision, view.layout, view.share, held=held, watch=watch)


def _style_losses(recipe: Recipe, materials: Materials, backbone: Backbone, device: torch.device, look: Look) -> list[Loss]:
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


def make_optimizer(recipe: Recipe, canvas: Canvas) -> Optimiser[object]:
    """Build the optimiser a recipe asks for, kept in bounds if it says so."""
    inner = make_optimiser(OPTIMISERS[recipe.optimizer], recipe.learning_rate, recipe.optimizer_options)
    return Clamped(inner, canvas.clipped) if recipe.bounds == "clip" else inner


def make_start(recipe: Recipe, materials: Materials, card: Card, given: Picture | None) -> Tensor:
    """Return the picture to start from, (1, 3, H, W) in the network's pixel units, on the CPU.

    Args:
        recipe: Its ``init``, ``noise``, ``noise_level`` and ``seed``.
        materials: Pictures in the sizes of the run.
        card: Of the backbone, for its mean pixel.
        given: The picture ``init`` names, if it names one.
    """
    start = parse_start(recipe.init)
    content = materials.content
    size = (content.height, content.width)
    if start.kind == "content":
        return recipe.white * content.pixels
    if start.kind == "style":
        return recipe.white * cover(materials.styles[0][0].pixels, size, recipe.resample)
    if start.kind == "file" and given is not None:
        return recipe.white * cover(given.pixels, size, recipe.resample)
    drawn = noise(
        (1, 3, *size),
        kind=recipe.noise,
        level=recipe.noise_level,
        mean=card.mean,
        generator=torch.Generator().manual_seed(recipe.seed),
    )
    if start.kind == "blend":
        return start.share * drawn + (1 - start.share) * recipe.white * content.pixels
    return drawn


def recipe_for_size(recipe: Recipe, content: Picture, size: tuple[int, int]) -> Recipe:
    """Return the recipe under which a content picture comes out in ``size``, as a finished picture shows it did.

    Raises:
        PictureSizeError: If no size does: the picture was cropped, or made from another content.
    """
    height, width = size
    sides = {"long": max(size), "short": min(size), "area": math.isqrt(height * width)}
    tries = [recipe, recipe.override(size=sides[recipe.size_of], size_of=recipe.size_of), recipe.override(size=max(size))]
    for candidate in tries:
        if target_size(content.height, content.width, candidate.size, candidate.size_of, candidate.rounding) == size:
            return candidate
    raise PictureSizeError(
        f"The picture is {width}×{height}, and no --size makes that of the content {content.name} "
        f"({content.width}×{content.height}). Was it cropped, or made from another content?"
    )
