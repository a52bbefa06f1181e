"""Patches cut out of photographs and set side by side, as figures of Zeiler and Fergus show them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional

from pincel.images.io import to_pil
from pincel.studies.plots import COLORS, font_file
from pincel.studies.receptive_field import PixelBox

# Side of a patch on the page: three pixels, and those of many deeper layers, become squares of equal size.
TILE = 72
# Between patches, and between two groups of them.
GAP, GUTTER = 4, 12
# Patches are compared at this size.
COARSE = 24
# Quantile of the values of an explanation that is shown as black or white; the few beyond are clipped.
SALIENCY_QUANTILE = 0.99

_PAPER = (250, 249, 246)


def cut_patch(pixels: Tensor, box: PixelBox, mean: Tensor) -> Tensor:
    """Cut a box out of a picture; beyond the border is the mean pixel, which is 0 to the network.

    Args:
        pixels: (1, 3, H, W).
        box: May reach beyond the picture.
        mean: (3,), in the same units.

    Returns:
        (1, 3, height, width) of the box.
    """
    inside = box.clipped(*pixels.shape[-2:])
    patch = mean.to(pixels).view(1, 3, 1, 1).repeat(1, 1, box.bottom - box.top, box.right - box.left)
    patch[..., inside.top - box.top : inside.bottom - box.top, inside.left - box.left : inside.right - box.left] = pixels[
        ..., inside.top : inside.bottom, inside.left : inside.right
    ]
    return patch


def patch_tile(pixels: Tensor) -> Image.Image:
    """Return a patch (1, 3, h, w), 0 to 1, as a picture of TILE pixels: small ones as squares, large ones smoothed."""
    image = to_pil(pixels.clamp(0, 1))
    smaller = image.width < TILE
    return image.resize((TILE, TILE), Image.Resampling.NEAREST if smaller else Image.Resampling.LANCZOS)


def saliency_image(gradient: Tensor) -> Tensor:
    """Return an explanation (1, 3, h, w) as a picture, 0 to 1: gray is nothing, brighter is more of that color, darker less."""
    most = torch.quantile(gradient.abs().flatten().double(), SALIENCY_QUANTILE)
    # Where nearly all is zero, as in a patch at the border, the largest.
    most = most if float(most) > 0 else gradient.abs().max()
    return (0.5 + 0.5 * gradient / most if float(most) > 0 else torch.full_like(gradient, 0.5)).clamp(0, 1)


def mosaic(groups: Sequence[Sequence[Image.Image]], count: int) -> Image.Image:
    """Set groups of tiles side by side, each a square of ``count`` places, 3×3 for nine; missing ones stay empty."""
    side = math.ceil(math.sqrt(count))
    rows = math.ceil(count / side)
    width = side * TILE + (side - 1) * GAP
    sheet = Image.new("RGB", (len(groups) * width + (len(groups) - 1) * GUTTER, rows * TILE + (rows - 1) * GAP), _PAPER)
    for group, tiles in enumerate(groups):
        for place, image in enumerate(tiles):
            left = group * (width + GUTTER) + place % side * (TILE + GAP)
            sheet.paste(image, (left, place // side * (TILE + GAP)))
    return sheet


def patch_vector(patch: Tensor, mean: Tensor) -> Tensor:
    """Return a patch (1, 3, h, w) as a vector to compare by: its difference from the mean pixel, at COARSE pixels a side at most."""
    difference = patch - mean.to(patch).view(1, 3, 1, 1)
    small = functional.adaptive_avg_pool2d(difference, COARSE) if patch.shape[-1] > COARSE else difference
    return small.flatten().double()


def patch_similarity(groups: Sequence[Sequence[Tensor]]) -> tuple[float, float]:
    r"""Return the similarity of patches of one channel, and of different ones.

    .. math:: \cos(p, q) = \frac{\langle p - \mu,\, q - \mu \rangle}{|p - \mu|\,|q - \mu|}

    Args:
        groups: Vectors of :func:`patch_vector`, a group for each channel, all of one length.

    Returns:
        Mean cosine over pairs within a group, and over pairs from two groups; nan where there is no pair.
    """
    vectors = [vector for group in groups for vector in group]
    if not vectors:
        return math.nan, math.nan
    owner = torch.tensor([number for number, group in enumerate(groups) for _ in group])
    units = functional.normalize(torch.stack(vectors), dim=1)
    cosines = units @ units.T
    same = owner[:, None] == owner[None]
    pairs = ~torch.eye(len(vectors), dtype=torch.bool)
    return _mean(cosines[same & pairs]), _mean(cosines[~same])


def _mean(values: Tensor) -> float:
    return float(values.mean()) if len(values) else math.nan


def outline(picture: Image.Image, boxes: Sequence[tuple[str, PixelBox]], least: int = 640) -> Image.Image:
    """Draw boxes on a picture, enlarged by a whole number until its long side has ``least`` pixels, each with its name beside it."""
    times = max(1, math.ceil(least / max(picture.size)))
    drawn = picture.convert("RGB").resize((picture.width * times, picture.height * times), Image.Resampling.BICUBIC)
    pen, font = ImageDraw.Draw(drawn), ImageFont.truetype(font_file(), 16)
    for number, (name, box) in enumerate(boxes):
        color = COLORS[number % len(COLORS)]
        edges = np.array([box.left, box.top, box.right, box.bottom]) * times
        left, top, right, bottom = (int(edge) for edge in edges)
        for out, ink in ((4, "white"), (2, color)):
            pen.rectangle((left - out, top - out, right - 1 + out, bottom - 1 + out), outline=ink, width=out)
        width = int(font.getlength(name)) + 8
        beside = min(max(0, left), drawn.width - width)
        above = bottom + 6 if bottom + 28 < drawn.height else max(0, top - 28)
        pen.rectangle((beside, above, beside + width, above + 22), fill=color)
        pen.text((beside + 4, above + 1), name, font=font, fill="white")
    return drawn
