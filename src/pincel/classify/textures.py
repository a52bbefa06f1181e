"""Ten classes of textures, rendered: a data set for training that everyone has, too hard to be learned from color or brightness.

``sample:textures`` is 2,400 pictures of 72×72, 240 a class, a fifth of them held out. Each is drawn turned, scaled, shifted, bent, in two
colors of its own, under its own light, blurred and noisy, all at random; what makes the class is the pattern alone. The random numbers of
a picture come from its number, so that any of them can be drawn without the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.random import Generator
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float64]
COUNT, SIDE, SEED = 2400, 72, 2012


@dataclass(frozen=True)
class TextureCanvas:
    """Coordinates and random numbers of a texture.

    Attributes:
        u: Coordinate of each pixel across the pattern, in periods.
        v: Coordinate along it.
        rng: Random numbers.
    """

    u: Field
    v: Field
    rng: Generator


def stripes(canvas: TextureCanvas) -> Field:
    """Draw parallel stripes, soft or sharp."""
    return _sharpened(np.sin(2 * np.pi * canvas.u), canvas.rng)


def zigzag(canvas: TextureCanvas) -> Field:
    """Draw stripes that go to and fro."""
    bent = np.abs((canvas.v * canvas.rng.uniform(0.4, 0.7)) % 1 - 0.5) * canvas.rng.uniform(1.5, 3)
    return _sharpened(np.sin(2 * np.pi * (canvas.u + bent)), canvas.rng)


def wood(canvas: TextureCanvas) -> Field:
    """Draw the rings of a trunk that was cut askew."""
    center = canvas.rng.uniform(-3, 3, 2)
    distance = np.hypot(canvas.u - center[0], (canvas.v - center[1]) * canvas.rng.uniform(0.15, 0.6))
    return _sharpened(np.sin(2 * np.pi * (distance + 0.5 * (_clouds(canvas.u.shape, canvas.rng, 2.5) - 0.5))), canvas.rng)


def checks(canvas: TextureCanvas) -> Field:
    """Draw a chessboard."""
    return _sharpened(2 * np.sin(np.pi * canvas.u) * np.sin(np.pi * canvas.v), canvas.rng)


def bricks(canvas: TextureCanvas) -> Field:
    """Draw courses of bricks, each shifted by half a brick, with mortar between."""
    row = np.floor(canvas.v)
    along = (canvas.u * canvas.rng.uniform(0.4, 0.6) + 0.5 * (row % 2)) % 1
    mortar = canvas.rng.uniform(0.06, 0.16)
    inside = (np.minimum(canvas.v % 1, 1 - canvas.v % 1) > mortar / 2) & (np.minimum(along, 1 - along) > mortar / 4)
    shade = np.sin(12.9898 * np.floor(canvas.u * 0.5 + 0.5 * (row % 2)) + 78.233 * row) * 0.15
    return np.where(inside, 0.8 + shade, 0.1)


def weave(canvas: TextureCanvas) -> Field:
    """Draw threads that go over and under each other."""
    over = (np.floor(canvas.u) + np.floor(canvas.v)) % 2 == 0
    across = np.where(over, canvas.u % 1, canvas.v % 1)
    round_thread = np.sqrt(np.clip(1 - (2 * across - 1) ** 2, 0, 1))
    seen: Field = np.where(over, 1.0, canvas.rng.uniform(0.4, 0.75)) * round_thread
    return seen


def dots(canvas: TextureCanvas) -> Field:
    """Draw discs in a lattice."""
    row = np.floor(canvas.v)
    shifted = canvas.u + canvas.rng.choice([0.0, 0.5]) * (row % 2)
    distance = np.hypot(shifted % 1 - 0.5, canvas.v % 1 - 0.5)
    return _sharpened((canvas.rng.uniform(0.22, 0.36) - distance) * 6, canvas.rng)


def scales(canvas: TextureCanvas) -> Field:
    """Draw the scales of a fish, each row over the next."""
    shade = np.zeros_like(canvas.u)
    # Rows from the far one to the near one; the near one covers.
    for row in (-1, 0, 1):
        line = np.floor(canvas.v) + row
        distance = np.hypot((canvas.u + 0.5 * (line % 2)) % 1 - 0.5, (canvas.v - line) * 0.6)
        shade = np.where(distance < 0.56, np.clip(distance / 0.56, 0, 1) ** 2, shade)
    return 1 - shade


def cells(canvas: TextureCanvas) -> Field:
    """Draw the borders between points strewn at random, as in dried mud."""
    low, high, count = (canvas.u.min(), canvas.v.min()), (canvas.u.max(), canvas.v.max()), int(np.ptp(canvas.u) * np.ptp(canvas.v))
    points = canvas.rng.uniform(low, high, (max(12, count), 2))
    apart = np.hypot(canvas.u[..., None] - points[:, 0], canvas.v[..., None] - points[:, 1])
    nearest = np.partition(apart, 1, axis=-1)
    inside: Field = np.clip((nearest[..., 1] - nearest[..., 0]) * canvas.rng.uniform(2, 5), 0, 1)
    return inside


def clouds(canvas: TextureCanvas) -> Field:
    """Draw clouds: noise in which every size is as strong."""
    return _clouds(canvas.u.shape, canvas.rng, canvas.rng.uniform(1.6, 2.4))


# What each draws, from 0 to 1 at each pixel.
PATTERNS: dict[str, Callable[[TextureCanvas], Field]] = {
    each.__name__: each for each in (stripes, zigzag, wood, checks, bricks, weave, dots, scales, cells, clouds)
}
CLASSES = tuple(PATTERNS)


def split(index: int) -> Literal["train", "val"]:
    """Tell which part a picture belongs to: one in five of each class is held out."""
    return "val" if index // len(CLASSES) % 5 == 4 else "train"


def render(index: int) -> tuple[NDArray[np.uint8], int]:
    """Draw one picture of the set.

    Args:
        index: Which, from 0 to :data:`COUNT` - 1.

    Returns:
        (72, 72, 3), RGB, and its class, a place in :data:`CLASSES`.
    """
    rng = np.random.default_rng([SEED, index])
    label = index % len(CLASSES)
    pattern = PATTERNS[CLASSES[label]](TextureCanvas(*_coordinates(rng), rng))
    return _colored(np.clip(pattern, 0, 1), rng), label


def _coordinates(rng: Generator) -> tuple[Field, Field]:
    """Turn, scale, shift and bend a square of pixels."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    period, turn = rng.uniform(9, 18), rng.uniform(0, np.pi)
    squeezed = rng.uniform(0.75, 1.33)
    bend = rng.uniform(0, 0.25)
    u = (np.cos(turn) * x + np.sin(turn) * y) / period * squeezed + rng.uniform(0, 50)
    v = (np.cos(turn) * y - np.sin(turn) * x) / period / squeezed + rng.uniform(0, 50)
    warp = rng.uniform(0, 2 * np.pi, 2)
    return u + bend * np.sin(v * 0.9 + warp[0]), v + bend * np.sin(u * 0.9 + warp[1])


