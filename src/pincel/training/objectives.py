"""J of a crop that a network has stylized: what training minimizes. Its losses are those of image optimization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from pincel.feedforward.network import Encoder, Network
from pincel.feedforward.operations import local_norm, run_ops, run_to_end
from pincel.feedforward.transforms import Covariance
from pincel.functional.content import feature_distance
from pincel.functional.conventions import CONVENTIONS
from pincel.losses.base import Loss, PixelLoss, Term
from pincel.losses.content import ContentLoss
from pincel.losses.moments import measured_moments
from pincel.losses.objective import Evaluation, Objective
from pincel.training.losses import CropLosses, to_image
from pincel.training.pictures import CropSampler


class StyleObjective(Protocol):
    """J as a function of a network and the number of a crop."""

    @property
    def encoder(self) -> Encoder | None:
        """Encoder of the network that is trained; None if it begins with pixels."""

    def evaluate(self, network: Network, number: int) -> Evaluation:
        """Stylize a crop, and return J of the result; differentiable in the network's weights."""


@dataclass(frozen=True)
class OneStyleObjective:
    """J of image optimization, for one style.

    Attributes:
        losses: Makes the losses of a crop.
        crops: Contents.
        style: Style losses, measured once.
        encoder: None, as the network begins with pixels.
    """

    losses: CropLosses
    crops: CropSampler
    style: Sequence[Loss]
    encoder: None = None

    def evaluate(self, network: Network, number: int) -> Evaluation:
        """Evaluate J of a crop; see :class:`StyleObjective`."""
        crop = self.crops.crop(number).to(self.losses.device)
        out = network.to_levels(run_to_end(run_ops(network.ops, network.preprocess(crop), network.weights), local_norm(network.weights)))
        return self.losses.evaluate([*self.losses.content(crop), *self.style], _cropped(out, crop))


@dataclass(frozen=True)
class AnyStyleObjective:
    r"""J of a decoder of features that have the statistics of a style.

    .. math:: t = T(f(c), f(s)), \quad J = \alpha \|f(g(t)) - t\|^2 / CHW + \beta \sum_l (\mu_l, \sigma_l)

    Attributes:
        losses: Makes the losses of a crop; the content layer is that of the encoder.
        encoder: Of the network.
        crops: Contents.
        styles: Crops of styles.
        identity_fraction: Fraction of the crops that are to be reconstructed as they are.
        identity_warmup: Number of crops at the beginning that are all reconstructed.

    Paper:
        Huang, Belongie 2017, eq. 8-13: the content target is t, not the content image.
    """

    losses: CropLosses
    encoder: Encoder
    crops: CropSampler
    styles: CropSampler
    identity_fraction: float = 0.0
    identity_warmup: float = 0.0

    def evaluate(self, network: Network, number: int) -> Evaluation:
        """Evaluate J of a crop with a style crop; see :class:`StyleObjective`."""
        device, layer = self.losses.device, self.encoder.layer
        crop = self.crops.crop(number).to(device)
        if number < self.identity_warmup or is_identity(number, self.identity_fraction):
            return self._evaluate_identity(network, crop)
        style = self.styles.crop(number).to(device)
        losses = self.losses.style([(to_image(style), 1.0)])
        with torch.no_grad():
            features = self.losses.features(crop, layer)
            wanted = network.transform.target(self._style_statistics(style, losses))
            target = network.transform.apply(features, Covariance.of(features), wanted, 1.0)
        recipe = self.losses.recipe
        content = ContentLoss({layer: target}, {layer: 1.0}, recipe.content_weight, CONVENTIONS[recipe.convention])
        return self.losses.evaluate([content, *losses], _cropped(_decode(network, target), crop))

    def _evaluate_identity(self, network: Network, crop: Tensor) -> Evaluation:
        """Reconstruct a crop from its own features, and compare pixels."""
        with torch.no_grad():
            features = self.losses.features(crop, self.encoder.layer)
        return Objective([IdentityLoss(255 * crop)]).evaluation({}, _cropped(_decode(network, features), crop))

    def _style_statistics(self, style: Tensor, losses: Sequence[Loss]) -> Covariance:
        """Return mean and covariance of a style's features; the style loss may have measured them already."""
        moments = measured_moments(losses, self.encoder.layer)
        if moments is None:
            return Covariance.of(self.losses.features(style, self.encoder.layer))
        return Covariance(moments.mean[0].float(), moments.covariance[0].float())


@dataclass(frozen=True)
class IdentityLoss(PixelLoss):
    """The mean squared difference to an image, in gray levels.

    Attributes:
        target: (1, 3, H, W) in gray levels.
    """

    target: Tensor

    def terms(self, statistics: Mapping[str, Tensor], pixels: Tensor) -> Iterator[Term]:
        """Yield the one term."""
        yield Term("copy", None, 1.0, 1.0, feature_distance(pixels, self.target))


def is_identity(number: int, fraction: float) -> bool:
    """Return whether a crop is among a fraction of all, evenly distributed.

    Example:
        >>> [is_identity(number, 0.25) for number in range(6)]
        [False, False, False, True, False, False]
    """
    return int((number + 1) * fraction) > int(number * fraction)


def _decode(network: Network, features: Tensor) -> Tensor:
    return run_to_end(run_ops(network.decoder_ops, features, network.own), local_norm(network.own))


def _cropped(out: Tensor, crop: Tensor) -> Tensor:
    """Return an output without the rows and columns by which odd sizes were rounded up."""
    return out[..., : crop.shape[-2], : crop.shape[-1]]
