"""Ten classes of shapes, drawn: a data set for training in seconds, of the size of CIFAR's pictures.

``sample:shapes`` is 3,000 pictures of 32×32, 300 a class, a fifth of them held out. Each shape is drawn turned, scaled and shifted, in a
color of its own, on a background of two others with a second, smaller shape in it, blurred and noisy, all at random; what makes the class
is the outline alone. The random numbers of a picture come from its number, so that any of them can be drawn without the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

COUNT, SIDE, SEED = 3000, 32, 2009
# Outlines are drawn larger, and shrunk.
FINER = 4

Points: TypeAlias = Sequence[tuple[float, float]]


def _regular(corners: int, inner: float = 1.0) -> Points:
    """Return the corners of a regular polygon of radius 1; with ``inner`` below 1, of a star with as many points."""
    count = corners if inner == 1 else 2 * corners
    angles = [2 * np.pi * place / count for place in range(count)]
    return [
        ((1.0 if place % 2 == 0 else inner) * np.cos(a), (1.0 if place % 2 == 0 else inner) * np.sin(a)) for place, a in enumerate(angles)
    ]


def _heart() -> Points:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    across = 16 * np.sin(angles) ** 3
    along = 13 * np.cos(angles) - 5 * np.cos(2 * angles) - 2 * np.cos(3 * angles) - np.cos(4 * angles)
    return [(float(x) / 17, -float(y) / 17) for x, y in zip(across, along, strict=True)]


def _moon() -> Points:
    outer = np.linspace(0.3 * np.pi, 1.7 * np.pi, 30)
    inner = np.linspace(1.55 * np.pi, 0.45 * np.pi, 30)
    return [(float(np.cos(a)), float(np.sin(a))) for a in outer] + [
        (0.45 + 0.85 * float(np.cos(a)), 0.85 * float(np.sin(a))) for a in inner
    ]


OUTLINES: dict[str, Callable[[], Points]] = {
    "disk": lambda: _regular(40),
    "triangle": lambda: _regular(3),
    "square": lambda: _regular(4),
    "hexagon": lambda: _regular(6),
    "star": lambda: _regular(5, 0.42),
    "flower": lambda: [
        ((0.75 + 0.25 * np.cos(6 * a)) * np.cos(a), (0.75 + 0.25 * np.cos(6 * a)) * np.sin(a))
        for a in np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ],
    "cross": lambda: [
        (a / 3, b / 3)
        for a, b in ((-3, -1), (-1, -1), (-1, -3), (1, -3), (1, -1), (3, -1), (3, 1), (1, 1), (1, 3), (-1, 3), (-1, 1), (-3, 1))
    ],
    "arrow": lambda: [(1, 0), (0.1, 0.8), (0.1, 0.3), (-1, 0.3), (-1, -0.3), (0.1, -0.3), (0.1, -0.8)],
    "heart": _heart,
    "moon": _moon,
}
CLASSES = tuple(OUTLINES)


def split(index: int) -> Literal["train", "val"]:
    """Tell which part a picture belongs to: one in five of each class is held out."""
    return "val" if index // len(CLASSES) % 5 == 4 else "train"


def render(index: int) -> tuple[NDArray[np.uint8], int]:
    """Draw one picture of the set.

    Args:
        index: Which, from 0 to :data:`COUNT` - 1.

    Returns:
        (32, 32, 3), RGB, and its class, a place in :data:`CLASSES`.
    """
    rng = np.random.default_rng([SEED, index])
    label = index % len(CLASSES)
    picture = _background(rng)
    other = OUTLINES[CLASSES[rng.integers(len(CLASSES))]]()
    picture = _painted(picture, other, rng, (2.0, 4.0), (0, SIDE))
    picture = _painted(picture, OUTLINES[CLASSES[label]](), rng, (7.0, 13.0), (11, SIDE - 11))
    picture = picture + rng.normal(0, rng.uniform(0.02, 0.1), picture.shape)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8), label


def _background(rng: Generator) -> NDArray[np.float64]:
    """Return a slope from one color to another."""
    one, other = rng.uniform(0, 1, 3), rng.uniform(0, 1, 3)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    turn = rng.uniform(0, 2 * np.pi)
    share = np.clip(0.5 + np.cos(turn) * x + np.sin(turn) * y, 0, 1)[..., None]
    slope: NDArray[np.float64] = one + (other - one) * share
    return slope


def _painted(
    picture: NDArray[np.float64], outline: Points, rng: Generator, radii: tuple[float, float], middles: tuple[float, float]
) -> NDArray[np.float64]:
    """Lay an outline over a picture: turned, squeezed, of a radius between two, in a color that stands out."""
    turn, radius, squeezed = rng.uniform(0, 2 * np.pi), rng.uniform(*radii), rng.uniform(0.8, 1.0)
    middle = rng.uniform(*middles, 2)
    points = np.array(outline) * [radius, radius * squeezed] @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    mask = Image.new("L", (FINER * SIDE, FINER * SIDE))
    ImageDraw.Draw(mask).polygon([tuple(FINER * each) for each in points + middle], fill=255)
    blurred = mask.filter(ImageFilter.GaussianBlur(FINER * rng.uniform(0, 0.8))).resize((SIDE, SIDE), Image.Resampling.BOX)
    share = np.asarray(blurred, dtype=np.float64)[..., None] / 255
    color = rng.uniform(0, 1, 3)
    while np.abs(color - picture.mean((0, 1))).mean() < 0.25:
        color = rng.uniform(0, 1, 3)
    laid: NDArray[np.float64] = picture + share * (color - picture)
    return laid
