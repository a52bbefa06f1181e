"""Classification of an image by a trained network.

Paper:
    Krizhevsky, Sutskever, Hinton 2012, sections 2 and 4.1: the shorter side is resized to 256 pixels and the central square cropped; the
    network classifies one crop of it, or five and their mirror images, whose probabilities are averaged.

Differs:
    A mean color is subtracted, where the paper subtracts a mean image. Crops are as large as those the network was trained on, and the
    square is larger in the same proportion as for 224 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import torch
from torch import Tensor

from pincel.arguments import checked
from pincel.backbones import BACKBONES, NETWORKS
from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG
from pincel.classify.augment import five_corners
from pincel.classify.squares import square
from pincel.colors import DEFAULT_BACKGROUND
from pincel.engine.device import resolve_device
from pincel.errors import OptionError, PictureSizeError, WeightsError
from pincel.files import one_line
from pincel.sources import Source, open_picture

# Number of classes of ImageNet, whose names are in a file of their own.
IMAGENET = 1000
# Shorter side for crops of 224 and 227 pixels; for others it is an eighth more than the crop.
SIDE, CROPS = 256, (224, 227)
# Largest ratio of sides: the central square of a thinner image shows next to nothing, and takes much memory to cut.
THIN = 64


@dataclass(frozen=True)
class Prediction:
    """A class that an image may show.

    Attributes:
        name: Of the class.
        probability: From 0 to 1; over all classes they add up to 1.
        index: Of the class, from 0.
    """

    name: str
    probability: float
    index: int


@dataclass(frozen=True)
class Classifier:
    """A network trained to classify.

    Attributes:
        network: The network.
        classes: Names of the classes, one for each channel of its last layer.
    """

    network: VGG
    classes: tuple[str, ...]

    def probabilities(self, crops: Tensor) -> Tensor:
        """Return the probability of each class, (classes,), averaged over crops (N, 3, crop, crop), RGB, 0-255."""
        last = self.network.spec.names[-1]
        weight, _ = next(iter(self.network.weights.values()))
        with torch.no_grad():
            logits = self.network.features(crops.to(weight.device), [last])[last]
        # Networks that end in a convolution have several positions; their logits are averaged.
        return logits.double().mean((2, 3)).softmax(1).mean(0).cpu()

    def predict(self, crops: Tensor, top: int = 5) -> list[Prediction]:
        """Return the most probable classes, in order; arguments as :func:`predict` and :meth:`probabilities`."""
        likeliest = self.probabilities(crops).topk(min(top, len(self.classes)))
        pairs = zip(likeliest.values.tolist(), likeliest.indices.tolist(), strict=True)
        return [Prediction(self.classes[index], probability, index) for probability, index in pairs]


@checked
def predict(picture: Source, *, backbone: str = "alexnet", crops: int = 1, top: int = 5, device: str = "auto") -> list[Prediction]:
    """Say what a picture shows, with probabilities.

    Example:
        >>> pincel.predict("photo.jpg", top=1)  # doctest: +SKIP
        [Prediction(name='lakeside, lakeshore', probability=0.62, index=975)]

    Args:
        picture: As for :func:`pincel.transfer`.
        backbone: A network with a classifier, also a folder of ``pincel train``, an imported network, or ``timm:NAME``.
        crops: 1 for the center, 10 for center and corners and their mirror images.
        top: How many classes, 1 or more.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Returns:
        The most probable classes, in order.

    Raises:
        OptionError: For a network without a classifier, or numbers that are not accepted.
        PictureError: If the image cannot be used.
        WeightsError: If the weights are missing or damaged.
        DeviceError: If the device is not there.
    """
    spec = classifier_spec(backbone)
    check_top(top)
    pixels = cut_crops(picture, spec, crops)
    return load_classifier(spec, device).predict(pixels, top)


def classifier_spec(backbone: str) -> ModelSpec:
    """Return the spec of a network with a classifier.

    Raises:
        UnknownNameError: If there is no such network, with the closest match.
        OptionError: If it has no classifier; names those that have one.
    """
    spec = BACKBONES[backbone]
    if spec.crop:
        return spec
    known = classifier_names()
    hint = next((name for name in known if name.startswith(f"{spec.name}-")), "alexnet")
    failed = f"backbone: {spec.name} has no classifier"
    raise OptionError(one_line(failed, f"--backbone {backbone}", f"{', '.join(known)}, or a RUN of pincel train", f"--backbone {hint}"))


def classifier_names() -> list[str]:
    """List the networks that have a classifier whose weights are available."""
    names = []
    for name in BACKBONES:
        # Imports may be damaged.
        with suppress(WeightsError):
            spec = BACKBONES[name]
            if spec.crop and (spec.path or spec.package or spec.url):
                names.append(name)
    return names


def check_top(top: int) -> None:
    """Raise OptionError for fewer than one class."""
    if top < 1:
        raise OptionError(one_line("top: is how many answers are given", f"{top}", "1 or more", "--top 5"))


def cut_crops(picture: Source, spec: ModelSpec, crops: int = 1) -> Tensor:
    """Load an image and cut the crops for a network.

    Args:
        picture: As for :func:`predict`.
        spec: Of the network.
        crops: 1 or 10.

    Returns:
        (crops, 3, crop, crop), RGB, 0-255, float32.

    Raises:
        PictureError: If the image cannot be used.
        OptionError: For other numbers of crops.
    """
    if crops not in (1, 10):
        raise OptionError(one_line("crops: how many views of a picture", f"{crops}", "1 or 10", "--ten-crops"))
    opened = open_picture(picture, "picture", DEFAULT_BACKGROUND)
    if max(opened.height, opened.width) > THIN * min(opened.height, opened.width):
        given = f"{opened.name}, {opened.width}×{opened.height}"
        raise PictureSizeError(
            one_line("picture: is too thin to show anything", given, f"at most {THIN} times longer than wide", "a part of it")
        )
    whole, crop = square(opened.pixels, shorter_side(spec.crop)).float(), spec.crop
    corners = five_corners(whole.shape[-1], crop)[: 5 if crops > 1 else 1]
    cut = torch.stack([whole[:, top : top + crop, left : left + crop] for top, left in corners])
    return torch.cat([cut, cut.flip(-1)]) if crops > 1 else cut


def shorter_side(crop: int) -> int:
    """Return the shorter side that an image is resized to, for crops of a side.

    Example:
        >>> shorter_side(227), shorter_side(64), shorter_side(299)
        (256, 72, 336)
    """
    return SIDE if crop in CROPS else round(crop * 9 / 8)


def load_classifier(spec: ModelSpec, device: str = "auto") -> Classifier:
    """Load a classifier.

    Raises:
        WeightsError: If its weights are missing or damaged.
        DeviceError: If the device is not there.
    """
    # With max pooling, as in training.
    return Classifier(NETWORKS[spec.network](spec, pooling="max").to(resolve_device(device)), class_names(spec))


def class_names(spec: ModelSpec) -> tuple[str, ...]:
    """Return the names of a network's classes: those of its spec, those of ImageNet, or numbers."""
    count = spec.layers[-1].channels
    known: Sequence[str] = spec.classes or (imagenet() if count == IMAGENET else ())
    return tuple(known) if len(known) == count else tuple(f"class {index}" for index in range(count))


@cache
def imagenet() -> tuple[str, ...]:
    """Return the names of the 1000 classes of ILSVRC 2012, in the order of their WordNet numbers, which is that of all networks."""
    return tuple(files("pincel.classify").joinpath("imagenet.txt").read_text(encoding="utf-8").splitlines())
