"""A crop in, J out: what a network has to learn. The losses are those that a picture is painted by, step by step, without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.engine.precision import FP32
from pincel.engine.tiles import LocalWork, Reduce, forward_tiled
from pincel.feedforward.card import NetCard
from pincel.feedforward.network import Eye, Network
from pincel.feedforward.run import Spread, Weights, adapted, by_itself, finished, run
from pincel.functional.content import feature_distance
from pincel.functional.conventions import CONVENTIONS
from pincel.images.picture import Picture
from pincel.losses import VARIATIONS
from pincel.losses.base import Loss, PixelLoss, Term
from pincel.losses.content import ContentLoss
from pincel.losses.moments import measured_moments
from pincel.losses.objective import Evaluation, Objective
from pincel.losses.variation import VariationLoss
from pincel.recipes.schema import Recipe
from pincel.run.content_terms import content_losses
from pincel.run.images import Images
from pincel.run.style_terms import style_losses
from pincel.training.pictures import CropSampler


class StyleObjective(Protocol):
    """What is learned from crops."""

    @property
    def channels(self) -> int:
        """That the network's own weights begin with."""

    def evaluate(self, card: NetCard, weights: Weights, number: int) -> Evaluation:
        """Let a network paint a crop, and return J of what it painted; differentiable in its weights.

        Args:
            card: The network.
            weights: Its own.
            number: Of the crop.
        """

    def network(self, card: NetCard, weights: Weights) -> Network:
        """Return the network as it is used."""


@dataclass(frozen=True)
class OneStyleObjective:
    """To paint crops as optimization would, after one style.

    Attributes:
        recipe: What J is.
        vgg: Looks at what was painted.
        crops: What is painted.
        style: The losses of style, measured once.
    """

    recipe: Recipe
    vgg: VGG
    crops: CropSampler
    style: Sequence[Loss]

    @property
    def channels(self) -> int:
        """It begins with pixels."""
        return 3

    def evaluate(self, card: NetCard, weights: Weights, number: int) -> Evaluation:
        """Let a network paint a crop; see :class:`StyleObjective`."""
        crop = self.crops.crop(number).to(device_of(weights))
        network = self.network(card, weights)
        out = network.levels(finished(run(network.ops, network.fed(crop), network.weights), by_itself(weights)))
        painted = out[..., : crop.shape[-2], : crop.shape[-1]]
        content = content_losses(self.recipe, _only(crop), frozenset(), LocalWork(), feature_extractor(self.recipe, self.vgg))
        return evaluate_image(self.vgg, Objective([*content, *self.style, *smoothness(self.recipe)]), painted)

    def network(self, card: NetCard, weights: Weights) -> Network:
        """Return it as it is."""
        return Network(card, weights)


