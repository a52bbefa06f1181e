"""Distances of pictures, layer by layer, as numbers without a unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PIL import Image
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.functional.gram import gram_matrix
from pincel.functional.metrics import mean_difference, relative_error
from pincel.images.io import LoadedImage, load_picture
from pincel.studies.features import WHITE, features


def content_error(actual: Tensor, target: Tensor) -> float:
    r"""Relative error of features, :math:`\|F - P\| / \|P\|`: 0 for the same, about 1 where nothing is alike.

    Args:
        actual: F, (1, C, H, W).
        target: P, the same shape.

    Example:
        >>> import torch
        >>> content_error(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 0.0])) == 4 / 3
        True
    """
    return _relative(actual, target)


def style_error(actual: Tensor, target: Tensor) -> float:
    r"""Relative error of Gram matrices, :math:`\|G - A\| / \|A\|`, each averaged over its positions.

    Args:
        actual: Features of one picture, (1, C, H, W).
        target: Of another, (1, C, H', W').
    """
    return _relative(gram_matrix(actual), gram_matrix(target))


def _relative(actual: Tensor, target: Tensor) -> float:
    error = relative_error(target.double(), actual.double())
    # A target of zeros has no relative error: 1 for anything else.
    return float(actual.any()) if error is None else error


def pixel_error(picture: LoadedImage, other: LoadedImage) -> float:
    """Return the mean absolute difference of two pictures in gray levels, 0 to 255."""
    return mean_difference(WHITE * picture.pixels, WHITE * other.pixels)


def layer_errors(
    backbone: VGG, picture: Image.Image, target: Mapping[str, Tensor], layers: Iterable[str]
) -> tuple[list[float], list[float]]:
    """Measure a picture as it was saved against the features of another, layer → (1, C, H, W).

    Returns:
        Content errors and style errors, a number a layer. A picture of another size has no content error: ``nan``.
    """
    names = tuple(layers)
    actual = features(backbone, load_picture(picture), names)
    content = [content_error(actual[name], target[name]) if actual[name].shape == target[name].shape else float("nan") for name in names]
    return content, [style_error(actual[name], target[name]) for name in names]
