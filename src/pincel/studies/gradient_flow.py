"""How the gradient of an objective reaches the picture: its size and spread in every layer on the way down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.functional.content import feature_distance

PICTURE = "picture"


@dataclass(frozen=True)
class GradientFlow:
    """The gradient in one layer.

    Attributes:
        layer: Which, or ``picture``.
        norm: Root of the mean square of its entries.
        alive: Share of entries that are not zero.
        spread: How evenly it is spread, (Σ|g|)² / (n·Σg²): 1 for all entries alike, 1/n for a single one.
    """

    layer: str
    norm: float
    alive: float
    spread: float


def gradient_flow(backbone: VGG, pixels: Tensor, wanted: Tensor, top: str, layers: Sequence[str]) -> list[GradientFlow]:
    r"""Follow the gradient of the content distance at one layer down to the picture.

    .. math:: J = d/4 = \frac{1}{4 \, n_H n_W n_C} \sum (F - P)^2

    Args:
        backbone: The network.
        pixels: (1, 3, H, W), 0-255.
        wanted: P, features of another picture at ``top``.
        top: Where the distance is taken.
        layers: Where the gradient is measured; none above ``top``.

    Returns:
        A number of each kind for every layer, shallow to deep, the picture first.
    """
    leaf = pixels.detach().requires_grad_(True)
    features = backbone.features(leaf, {*layers, top})
    places = [leaf, *(features[name] for name in layers)]
    gradients = torch.autograd.grad(feature_distance(features[top], wanted) / 4, places)
    return [_flow(name, gradient) for name, gradient in zip((PICTURE, *layers), gradients, strict=True)]


def _flow(layer: str, gradient: Tensor) -> GradientFlow:
    values = gradient.double().abs()
    squares, count = float(values.square().sum()), values.numel()
    spread = float(values.sum()) ** 2 / (count * squares) if squares else 0.0
    return GradientFlow(layer, (squares / count) ** 0.5, float((values > 0).double().mean()), spread)