@dataclass(frozen=True)
class AnyStyleObjective:
    r"""To draw features whose means and deviations are those of a style.

    .. math:: t = \mathrm{AdaIN}(f(c), f(s)), \quad J = \alpha \|f(g(t)) - t\|^2 / CHW + \beta \sum_l (\mu_l, \sigma_l)

    Attributes:
        recipe: What J is; its content layer is the one it paints from.
        eye: Of the network.
        crops: What is painted.
        styles: What it is painted after.
        copies: Share of the crops that are to be drawn as they are.
        lead: So many crops at the beginning are all drawn as they are.

    Paper:
        Huang, Belongie 2017, eq. 8-13: the target of content is t, not the photograph.
    """

    recipe: Recipe
    eye: Eye
    crops: CropSampler
    styles: CropSampler
    copies: float = 0.0
    lead: float = 0.0

    @property
    def channels(self) -> int:
        """It begins with features."""
        return self.eye.channels

    def evaluate(self, card: NetCard, weights: Weights, number: int) -> Evaluation:
        """Let a network paint a crop after another; see :class:`StyleObjective`."""
        device, layer, vgg = device_of(weights), self.eye.layer, self.eye.vgg
        crop = self.crops.crop(number).to(device)
        if number < self.lead or is_copy(number, self.copies):
            return self._copied(card, weights, crop)
        style = self.styles.crop(number).to(device)
        losses = style_losses(self.recipe, Images(picture(crop), [(picture(style), 1.0)]), vgg, device, feature_extractor(self.recipe, vgg))
        with torch.no_grad():
            seen = vgg.features(255 * crop, (layer,))[layer]
            target = adapted(seen, Spread.of(seen), self._spread(style, losses))
        network = self.network(card, weights)
        painted = finished(run(network.decoder, target, weights), by_itself(weights))[..., : crop.shape[-2], : crop.shape[-1]]
        content = ContentLoss({layer: target}, {layer: 1.0}, self.recipe.content_weight, CONVENTIONS[self.recipe.convention])
        return evaluate_image(vgg, Objective([content, *losses, *smoothness(self.recipe)]), painted)

    def _copied(self, card: NetCard, weights: Weights, crop: Tensor) -> Evaluation:
        """Let a network draw what it sees, and compare pixels."""
        layer = self.eye.layer
        with torch.no_grad():
            seen = self.eye.vgg.features(255 * crop, (layer,))[layer]
        painted = finished(run(self.network(card, weights).decoder, seen, weights), by_itself(weights))
        return Objective([IdentityLoss(255 * crop)]).evaluation({}, painted[..., : crop.shape[-2], : crop.shape[-1]])

    def network(self, card: NetCard, weights: Weights) -> Network:
        """Return it with its eye."""
        return Network(card, weights, self.eye)

    def _spread(self, style: Tensor, losses: Sequence[Loss]) -> Spread:
        """Return means and deviations of a style where it is painted from; the loss of style may have measured them already."""
        layer = self.eye.layer
        moments = measured_moments(losses, layer)
        if moments is None:
            return Spread.of(self.eye.vgg.features(255 * style, (layer,))[layer])
        mean, variance = (each.float().view(1, -1, 1, 1) for each in (moments.mean, moments.variance))
        return Spread(mean, variance)


@dataclass(frozen=True)
class IdentityLoss(PixelLoss):
    """The mean squared difference to a picture, a gray level being one.

    Attributes:
        target: (1, 3, H, W) in gray levels.
    """

    target: Tensor

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield the one term."""
        yield Term("copy", None, 1.0, 1.0, feature_distance(pixels, self.target))


def is_copy(number: int, share: float) -> bool:
    """Tell whether a crop is one of a share of all, evenly spread.

    Example:
        >>> [is_copy(number, 0.25) for number in range(6)]
        [False, False, False, True, False, False]
    """
    return int((number + 1) * share) > int(number * share)


def evaluate_image(vgg: VGG, objective: Objective, painted: Tensor) -> Evaluation:
    """Evaluate J of a picture in gray levels; differentiable."""
    return objective.evaluation(forward_tiled(vgg, painted, objective.layers, objective.statistics), painted)


def style_targets(recipe: Recipe, vgg: VGG, styles: Sequence[tuple[Picture, float]], device: torch.device) -> list[Loss]:
    """Measure the losses of style of some pictures."""
    return style_losses(recipe, Images(styles[0][0], styles), vgg, device, feature_extractor(recipe, vgg))


def feature_extractor(recipe: Recipe, vgg: VGG) -> Callable[[Picture, Mapping[str, float], Reduce], dict[Any, Tensor]]:
    """Return how pictures are looked at, to be compared with: in single precision, as a whole."""
    device = next(iter(vgg.weights.values()))[0].device

    def look(shown: Picture, layers: Mapping[str, float], reduce: Reduce) -> dict[Any, Tensor]:
        with torch.no_grad(), FP32.active():
            return forward_tiled(vgg, recipe.white * shown.pixels.to(device), frozenset(layers), reduce)

    return look


def smoothness(recipe: Recipe) -> Iterator[Loss]:
    """Yield the loss of total variation, if it has a weight."""
    gamma = recipe.weights[2]
    if gamma > 0:
        yield VariationLoss(VARIATIONS[recipe.tv], gamma)


def picture(pixels: Tensor) -> Picture:
    """Call a crop a picture."""
    return Picture(pixels, None, "crop", "")


def _only(crop: Tensor) -> Images:
    return Images(picture(crop), [])


def device_of(weights: Weights) -> torch.device:
    """Return where weights are."""
    return next(iter(weights.values())).device
