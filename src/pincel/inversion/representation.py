"""What is inverted: a layer of a network, HOG, HOGb, dense SIFT, or a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from pincel.backbones import BACKBONES, DESCRIPTORS, NETWORKS
from pincel.backbones.base import Backbone
from pincel.backbones.function_backbone import FunctionBackbone, function_spec, gray_levels
from pincel.backbones.model_registry import network_and_layer
from pincel.canvas.base import Canvas
from pincel.canvas.gray import GrayCanvas
from pincel.canvas.pixels import PixelCanvas
from pincel.errors import OptionError, PictureSizeError, closest

WHITE = 255.0

# Images (B, 3, H, W) in [0, 1] → codes (B, …), differentiable.
Function: TypeAlias = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Representation:
    """A backbone, and the layer of it that is the code.

    Attributes:
        name: ``vgg19:relu3_1``, ``hog``, or what a function is called.
        encoder: The backbone.
        layer: Its layer.
        canvas: The optimized values: colors, or gray levels for a representation without color.
        smallest: Shortest side in pixels that has a code.
    """

    name: str
    encoder: Backbone
    layer: str
    canvas: Canvas
    smallest: int = 1

    @property
    def stride(self) -> int:
        """Pixels between neighboring positions."""
        return self.encoder.spec.layer(self.layer).stride

    @property
    def channels(self) -> int:
        """Of the canvas: 1 or 3."""
        return 1 if isinstance(self.canvas, GrayCanvas) else 3

    def mean(self) -> Tensor:
        """Return the mean color, (1, channels of the canvas, 1, 1), in gray levels."""
        return torch.tensor(self.encoder.spec.mean[: self.channels]).view(1, -1, 1, 1)

    def code(self, pixels: Tensor) -> Tensor:
        """Return the code of images (B, 3, H, W) in gray levels; differentiable."""
        return self.encoder.features(pixels, [self.layer])[self.layer]

    def check_size(self, given: tuple[int, int], size: tuple[int, int], name: str) -> None:
        """Raise PictureSizeError for a picture that has no code.

        A receptive field that is larger than the picture is no error: beyond the border there is zero, as when the network was trained.
        The paper's own pictures have 227 pixels, and one unit of AlexNet's fc6 sees 355.

        Args:
            given: (height, width) of the picture as loaded.
            size: (height, width) that the code is read from.
            name: Of the picture.
        """
        if min(given) < self.smallest:
            raise PictureSizeError(
                f"The picture {name} is too small: {given[1]}×{given[0]} pixels, and {self.name} sees nothing in one with a side below "
                f"{self.smallest}. Try a larger picture, or a layer nearer to the pixels."
            )
        if min(size) < self.smallest:
            raise PictureSizeError(
                f"The picture {name} would be {size[1]}×{size[0]} pixels, and {self.name} sees nothing in one with a side below "
                f"{self.smallest}. Try a larger --size, or --fit crop for a picture that is long and thin."
            )


def check_representation(name: str) -> None:
    """Check a name, before anything slow happens; see :func:`make_representation` for the errors."""
    backbone, layer = network_and_layer(name)
    if name in DESCRIPTORS:
        return
    if backbone in BACKBONES and not layer:
        raise OptionError(
            f"Representation '{name}' names no layer: write {name}:{BACKBONES[name].layers[-1].name}. 'pincel backbones {name}' has them."
        )
    if backbone not in BACKBONES:
        known = f"{', '.join(DESCRIPTORS)}, or NETWORK:LAYER, as vgg19:relu3_1"
        raise OptionError(f"Unknown representation '{name}' (known: {known}).{closest(backbone, [*DESCRIPTORS, *BACKBONES])}")
    BACKBONES[backbone].layer(layer)


def make_representation(name: str | Function, *, pooling: str, device: torch.device) -> Representation:
    """Load what is to be inverted.

    Args:
        name: ``NETWORK:LAYER``, ``hog``, ``hogb``, ``dsift``, or a function of images in [0, 1].
        pooling: Of a network.
        device: Where to work.

    Raises:
        OptionError: For a name that is no representation, with the closest match.
        UnknownNameError: For a layer the network does not have.
        WeightsError: If its weights are missing; says how to get them.
    """
    if callable(name):
        return _of_function(name)
    check_representation(name)
    if name in DESCRIPTORS:
        return _of_descriptor(name)
    backbone, layer = network_and_layer(name)
    spec = BACKBONES[backbone]
    encoder = NETWORKS[spec.network](spec, pooling=pooling).to(device)
    return Representation(name, encoder, layer, PixelCanvas(WHITE), spec.smallest(layer))


def _of_descriptor(name: str) -> Representation:
    found = DESCRIPTORS[name]
    spec = function_spec(name, found.summary, channels=found.channels, stride=found.cell, field=found.smallest)
    encoder = FunctionBackbone(spec, lambda pixels: found.code(gray_levels(pixels)))
    return Representation(name, encoder, name, GrayCanvas(WHITE), found.smallest)


def _of_function(function: Function) -> Representation:
    name = getattr(function, "__name__", type(function).__name__)
    spec = function_spec(name, "a function of the caller's")
    return Representation(name, FunctionBackbone(spec, lambda pixels: function(pixels / WHITE)), name, PixelCanvas(WHITE))
