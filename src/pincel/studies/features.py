"""Inputs and features of a network: pictures in the size of a study, and the feature maps of layers."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from pincel.backbones import NETWORKS
from pincel.backbones.vgg import VGG, Pooling
from pincel.colors import DEFAULT_BACKGROUND
from pincel.engine.device import resolve_device
from pincel.errors import PictureSizeError
from pincel.files import one_line
from pincel.images.io import LoadedImage, Source
from pincel.images.resize import resize_picture, target_size
from pincel.sources import open_picture
from pincel.studies.settings import StudySettings

# Pixels of networks are from 0 to this.
WHITE = 255.0


def load_network(settings: StudySettings, pooling: Pooling = "max") -> VGG:
    """Load the network of a study onto its device.

    Raises:
        WeightsError: If its weights are missing or damaged.
        DeviceError: If the device is not there.
    """
    spec = settings.spec
    return NETWORKS[spec.network](spec, pooling=pooling).to(resolve_device(settings.device))


def load_input(source: Source, settings: StudySettings, what: str = "picture") -> LoadedImage:
    """Open a picture and bring its long side to the size of the study.

    Raises:
        PictureError: If there is none, or it would be thinner than a pixel.
    """
    picture = open_picture(source, what, DEFAULT_BACKGROUND, fit=lambda height, width: target_size(height, width, settings.size))
    height, width = picture.height, picture.width
    scale = settings.size / max(height, width)
    size = (round(height * scale), round(width * scale))
    if min(size) < 1:
        given = f"{width}×{height}, which at --size {settings.size} is thinner than a pixel"
        raise PictureSizeError(one_line("too thin", given, "a side of 1 pixel or more", "a larger --size, or crop it"), about=what)
    return picture if size == (height, width) else resize_picture(picture, size, "lanczos")


def features(backbone: VGG, picture: LoadedImage, layers: Iterable[str]) -> dict[str, Tensor]:
    """Return the feature maps of layers, (1, C, H_l, W_l), without gradients.

    Raises:
        PictureSizeError: If the picture is too small for the poolings before a layer.
    """
    wanted = tuple(layers)
    check_size(backbone, picture, wanted)
    with torch.no_grad():
        return backbone.features(network_input(picture, backbone), wanted)


def network_input(picture: LoadedImage, backbone: VGG) -> Tensor:
    """Return a picture as the network's input, (1, 3, H, W), 0-255, on its device."""
    weight, _ = next(iter(backbone.weights.values()))
    return WHITE * picture.pixels.to(weight.device)


def check_size(backbone: VGG, picture: LoadedImage, layers: Iterable[str]) -> None:
    """Raise PictureSizeError if a layer would have no position."""
    for name in layers:
        stride, smallest = backbone.spec.layer(name).stride, backbone.spec.smallest(name)
        if min(picture.height, picture.width) < smallest:
            given = f"{picture.width}×{picture.height} pixels"
            failed = f"picture: nothing of it is left in {name}, which sees a position every {stride} pixels"
            raise PictureSizeError(
                one_line(failed, given, f"{smallest} pixels or more on each side", "a larger --size, or shallower layers")
            )


def white_noise(like: Tensor, settings: StudySettings) -> Tensor:
    """Return white noise of the size of ``like``, (1, 3, H, W), around the mean pixel of the network, the same for the same seed."""
    generator = torch.Generator().manual_seed(settings.seed)
    mean = torch.tensor(settings.spec.mean).view(1, 3, 1, 1)
    return (mean + torch.randn(like.shape, generator=generator)).to(like)
