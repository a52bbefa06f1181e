"""Dead leaves: generated images for training without photographs.

Discs, ellipses and polygons of all sizes cover each other; each has its own colors, light, and stripes or noise. The statistics of edges
and areas, and the spectrum, resemble those of photographs.

Paper:
    Lee, Mumford, Huang 2001, "Occlusion Models for Natural Images: A Statistical Study of the Scale-Invariant Dead Leaves Model": radii
    that fall with the third power. Baradad et al. 2021, "Learning to See by Looking at Noise", train networks on such pictures.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]
COUNT, SIDE, SEED = 96, 384, 2001
# Range of the radii, as fractions of the side.
MIN_RADIUS, MAX_RADIUS = 0.012, 0.5
# Number of large leaves in the background, and of leaves of all sizes.
BACKGROUND, LEAVES = 36, 240


def render(index: int, side: int = SIDE) -> NDArray[np.uint8]:
    """Render an image, (side, side, 3), RGB; its random numbers follow from its index."""
    rng = np.random.default_rng([SEED, index])
    palette = _palette(rng)
    picture = np.empty((side, side, 3), np.float32)
    picture[:] = palette[0]
    softness = rng.uniform(0.3, 2.5)
    # The background covers everything; then leaves whose radii have a density that falls with the third power, by its inverse.
    background = rng.uniform(0.1, MAX_RADIUS, BACKGROUND) * side
    radii = side / np.sqrt(1 / MAX_RADIUS**2 + rng.uniform(0, 1, LEAVES) * (1 / MIN_RADIUS**2 - 1 / MAX_RADIUS**2))
    for radius in (*sorted(background, reverse=True), *radii):
        _draw_leaf(picture, float(radius), palette, softness, rng)
    noisy = picture + rng.normal(0, rng.uniform(0, 0.03), picture.shape).astype(np.float32)
    levels: NDArray[np.uint8] = (np.clip(noisy, 0, 1) * 255 + 0.5).astype(np.uint8)
    return levels


def _palette(rng: Generator) -> Field:
    """Return random colors: dark and light ones, few of them saturated."""
    count = int(rng.integers(3, 9))
    saturation = rng.uniform(0.02, 0.3)
    colors = rng.uniform(0, 1, (count, 1)) + rng.normal(0, saturation, (count, 3)) + rng.normal(0, 0.08, (1, 3))
    palette: Field = np.clip(colors, 0, 1).astype(np.float32)
    return palette


def _draw_leaf(picture: Field, radius: float, palette: Field, softness: float, rng: Generator) -> None:
    """Draw one leaf over an image, in place."""
    side = picture.shape[0]
    center = rng.uniform(-0.1 * side, 1.1 * side, 2)
    top, left = (max(0, int(c - 1.5 * radius)) for c in center)
    bottom, right = (min(side, int(c + 1.5 * radius) + 2) for c in center)
    if bottom <= top or right <= left:
        return
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    y, x = y - np.float32(center[0]), x - np.float32(center[1])
    turn = rng.uniform(0, np.pi)
    along = (np.cos(turn) * x + np.sin(turn) * y).astype(np.float32)
    across = ((np.cos(turn) * y - np.sin(turn) * x) * rng.uniform(1, 2.5)).astype(np.float32)
    cover = np.clip((radius - _distance(along, across, rng)) / softness + 0.5, 0, 1)[..., None]
    place = picture[top:bottom, left:right]
    place += cover * (_surface(along, across, radius, palette, rng) - place)


def _distance(along: Field, across: Field, rng: Generator) -> Field:
    """Return the distance from the center by the shape of a leaf: round, or a polygon."""
    if rng.uniform() < 0.5:
        return np.hypot(along, across)
    corners = rng.integers(3, 7)
    angles = 2 * np.pi * (np.arange(corners) + rng.uniform(0, 0.6, corners)) / corners
    sides: Field = np.max([np.cos(a) * along + np.sin(a) * across for a in angles], axis=0).astype(np.float32)
    return sides * np.float32(1.2)


def _surface(along: Field, across: Field, radius: float, palette: Field, rng: Generator) -> Field:
    """Return the colors of a leaf: near one of the palette, lit from one side, with stripes, checks, noise or no pattern."""
    color = palette[rng.integers(len(palette))] + rng.normal(0, 0.06, 3).astype(np.float32)
    other = palette[rng.integers(len(palette))]
    light = 1 + np.float32(rng.uniform(-0.35, 0.35)) * along / np.float32(radius)
    surface: Field = np.broadcast_to(color, (*along.shape, 3)) * light[..., None]
    pattern, period = rng.uniform(), np.float32(rng.uniform(2.5, max(4.0, radius / 2)))
    if pattern < 0.25:
        mix = 0.5 + 0.5 * np.sin(2 * np.pi * along / period)
    elif pattern < 0.4:
        mix = (np.sin(2 * np.pi * along / period) * np.sin(2 * np.pi * across / period) > 0).astype(np.float32)
    elif pattern < 0.55:
        mix = rng.uniform(0, 1, along.shape).astype(np.float32)
    else:
        return surface.astype(np.float32)
    opacity = np.float32(rng.uniform(0.1, 0.7))
    mixed: Field = (surface + (opacity * mix)[..., None] * (other - surface)).astype(np.float32)
    return mixed
