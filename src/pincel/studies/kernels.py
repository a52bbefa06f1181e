"""Kernels made by hand: their numbers, and their outputs for a gray picture."""

from __future__ import annotations

import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pincel.functional.color import luma
from pincel.images.io import LoadedImage as Opened
from pincel.studies.features import WHITE
from pincel.studies.heatmaps import signed_picture, symmetric_limits
from pincel.studies.number_grid import Grid, grids
from pincel.translation import Translate
from pincel.translation import gettext_lazy as _

# The kernels of every course, (rows): cross-correlated, as networks do, not flipped.
KERNELS = {
    "sobel-vertical": ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0), (1.0, 0.0, -1.0)),
    "sobel-horizontal": ((1.0, 2.0, 1.0), (0.0, 0.0, 0.0), (-1.0, -2.0, -1.0)),
    "blur": ((1 / 16, 2 / 16, 1 / 16), (2 / 16, 4 / 16, 2 / 16), (1 / 16, 2 / 16, 1 / 16)),
    "sharpen": ((0.0, -1.0, 0.0), (-1.0, 5.0, -1.0), (0.0, -1.0, 0.0)),
    "laplacian": ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0)),
}
KERNEL_NAMES = {
    "sobel-vertical": _("Sobel: upright edges"),
    "sobel-horizontal": _("Sobel: level edges"),
    "blur": _("blur"),
    "sharpen": _("sharpen"),
    "laplacian": _("Laplacian"),
}


def brightness(picture: Opened) -> Tensor:
    """Return the brightness of a picture, (H, W), 0-255, float64."""
    return WHITE * luma(picture.pixels.double())[0, 0]


def filter_image(gray: Tensor, kernel: str) -> Image.Image:
    """Return a gray picture (H, W), 0-255, after a kernel, where it fits into the picture.

    The output of weights that add up to 1 is clipped to black and white; that of weights that add up to 0 is signed, with 0 as middle gray.
    """
    weight = torch.tensor(KERNELS[kernel], dtype=torch.float64)
    filtered = functional.conv2d(gray.double()[None, None], weight[None, None])[0, 0]
    if abs(float(weight.sum())) < 1e-9:
        return signed_picture(filtered)
    return Image.fromarray(filtered.clamp(0, 255).round().to(torch.uint8).numpy()).convert("RGB")


def kernels_figure(translate: Translate) -> Figure:
    """Draw the kernels made by hand."""
    row = []
    for kernel, rows in KERNELS.items():
        values = torch.tensor(rows, dtype=torch.float64)
        whole = bool((values == values.round()).all())
        row.append(Grid(translate(KERNEL_NAMES[kernel]), values, "RdBu_r", symmetric_limits(values), 0 if whole else 4))
    return grids([row[:3], row[3:]])
