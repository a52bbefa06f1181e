"""Drawing tools shared by every sample picture: colors, noise, blurs, tone curve and JPEG output."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

SUPERSAMPLE = 2
"""Pictures are drawn this many times larger than they are saved, which is what smooths their edges."""


def rgb(code: str) -> FloatArray:
    """Turn ``"#rrggbb"`` into three sRGB numbers from 0 to 1."""
    return np.array([int(code[start : start + 2], 16) / 255.0 for start in (1, 3, 5)])


def light(code: str) -> FloatArray:
    """Turn ``"#rrggbb"`` into three linear-light numbers, for scenes that are lit and tone mapped."""
    return np.asarray(rgb(code) ** 2.2, dtype=np.float64)


def palette(*codes: str) -> FloatArray:
    """Stack several ``"#rrggbb"`` colors into one (count, 3) array of sRGB numbers."""
    return np.stack([rgb(code) for code in codes])


def clamp(values: FloatArray, low: float = 0.0, high: float = 1.0) -> FloatArray:
    """Limit every value to the range from ``low`` to ``high``."""
    return np.asarray(np.clip(values, low, high), dtype=np.float64)


def smoothstep(low: float | FloatArray, high: float | FloatArray, values: FloatArray) -> FloatArray:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``; ``low`` above ``high`` gives a falling step."""
    t = clamp((values - low) / (high - low))
    return t * t * (3.0 - 2.0 * t)


def bump(values: FloatArray, center: float | FloatArray, width: float | FloatArray) -> FloatArray:
    """Return a Gaussian bump of the given width around ``center``."""
    return np.asarray(np.exp(-(((values - center) / width) ** 2)), dtype=np.float64)


def mix(first: FloatArray, second: FloatArray, amount: FloatArray | float) -> FloatArray:
    """Blend two color fields; ``amount`` is a plane without a color axis, or one number."""
    weight = np.asarray(amount, dtype=np.float64)
    if weight.ndim:
        weight = weight[..., None]
    return np.asarray(first * (1.0 - weight) + second * weight, dtype=np.float64)


def ramp(values: FloatArray, stops: list[tuple[float, FloatArray]]) -> FloatArray:
    """Color a plane of values by a gradient given as (value, color) stops in rising order."""
    places = [place for place, _ in stops]
    planes = [np.interp(values, places, [color[channel] for _, color in stops]) for channel in range(3)]
    return np.stack(planes, axis=-1)


def pixel_grid(width: int, height: int) -> tuple[FloatArray, FloatArray]:
    """Return x and y planes for a picture: y runs from 0 to 1 down, x from 0 to the aspect ratio."""
    y, x = np.mgrid[0:height, 0:width]
    return (x + 0.5) / height, (y + 0.5) / height


def spectral_noise(
    rng: np.random.Generator, height: int, width: int, slope: float, stretch: tuple[float, float] = (1.0, 1.0)
) -> FloatArray:
    """Make seamless fractal noise with zero mean and unit spread.

    Args:
        rng: Source of randomness.
        height: Rows.
        width: Columns.
        slope: How fast the amplitude falls with frequency; 1 is rough, 2 is like clouds.
        stretch: Vertical and horizontal elongation of the features.
    """
    white = np.fft.rfft2(rng.standard_normal((height, width)))
    fy = np.fft.fftfreq(height)[:, None] * stretch[0]
    fx = np.fft.rfftfreq(width)[None, :] * stretch[1]
    frequency = np.sqrt(fy * fy + fx * fx)
    frequency[0, 0] = 1.0
    spectrum = white * frequency**-slope
    spectrum[0, 0] = 0.0
    noise = np.fft.irfft2(spectrum, s=(height, width))
    return np.asarray(noise / noise.std(), dtype=np.float64)


@dataclass(frozen=True)
class Tile:
    """A seamless noise texture that can be sampled at any coordinates; one period is one unit."""

    values: FloatArray

    @classmethod
    def make(cls, seed: int, slope: float = 1.4, size: int = 1024) -> Tile:
        """Make a square tile of fractal noise from a seed."""
        return cls(spectral_noise(np.random.default_rng(seed), size, size, slope))

    def at(self, u: FloatArray, v: FloatArray) -> FloatArray:
        """Sample with bilinear interpolation, wrapping around at the edges."""
        size = self.values.shape[0]
        x, y = np.broadcast_arrays(np.asarray(u) * size, np.asarray(v) * size)
        x0, y0 = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        fx, fy = x - x0, y - y0
        x0, y0 = x0 % size, y0 % size
        x1, y1 = (x0 + 1) % size, (y0 + 1) % size
        table = self.values
        top = table[y0, x0] * (1 - fx) + table[y0, x1] * fx
        bottom = table[y1, x0] * (1 - fx) + table[y1, x1] * fx
        return np.asarray(top * (1 - fy) + bottom * fy, dtype=np.float64)


