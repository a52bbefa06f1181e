"""Canvases: parametrizations of the optimized image, and its initial value.

=============  ========================================================
``base``       what a canvas is
``pixels``     the picture itself, in the network's pixel units
``gray``       one number per pixel
``fourier``    its spectrum, scaled so that low frequencies change most
``laplacian``  its Laplacian pyramid: large forms and detail change alike
``init``       content, noise, style, a blend, or a picture
=============  ========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pincel.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

    from pincel.canvas.base import Canvas

# (white, (height, width), style images in [0, 1], finest frequency of the scale before) → the canvas.
CANVASES: Registry[Callable[[float, tuple[int, int], Sequence[Tensor], float], Canvas]] = Registry(
    "canvas",
    {
        "pixels": "pincel.canvas.pixels:make_pixels",
        "fourier": "pincel.canvas.fourier:make_fourier",
        "laplacian": "pincel.canvas.laplacian:make_laplacian",
    },
)
