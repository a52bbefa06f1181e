"""Conversions between frames, arrays of gray levels from 0 to 255, and tensors."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from pincel.colors import parse_color
from pincel.films.base import Film, Pixels
from pincel.images.decode import Decoded

WHITE = 255.0
Floats: TypeAlias = npt.NDArray[np.float32]


def to_tensor(pixels: npt.NDArray[Any]) -> Tensor:
    """Return (height, width, 3) in gray levels as (1, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=np.float32))[None].div_(WHITE).clamp_(0, 1)


def to_levels(pixels: Tensor) -> npt.NDArray[np.float32]:
    """Return (1, 3, H, W) in [0, 1] as (height, width, 3) in gray levels, not rounded."""
    levels: npt.NDArray[np.float32] = (pixels[0].permute(1, 2, 0) * WHITE).numpy()
    return levels


def to_bytes(pixels: Tensor) -> Pixels:
    """Return (1, 3, H, W) in [0, 1] as (height, width, 3) in gray levels."""
    rounded: Pixels = (pixels[0].permute(1, 2, 0) * WHITE).round().clamp(0, WHITE).byte().numpy()
    return rounded


def over(colors: npt.NDArray[np.uint8] | Floats, alpha: npt.NDArray[np.uint8] | Floats, background: str) -> Pixels:
    """Composite a picture with transparent parts over a color.

    Args:
        colors: (height, width, 3), not multiplied by alpha; bytes, or floats in [0, 1].
        alpha: (height, width), likewise.
        background: See :func:`pincel.colors.parse_color`.

    Returns:
        (height, width, 3) in gray levels.
    """
    opacity = _levels(alpha)[..., None] / np.float32(WHITE)
    behind = np.asarray(parse_color(background), np.float32)
    return np.rint(behind + opacity * (_levels(colors) - behind)).clip(0, WHITE).astype(np.uint8)


def to_frame(decoded: Decoded, film: Film) -> tuple[Pixels, str]:
    """Return a decoded picture as a frame of a film, on its background and in its size, and ``resized`` if it had another size."""
    height, width = decoded.colors.shape[:2]
    alpha = np.ones((height, width), np.float32) if decoded.alpha is None else decoded.alpha
    pixels = over(decoded.colors, alpha, film.background)
    if (width, height) == (film.width, film.height):
        return pixels, ""
    return np.asarray(Image.fromarray(pixels).resize((film.width, film.height), Image.Resampling.LANCZOS)), "resized"


def has_transparency(decoded: Decoded) -> bool:
    """Return whether any part of a decoded picture is transparent."""
    return decoded.alpha is not None and bool(decoded.alpha.min() < 1)


def _levels(values: npt.NDArray[np.uint8] | Floats) -> Floats:
    levels: Floats = values.astype(np.float32)
    return levels if values.dtype == np.uint8 else levels * np.float32(WHITE)
