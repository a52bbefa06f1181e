"""What a network takes a picture for.

Paper:
    Krizhevsky, Sutskever, Hinton 2012, sections 2 and 4.1: the shorter side is brought to 256 pixels and the central square kept; the
    network sees a crop of it, or five and their mirror images, whose probabilities are averaged.

Differs:
    A mean color is subtracted, where the paper subtracts a mean picture. Crops are as large as those the network was trained on, and the
    square is as much larger as it is for 224 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import torch
from torch import Tensor

from pincel.backbones import BACKBONES, NETWORKS
from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg import VGG
from pincel.classify.augment import center
from pincel.classify.squares import square
from pincel.colors import DEFAULT_BACKGROUND
from pincel.engine.device import resolve_device
from pincel.errors import OptionError, PictureSizeError, WeightsError
from pincel.files import one_line
from pincel.sources import Source, open_picture

# Networks of ImageNet have as many classes, whose names stand in a file of their own.
IMAGENET = 1000
# Shorter side for crops of 224 and 227 pixels; for others it is an eighth more than the crop.
SIDE, CROPS = 256, (224, 227)
# A picture so many times longer than wide shows next to nothing in its central square, and takes much memory on the way there.
THIN = 64


@dataclass(frozen=True)
class Answer:
    """One of the things a picture may show.

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
    """A network that was trained to tell classes apart.

    Attributes:
        eye: It.
        classes: What the channels of its last layer stand for.
    """

    eye: VGG
    classes: tuple[str, ...]

    def probabilities(self, views: Tensor) -> Tensor:
        """Return the probability of each class, (classes,), averaged over views (N, 3, crop, crop), RGB, 0-255."""
        last = self.eye.spec.names[-1]
        weight, _ = next(iter(self.eye.weights.values()))
        with torch.no_grad():
            logits = self.eye.features(views.to(weight.device), [last])[last]
        # Networks that end in a convolution answer at several positions; their mean is what counts.
        return logits.double().mean((2, 3)).softmax(1).mean(0).cpu()

    def answers(self, views: Tensor, top: int = 5) -> list[Answer]:
        """Return the likeliest classes, likeliest first; arguments as :func:`answers` and :meth:`probabilities`."""
        found = self.probabilities(views).topk(min(top, len(self.classes)))
        pairs = zip(found.values.tolist(), found.indices.tolist(), strict=True)
        return [Answer(self.classes[index], probability, index) for probability, index in pairs]


def answers(picture: Source, *, backbone: str = "alexnet", crops: int = 1, top: int = 5, device: str = "auto") -> list[Answer]:
    """Say what a picture shows.

    Args:
        picture: A file, ``sample:NAME``, a Pillow image, an array or a tensor.
        backbone: A network with a classifier, also a folder of ``pincel train``, an imported network, or ``timm:NAME``.
        crops: 1 for the center, 10 for center and corners and their mirror images.
        top: How many answers.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Returns:
        The likeliest classes, likeliest first.

    Raises:
        OptionError: For a network without a classifier, or numbers that are not accepted.
        PictureError: If the picture cannot be used.
        WeightsError: If the weights are missing or damaged.
        DeviceError: If the device is not there.
    """
    spec = classifying(backbone)
    check_top(top)
    seen = views(picture, spec, crops)
    return make_classifier(spec, device).answers(seen, top)


def classifying(backbone: str) -> ModelSpec:
    """Return the spec of a network with a classifier.

    Raises:
        UnknownNameError: If there is no such network, with the closest match.
        OptionError: If it has no classifier; names those that have one.
    """
    spec = BACKBONES[backbone]
    if spec.crop:
        return spec
    known = classifiers()
    hint = next((name for name in known if name.startswith(f"{spec.name}-")), "alexnet")
    failed = f"backbone: {spec.name} has no classifier"
    raise OptionError(one_line(failed, f"--backbone {backbone}", f"{', '.join(known)}, or a RUN of pincel train", f"--backbone {hint}"))


def classifiers() -> list[str]:
    """List the networks that have a classifier whose weights can be had."""
    found = []
    for name in BACKBONES:
        # Imports may be damaged.
        with suppress(WeightsError):
            spec = BACKBONES[name]
            if spec.crop and (spec.path or spec.package or spec.url):
                found.append(name)
    return found


def check_top(top: int) -> None:
    """Raise OptionError for fewer than one answer."""
    if top < 1:
        raise OptionError(one_line("top: is how many answers are given", f"{top}", "1 or more", "--top 5"))


def views(picture: Source, spec: ModelSpec, crops: int = 1) -> Tensor:
    """Open a picture and cut out what a network sees of it.

    Args:
        picture: As for :func:`answers`.
        spec: Of the network.
        crops: 1 or 10.

    Returns:
        (crops, 3, crop, crop), RGB, 0-255, float32.

    Raises:
        PictureError: If the picture cannot be used.
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
    last = whole.shape[-1] - crop
    places = [center(whole.shape[-1], crop), *([(0, 0), (0, last), (last, 0), (last, last)] if crops > 1 else [])]
    cut = torch.stack([whole[:, top : top + crop, left : left + crop] for top, left in places])
    return torch.cat([cut, cut.flip(-1)]) if crops > 1 else cut


def shorter_side(crop: int) -> int:
    """Return the shorter side that a picture is brought to, for crops of a side.

    Example:
        >>> shorter_side(227), shorter_side(64), shorter_side(299)
        (256, 72, 336)
    """
    return SIDE if crop in CROPS else round(crop * 9 / 8)


def make_classifier(spec: ModelSpec, device: str = "auto") -> Classifier:
    """Load a network to classify with.

    Raises:
        WeightsError: If its weights are missing or damaged.
        DeviceError: If the device is not there.
    """
    place = resolve_device(device)
    # As trained: the largest of each window.
    return Classifier(NETWORKS[spec.network](spec, pooling="max").to(place), class_names(spec))


def class_names(spec: ModelSpec) -> tuple[str, ...]:
    """Return what the channels of the last layer stand for: as the spec says, the classes of ImageNet, or numbers."""
    count = spec.layers[-1].channels
    known: Sequence[str] = spec.classes or (imagenet() if count == IMAGENET else ())
    return tuple(known) if len(known) == count else tuple(f"class {index}" for index in range(count))


@cache
def imagenet() -> tuple[str, ...]:
    """Return the names of the 1000 classes of ILSVRC 2012, in the order of their WordNet numbers, as all networks have them."""
    return tuple(files("pincel.classify").joinpath("imagenet.txt").read_text(encoding="utf-8").splitlines())
