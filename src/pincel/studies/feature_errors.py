"""How far one picture is from another, layer by layer, in numbers without a unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PIL import Image
from torch import Tensor

from pincel.backbones.vgg import VGG
from pincel.functional.gram import gram_matrix
from pincel.functional.metrics import mean_difference, relative_error
from pincel.images.io import LoadedImage, load_picture
from pincel.studies.features import WHITE, features


def content_error(seen: Tensor, wanted: Tensor) -> float:
    r"""Relative error of features, :math:`\|F - P\| / \|P\|`: 0 for the same, about 1 where nothing is alike.

    Args:
        seen: F, (1, C, H, W).
        wanted: P, the same shape.

    Example:
        >>> import torch
        >>> content_error(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 0.0])) == 4 / 3
        True
    """
    return _relative(seen, wanted)


def style_error(seen: Tensor, wanted: Tensor) -> float:
    r"""Relative error of Gram matrices, :math:`\|G - A\| / \|A\|`, each averaged over its positions.

    Args:
        seen: Features of one picture, (1, C, H, W).
        wanted: Of another, (1, C, H', W').
    """
    return _relative(gram_matrix(seen), gram_matrix(wanted))


def _relative(seen: Tensor, wanted: Tensor) -> float:
    found = relative_error(wanted.double(), seen.double())
    # Of nothing, everything is as far as can be.
    return float(seen.any()) if found is None else found


def pixel_error(seen: LoadedImage, wanted: LoadedImage) -> float:
    """Return the mean absolute difference of two pictures in gray levels, 0 to 255."""
    return mean_difference(WHITE * seen.pixels, WHITE * wanted.pixels)


def layer_errors(
    backbone: VGG, picture: Image.Image, wanted: Mapping[str, Tensor], layers: Iterable[str]
) -> tuple[list[float], list[float]]:
    """Look at a picture as it was saved, and measure it at every layer.

    Args:
        backbone: Who looks.
        picture: In 8 bits.
        wanted: layer → features of the other picture.
        layers: Where to measure.

    Returns:
        Content errors and style errors, a number a layer. A picture of another size has no content error: ``nan``.
    """
    names = tuple(layers)
    seen = features(backbone, load_picture(picture), names)
    content = [content_error(seen[name], wanted[name]) if seen[name].shape == wanted[name].shape else float("nan") for name in names]
    return content, [style_error(seen[name], wanted[name]) for name in names]
