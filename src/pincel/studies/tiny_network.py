"""A network small enough to learn in seconds, and the textures it learns to tell apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pincel.classify import textures
from pincel.errors import unknown_name
from pincel.studies.features import WHITE
from pincel.translation import gettext_lazy as _

# (filters, side of a filter) of each convolution; a maximum pooling is between each two.
CONVOLUTIONS = ((16, 5), (32, 3), (48, 3))
LAYERS = tuple(f"relu{number}" for number in range(1, len(CONVOLUTIONS) + 1))
# Sides of a picture below which a pooling would leave nothing.
SMALLEST = 2 ** (len(CONVOLUTIONS) - 1)
# Pictures of each class, a fifth of them held out; their side is half of what they are drawn in.
EACH = 120
CLASS_NAMES = {
    "stripes": _("stripes"),
    "zigzag": _("zigzag"),
    "wood": _("wood"),
    "checks": _("checks"),
    "bricks": _("bricks"),
    "weave": _("weave"),
    "dots": _("dots"),
    "scales": _("scales"),
    "cells": _("cells"),
    "clouds": _("clouds"),
}


@dataclass(frozen=True)
class TinyNetwork:
    """Three convolutions with ReLU, poolings between them, and a dense layer on the mean of each of the last maps.

    Attributes:
        weights: θ: weight and bias of each convolution, then of the dense layer.
    """

    weights: tuple[Tensor, ...]

    def features(self, pixels: Tensor) -> dict[str, Tensor]:
        """Return layer → (B, C, H_l, W_l), of pictures (B, 3, H, W) in gray levels."""
        x = pixels / WHITE - 0.5
        maps: dict[str, Tensor] = {}
        for name, weight, bias in zip(LAYERS, self.weights[::2], self.weights[1::2], strict=False):
            x = functional.max_pool2d(x, 2) if maps else x
            x = maps[name] = functional.relu(functional.conv2d(x, weight, bias, padding=weight.shape[-1] // 2))
        return maps

    def scores(self, pixels: Tensor) -> Tensor:
        """Return a score for each class, (B, classes)."""
        means = self.features(pixels)[LAYERS[-1]].mean((2, 3))
        return functional.linear(means, self.weights[-2], self.weights[-1])

    def replaced(self, change: Callable[[Tensor], Tensor]) -> TinyNetwork:
        """Return a network with every weight changed."""
        return TinyNetwork(tuple(change(each) for each in self.weights))


def random_network(classes: int, seed: int) -> TinyNetwork:
    """Return a network that has learned nothing: normal weights of variance 2/inputs (He et al. 2015), biases 0."""
    generator = torch.Generator().manual_seed(seed)
    weights: list[Tensor] = []
    inputs = 3
    for filters, side in CONVOLUTIONS:
        deviation = math.sqrt(2 / (inputs * side**2))
        weights += [deviation * torch.randn(filters, inputs, side, side, generator=generator), torch.zeros(filters)]
        inputs = filters
    return TinyNetwork((*weights, torch.randn(classes, inputs, generator=generator) / math.sqrt(inputs), torch.zeros(classes)))


@dataclass(frozen=True)
class LabeledPictures:
    """Pictures of textures and what they are.

    Attributes:
        pixels: (N, 3, 36, 36), in gray levels.
        labels: (N,), places in the list of classes.
    """

    pixels: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> LabeledPictures:
        """Return them on a device."""
        return LabeledPictures(self.pixels.to(device), self.labels.to(device))


def read_classes(text: str) -> tuple[str, ...]:
    """Return the classes named with commas, each once.

    Raises:
        UnknownNameError: For one there is not.
    """
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in names:
        if name not in textures.CLASSES:
            raise unknown_name("class", name, textures.CLASSES)
    return names


def picture_numbers(classes: Sequence[str]) -> list[int]:
    """Return the pictures of ``sample:textures`` that are of these classes, the first :data:`EACH` of each, class by class in turn."""
    places = [textures.CLASSES.index(name) for name in classes]
    return [row * len(textures.CLASSES) + place for row in range(EACH) for place in places]


def draw(number: int) -> Tensor:
    """Return a picture of ``sample:textures`` at half its size, (3, 36, 36), in gray levels."""
    pixels, _label = textures.render(number)
    return functional.avg_pool2d(torch.from_numpy(pixels).permute(2, 0, 1).float(), 2)


def parted(pictures: Sequence[Tensor], numbers: Sequence[int], classes: Sequence[str]) -> tuple[LabeledPictures, LabeledPictures]:
    """Return the pictures to learn from, and those that are held out; ``numbers`` say which ``pictures`` are."""
    parts = []
    for part in ("train", "val"):
        own = [place for place, number in enumerate(numbers) if textures.split(number) == part]
        labels = [classes.index(textures.CLASSES[numbers[place] % len(textures.CLASSES)]) for place in own]
        parts.append(LabeledPictures(torch.stack([pictures[place] for place in own]), torch.tensor(labels)))
    return parts[0], parts[1]
