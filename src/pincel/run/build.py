"""Names into objects: the only place that turns a recipe and pictures into something that runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from pincel.backbones import CARDS, NETWORKS
from pincel.backbones.base import Backbone
from pincel.backbones.calibrate import Progress, Tell, calibrated
from pincel.backbones.cards import Card
from pincel.backbones.vgg import VGG
from pincel.canvas import CANVASES
from pincel.canvas.base import Canvas
from pincel.canvas.start import noise, parse_start
from pincel.engine.balance import GOALS
from pincel.engine.events import Event, Looking, Preparing
from pincel.engine.layout import WHOLE, Layout
from pincel.engine.precision import FP32, Precision
from pincel.engine.problem import Problem
from pincel.engine.tiles import Alone, Reduce, Share, Watch, observe
from pincel.errors import OptionError, unknown_name
from pincel.feedforward.file import find_painter, read_painter, read_painter_card
from pincel.feedforward.paint import paint
from pincel.image.picture import Picture
from pincel.image.resize import cover
from pincel.losses import CHAIN, CONTENT_TERMS, SPREADS, STYLE_TERMS, VARIATIONS
from pincel.losses.base import Loss
from pincel.losses.objective import Objective
from pincel.losses.variation import VariationLoss
from pincel.optimisers import OPTIMISERS
from pincel.optimisers.base import Optimiser, make_optimiser
from pincel.optimisers.clamp import Clamped
from pincel.recipes.schema import Recipe
from pincel.run.cache import Forgetful, Itself, Remembers
from pincel.run.content_terms import content_losses
from pincel.run.images import Materials, identity
from pincel.run.sizes import active_layers, needed_layers
from pincel.run.style_terms import style_losses


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
    known = {"content term": CONTENT_TERMS, "style term": ("gram", *STYLE_TERMS, *SPREADS, CHAIN)}
    for what, terms in (("content term", recipe.content_terms), ("style term", recipe.style_terms)):
        for name in (name for name in terms if name not in known[what]):
            raise unknown_name(what, name, known[what])
    _check_network(recipe, card)
    if recipe.style_terms.get(CHAIN, 0) > 0 and (recipe.content_mask or recipe.style_mask):
        raise OptionError("The style term correlation-chain knows no regions; leave it or the masks out.")
    if recipe.style_terms.get(CHAIN, 0) > 0 and len(active_layers(recipe)[1]) == 1:
        raise OptionError("The style term correlation-chain links one style layer to the next; give at least two --style-layers.")
    make_optimiser(OPTIMISERS[recipe.optimizer], recipe.learning_rate, recipe.optimizer_options)
    start = parse_start(recipe.init)
    if start.kind == "feedforward":
        read_painter_card(find_painter(start.path))
    content, style = active_layers(recipe)
    gamma = recipe.weights[2]
    if recipe.ladder and content and recipe.coarse_content == 0 and not (style or gamma > 0):
        raise OptionError(
            "Coarse scales would have nothing to paint towards: with neither style nor total variation, give --coarse-content "
            "a number above 0, or --ladder none."
        )
    if not (content or style or gamma > 0):
        raise OptionError(
            "All weights are zero, so there is nothing to paint towards: give --content-weight, --style-weight or --tv-weight "
            "a number above 0, with at least one layer whose weight is above 0."
        )
    return card


def _check_network(recipe: Recipe, card: Card) -> None:
    """Raise OptionError for what a network cannot be asked for."""
    if card.filters and recipe.activations == "normalised":
        raise OptionError(f"Nobody trained the filters of {card.name}, so there is nothing to normalise: give --activations raw.")
    if not card.rescalable and recipe.activations == "normalised":
        raise OptionError(
            f"The network {card.name} is more than convolutions, ReLUs and poolings, so scaling its filters would make another one of it: "
            "give --activations raw."
        )
    connected = [name for name in active_layers(recipe)[1] if any(layer.kind == "fc" for layer in card.up_to((name,)))]
    if connected and (recipe.content_mask or recipe.style_mask):
        raise OptionError(f"The layer {connected[0]} sees a picture as a whole and knows no regions; leave it or the masks out.")


def make_backbone(recipe: Recipe, device: torch.device, tell: Tell, progress: Progress, memo: Remembers | None = None) -> VGG:
    """Load the network a recipe asks for, with its pooling and its scaling, onto a device; see :func:`calibrated`."""
    asked = recipe.backbone, recipe.pooling, recipe.pool_rounding, recipe.padding, recipe.activations, recipe.calibration, device

    def loaded() -> tuple[VGG, list[str]]:
        notes: list[str] = []
        return _backbone(recipe, device, notes.append, progress), notes

    network, notes = (memo or Forgetful()).once("network", asked, loaded)
    # Each picture's record says what its network is, whichever run had it loaded.
    for note in notes:
        tell(note)
    return network


def _backbone(recipe: Recipe, device: torch.device, tell: Tell, progress: Progress) -> VGG:
    card = CARDS[recipe.backbone]
    made = NETWORKS[card.network](card, pooling=recipe.pooling, pool_rounding=recipe.pool_rounding, padding=recipe.padding)
    network = made.to(device)
    if recipe.activations == "normalised":
        return calibrated(network, recipe.calibration, tell, progress)
    return network


def quickened(recipe: Recipe, backbone: VGG, precision: Precision, memo: Remembers | None = None) -> VGG:
    """Return a network that multiplies in some precision, for the layers a recipe asks for."""
    layers = needed_layers(recipe)
    key = Itself(backbone), str(precision), frozenset(layers)
    return (memo or Forgetful()).once("quick network", key, lambda: precision.applied(backbone, layers))


@dataclass(frozen=True)
class View:
    """How pictures are looked at.

    Attributes:
        layout: How much of one at a time.
        share: Whose work the tiles are, where several processes work on one picture.
        tell: Is told how far a look tile by tile has come.
        memo: Knows what was seen in the same style pictures before.
    """

    layout: Layout = WHOLE
    share: Share = field(default_factory=Alone)
    tell: Callable[[Event], None] = lambda _: None
    memo: Remembers = field(default_factory=Forgetful)


# The whole of it, by this process, telling nobody.
FREELY = View()


def make_problem(
    recipe: Recipe,
    materials: Materials,
    backbone: Backbone,
    device: torch.device,
    precision: Precision = FP32,
    view: View = FREELY,
    painted: float = 0.0,
) -> Problem:
    """Measure the targets and put the objective together.

    Args:
        recipe: Weights and formulas.
        materials: Pictures in the sizes of the run.
        backbone: From :func:`make_backbone`, on ``device``.
        device: Where to work.
        precision: How the backbone multiplies.
        view: How pictures are looked at: the targets now, the canvas later.
        painted: The finest frequency that coarser scales have painted already, in cycles a pixel.
    """

    def look(picture: Picture, layers: Mapping[str, float], reduce: Reduce) -> dict[Any, Tensor]:
        with torch.no_grad(), precision.active():
            pixels = recipe.white * picture.pixels.to(device)
            return observe(backbone, pixels, frozenset(layers), reduce, view.layout, view.share, watched(picture))

    def watched(picture: Picture) -> Watch:
        what = f"looking at {picture.name}, {picture.width}×{picture.height}"
        return lambda done, total: view.tell(Preparing(what, done, total))

    content, style = active_layers(recipe)
    losses = content_losses(recipe, materials, view.layout.tiled(backbone, frozenset(content)), view.share, look)
    if style:

        def measured() -> list[Loss]:
            return style_losses(recipe, materials, backbone, device, look)

        key = _style_key(recipe, materials, backbone, precision, view)
        losses += measured() if key is None else view.memo.once("style", key, measured)
    gamma = recipe.weights[2]
    if gamma > 0:
        losses.append(VariationLoss(VARIATIONS[recipe.tv], gamma))
    size, pictures = (materials.content.height, materials.content.width), [each.pixels for each, _ in materials.styles]
    canvas = CANVASES[recipe.canvas](recipe.white, size, pictures, painted)
    held = materials.regions.held(materials.content, recipe.white) if materials.regions else None

    def watch(done: int, total: int) -> None:
        view.tell(Looking(done, total))

    return Problem(
        backbone, Objective(losses), canvas, precision, view.layout, view.share, held=held, watch=watch, goal=GOALS[recipe.gradients]
    )


def _style_key(recipe: Recipe, materials: Materials, backbone: Backbone, precision: Precision, view: View) -> Hashable | None:
    """Say what the style targets depend on; None where that is more than style pictures and a recipe."""
    if materials.regions or not isinstance(view.share, Alone):
        return None
    styles = tuple((identity(recipe, s, materials.content), s.height, s.width, weight) for s, weight in materials.styles)
    return Itself(backbone), str(precision), str(view.layout), recipe.model_dump_json(), styles


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
        given: A picture to start from, if there is one: that which ``init`` names, or another in its stead.
    """
    start = parse_start(recipe.init)
    content = materials.content
    size = (content.height, content.width)
    if given is not None:
        return recipe.white * cover(given.pixels, size, recipe.resample)
    if start.kind == "content":
        return recipe.white * content.pixels
    if start.kind == "feedforward":
        network = read_painter(find_painter(start.path))
        return recipe.white * paint(network, content, materials.styles if network.eye else ())
    if start.kind == "style":
        return recipe.white * cover(materials.styles[0][0].pixels, size, recipe.resample)
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