def blur(image: FloatArray, radius: float) -> FloatArray:
    """Blur with three box passes along each axis, which is close to a Gaussian of that radius."""
    box = max(1, round(radius))
    result = image
    for _ in range(3):
        for axis in (0, 1):
            result = _box(result, box, axis)
    return result


def _box(image: FloatArray, radius: int, axis: int) -> FloatArray:
    pad = [(0, 0)] * image.ndim
    pad[axis] = (radius + 1, radius)
    total = np.cumsum(np.pad(image, pad, mode="edge"), axis=axis)
    span, length = 2 * radius + 1, image.shape[axis]
    upper = np.take(total, np.arange(span, span + length), axis=axis)
    lower = np.take(total, np.arange(0, length), axis=axis)
    return np.asarray((upper - lower) / span, dtype=np.float64)


def warp(image: FloatArray, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Read an image at fractional pixel positions, clamped to its edges."""
    height, width = image.shape[:2]
    y, x = clamp(rows, 0, height - 1.001), clamp(columns, 0, width - 1.001)
    y0, x0 = y.astype(np.int64), x.astype(np.int64)
    fy, fx = (y - y0)[..., None], (x - x0)[..., None]
    top = image[y0, x0] * (1 - fx) + image[y0, x0 + 1] * fx
    bottom = image[y0 + 1, x0] * (1 - fx) + image[y0 + 1, x0 + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy, dtype=np.float64)


def develop(radiance: FloatArray, exposure: float, bloom: float, seed: int, grain: float = 0.012) -> FloatArray:
    """Turn linear light into a photograph: glow, film-like tone curve, vignette and grain."""
    height, width = radiance.shape[:2]
    glow = 0.6 * blur(radiance, height / 90) + 0.4 * blur(radiance, height / 25)
    exposed = np.maximum(radiance * (1 - bloom) + glow * bloom, 0.0) * exposure
    # The usual fit of a film's response: a soft toe keeps the shadows deep, the shoulder keeps the lights.
    film = exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14)
    x, y = pixel_grid(width, height)
    fall = (x - 0.5 * width / height) ** 2 + (y - 0.5) ** 2
    picture = clamp(film) ** (1 / 2.2) * (1 - 0.28 * fall)[..., None]
    noise = blur(np.random.default_rng(seed).standard_normal((height, width, 3)), 1) * 2.5
    return clamp(picture + grain * noise)


def slant(height: FloatArray) -> FloatArray:
    """Return how steeply a surface falls away from a light at the upper left (negative) or faces it."""
    return np.asarray(np.gradient(height, axis=0) + np.gradient(height, axis=1), dtype=np.float64)


def relief(picture: FloatArray, thickness: FloatArray, strength: float, gloss: float) -> FloatArray:
    """Light a paint surface from the upper left, so that its thickness shows as ridges and shine."""
    slope = np.asarray(slant(thickness) * strength, dtype=np.float64)
    shade = clamp(1.0 + slope, 0.45, 1.5)[..., None]
    shine = clamp(slope - 0.12)[..., None] * gloss
    return clamp(picture * shade + shine)


def shrink(picture: FloatArray, factor: int = SUPERSAMPLE) -> FloatArray:
    """Average blocks of ``factor`` by ``factor`` pixels."""
    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    blocks = picture[: height * factor, : width * factor].reshape(height, factor, width, factor, -1)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float64)


def encode_jpeg(picture: FloatArray, limit: int) -> bytes:
    """Encode an sRGB picture (0 to 1) at the best quality that stays below ``limit`` bytes."""
    # Optimized tables are made in one go; Pillow's default buffer is too small for pictures as busy as these.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 4 * picture.shape[0] * picture.shape[1])
    image = Image.fromarray(np.asarray(clamp(picture) * 255.0 + 0.5, dtype=np.uint8), "RGB")
    # Full color resolution first; halved color only for pictures too rich in detail for the limit.
    for subsampling, qualities in ((0, range(95, 73, -1)), (2, range(86, 39, -1))):
        for quality in qualities:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=quality, subsampling=subsampling, optimize=True)
            if buffer.tell() < limit:
                return buffer.getvalue()
    message = f"no JPEG quality brings the picture below {limit} bytes"
    raise ValueError(message)