def _colored(pattern: Field, rng: Generator) -> NDArray[np.uint8]:
    """Give a pattern two colors that differ enough to be seen, light from one side, blur and noise."""
    dark = rng.uniform(0, 1, 3)
    light = rng.uniform(0, 1, 3)
    while np.abs(light - dark).mean() < 0.35:
        light = rng.uniform(0, 1, 3)
    pattern = _blurred(pattern, rng.uniform(0, 1.2))
    picture = dark + (light - dark) * pattern[..., None]
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    shade = 1 + rng.uniform(0, 0.5) * (np.cos(turn) * x + np.sin(turn) * y)
    clutter = rng.uniform(0, 0.2) * (_clouds(pattern.shape, rng, 2.0) - 0.5)
    noisy = (picture + clutter[..., None]) * shade[..., None] + rng.normal(0, rng.uniform(0.01, 0.06), picture.shape)
    levels: NDArray[np.uint8] = (np.clip(noisy, 0, 1) * 255 + 0.5).astype(np.uint8)
    return levels


def _blurred(field: Field, sigma: float) -> Field:
    """Blur by a Gaussian of a deviation in pixels, cut off at four of them; what is beyond the border is its mirror image."""
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-9)) ** 2)
    rows = sliding_window_view(np.pad(field, radius, mode="symmetric"), 2 * radius + 1, axis=0) @ (weights / weights.sum())
    blurred: Field = sliding_window_view(rows, 2 * radius + 1, axis=1) @ (weights / weights.sum())
    return blurred


def _sharpened(wave: Field, rng: Generator) -> Field:
    """Turn a wave around 0 into a pattern from 0 to 1 with soft or sharp edges."""
    return 0.5 + 0.5 * np.tanh(wave * rng.uniform(1, 5))


def _clouds(shape: tuple[int, ...], rng: Generator, exponent: float) -> Field:
    """Draw noise whose power falls with the frequency to the power of ``exponent``, from 0 to 1."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1]), indexing="ij"))
    frequency[0, 0] = np.inf
    drawn = rng.normal(size=(*frequency.shape, 2)) @ np.array([1, 1j])
    field = np.fft.irfft2(drawn * frequency ** (-exponent / 2), s=shape)
    low, high = np.quantile(field, (0.02, 0.98))
    stretched: Field = np.clip((field - low) / (high - low), 0, 1)
    return stretched
