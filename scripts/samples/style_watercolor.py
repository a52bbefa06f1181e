"""Watercolor: hills, trees and a flowering meadow in transparent glazes that pool, bleed and granulate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from samples.canvas import (
    FloatArray,
    Tile,
    blur,
    bump,
    clamp,
    pixel_grid,
    rgb,
    shrink,
    smoothstep,
    spectral_noise,
)

WIDTH, HEIGHT = 1440, 1080


@dataclass(frozen=True)
class _Glaze:
    """The paint of one wash.

    Attributes:
        pigment: The color of a full-strength glaze on white paper.
        wet: 0 for a crisp edge on dry paper, 1 for wet in wet.
        lift: How much of the paint below was left out (masked) for this shape.
        reach: How far the edge may stray; small shapes need small numbers.
    """

    pigment: str
    wet: float = 0.5
    lift: float = 0.0
    reach: float = 1.0


@dataclass
class _Sheet:
    """A sheet of rough paper and how much light its glazes absorb."""

    absorbed: FloatArray
    tooth: FloatArray
    bleed: Tile
    pool: Tile

    def wash(
        self,
        box: tuple[slice, slice],
        inside: FloatArray,
        glaze: _Glaze,
        strength: FloatArray | float,
        seed: float,
    ) -> None:
        """Lay one glaze.

        Args:
            box: The part of the sheet that ``inside`` covers.
            inside: Distance into the shape, negative outside; one is the picture height.
            glaze: The paint.
            strength: How much pigment, one number or a plane.
            seed: Shifts the random texture, so that no two glazes share it.
        """
        wet, reach = glaze.wet, glaze.reach
        rows, columns = np.mgrid[box]
        u, v = columns / HEIGHT + seed * 0.37, rows / HEIGHT + seed * 0.71
        edge = inside + (0.006 + 0.03 * wet) * reach * self.bleed.at(u * 1.1, v * 1.1)
        edge = edge + 0.002 * reach * self.tooth[box] * (0.3 + wet)
        soft = 0.0015 + 0.035 * reach * wet**2
        mask = smoothstep(-soft, soft, edge)
        # Water carries pigment to the drying edge, and into pools and back-runs in between.
        rim = bump(edge, 0.002, 0.0045) * (1 - wet) * 0.75 + bump(edge, 0.012, 0.02) * 0.18
        pool = self.pool.at(u * 1.3, v * 1.3)
        backrun = bump(pool, 0.9, 0.1) * 0.3 + 0.22 * smoothstep(0.9, 0.4, pool)
        density = mask * (0.5 + 0.2 * pool + backrun + 0.13 * self.tooth[box]) + rim * mask
        amount = clamp(density, 0.0, 2.0) * strength
        self.absorbed[box] *= 1 - glaze.lift * mask[..., None]
        self.absorbed[box] += amount[..., None] * -np.log(np.maximum(rgb(glaze.pigment), 0.02))


WHOLE = (slice(0, HEIGHT), slice(0, WIDTH))


def _sky_and_hills(sheet: _Sheet, x: FloatArray, y: FloatArray) -> None:
    cloud = sheet.bleed.at(x * 0.35 + 0.2, y * 0.6)
    sheet.wash(WHOLE, 0.4 - y + 0.1 * cloud, _Glaze("#3f86cc", 0.85), 0.95 - 1.2 * y, 0.1)
    sheet.wash(WHOLE, 0.12 - np.abs(y - 0.36) + 0.05 * cloud, _Glaze("#f7b183", 0.9, 0.75), 0.75, 0.2)
    sheet.wash(WHOLE, 0.07 * cloud - np.abs(y - 0.25 - 0.05 * np.sin(x * 5)), _Glaze("#7a6fb8", 0.6), 0.6, 0.3)
    ridges = (
        (0.38, 0.06, 3.0, 0.2, "#8fa2d6", 0.75),
        (0.45, 0.05, 4.2, 2.0, "#5b7fbe", 0.8),
        (0.52, 0.045, 3.4, 4.0, "#3f8f8a", 0.85),
        (0.59, 0.035, 5.0, 1.1, "#5f9a3f", 0.9),
        (0.66, 0.03, 3.8, 3.3, "#b5a52e", 0.9),
        (0.76, 0.03, 3.0, 5.2, "#a9c85a", 0.7),
    )
    for index, (base, swing, pitch, phase, pigment, strength) in enumerate(ridges):
        crest = base + swing * np.sin(x * pitch + phase) + 0.4 * swing * np.sin(x * pitch * 2.7 + phase)
        fade = strength * (0.4 + 0.6 * np.exp(-np.maximum(y - crest, 0) * 6))
        sheet.wash(WHOLE, y - crest, _Glaze(pigment, 0.14, 0.9), fade, 1.0 + index)


def _dab(
    sheet: _Sheet,
    rng: np.random.Generator,
    at: tuple[float, float],
    size: float,
    glaze: _Glaze,
    strength: float,
) -> None:
    """Touch the paper once: a round, lobed blot."""
    column, row = at
    margin = size * 1.5 + 0.03
    top, bottom = max(0, int((row - margin) * HEIGHT)), min(HEIGHT, int((row + margin) * HEIGHT))
    left, right = max(0, int((column - margin) * HEIGHT)), min(WIDTH, int((column + margin) * HEIGHT))
    if top >= bottom or left >= right:
        return
    rows, columns = np.mgrid[top:bottom, left:right]
    dx, dy = columns / HEIGHT - column, (rows / HEIGHT - row) * rng.uniform(0.9, 1.3)
    turn = np.arctan2(dy, dx)
    coarse = np.sin(turn * rng.integers(3, 7) + rng.uniform(0, 6))
    lobes = 1 + 0.16 * coarse + 0.1 * np.sin(turn * 9 + rng.uniform(0, 6))
    # A small dab holds little water, so its edge stays close to the brush.
    close = replace(glaze, reach=min(1.0, size * 22))
    box = (slice(top, bottom), slice(left, right))
    sheet.wash(box, size * lobes - np.hypot(dx, dy), close, strength, float(rng.uniform(0, 90)))


GREENS = ("#2f6f4a", "#5f8f2e", "#22504f", "#a89a28", "#c7772e", "#8fb03a")
GRASSES = ("#5f9a45", "#9fb53a", "#4f9a8a", "#2f6f4a")
FLOWERS = ("#d8342f", "#e2682c", "#c22f6e", "#7a4fb5", "#f0b52a", "#3f63c0", "#e58aa8")
TREES = ((0.17, 0.42, 0.15), (0.34, 0.53, 0.075), (1.2, 0.46, 0.12), (1.02, 0.56, 0.06), (0.72, 0.58, 0.045))


def _one_of(rng: np.random.Generator, pigments: tuple[str, ...]) -> str:
    return pigments[int(rng.integers(len(pigments)))]


def _trees(sheet: _Sheet, rng: np.random.Generator) -> None:
    for column, row, size in TREES:
        for _ in range(26):
            turn, far = rng.uniform(0, 2 * np.pi), size * np.sqrt(rng.random())
            spot = (column + np.cos(turn) * far * 0.85, row + np.sin(turn) * far)
            glaze = _Glaze(_one_of(rng, GREENS), rng.uniform(0.02, 0.5), 0.55)
            _dab(sheet, rng, spot, size * rng.uniform(0.12, 0.4), glaze, rng.uniform(0.3, 0.75))
        for step in np.linspace(0, 1, 26):
            spot = (column + 0.012 * np.sin(step * 5), row + size * (0.3 + 1.1 * step))
            _dab(sheet, rng, spot, size * (0.05 + 0.05 * step), _Glaze("#6a4a42", 0.3, 0.5), 0.6)


def _meadow(sheet: _Sheet, rng: np.random.Generator) -> None:
    for _ in range(90):
        row = 0.68 + 0.34 * rng.random() ** 0.8
        spot = (rng.uniform(0, 1.34), row)
        glaze = _Glaze(_one_of(rng, GRASSES), 0.4, 0.6)
        _dab(sheet, rng, spot, 0.01 + 0.05 * (row - 0.62), glaze, rng.uniform(0.3, 0.8))
    for _ in range(230):
        row = 0.66 + 0.34 * rng.random() ** 0.75
        spot = (rng.uniform(0, 1.34), row)
        size = (0.006 + 0.085 * (row - 0.62)) * rng.uniform(0.5, 1.15)
        glaze = _Glaze(_one_of(rng, FLOWERS), rng.uniform(0.0, 0.35), 0.92)
        _dab(sheet, rng, spot, size, glaze, rng.uniform(0.6, 1.2))
        if size > 0.015:
            _dab(sheet, rng, (spot[0], spot[1] + size * 0.2), size * 0.3, _Glaze("#4a2440", 0.45), 0.9)
    for _ in range(150):
        spot = (rng.uniform(0, 1.34), rng.uniform(0.55, 1.0))
        _dab(sheet, rng, spot, rng.uniform(0.001, 0.004), _Glaze(_one_of(rng, FLOWERS), 0.0), 0.8)


def render() -> FloatArray:
    """Render the watercolor as an sRGB picture."""
    x, y = pixel_grid(WIDTH, HEIGHT)
    rng = np.random.default_rng(61)
    tooth = spectral_noise(rng, HEIGHT, WIDTH, 0.35)
    tooth = blur(tooth, 1)
    tooth = tooth / tooth.std()
    sheet = _Sheet(np.zeros((HEIGHT, WIDTH, 3)), tooth, Tile.make(62, 1.6), Tile.make(63, 1.5))
    _sky_and_hills(sheet, x, y)
    _trees(sheet, rng)
    _meadow(sheet, rng)
    paper = rgb("#fbf6ea") * (1 + 0.022 * tooth)[..., None]
    light_on_tooth = 1 + 0.03 * np.gradient(tooth, axis=1)
    return shrink(clamp(paper * np.exp(-sheet.absorbed) * light_on_tooth[..., None]))
