"""Pines drawn needle by needle."""

from __future__ import annotations

import numpy as np

from samples.canvas import FloatArray, light, mix


def plant_pine(picture: FloatArray, column: float, foot: float, tall: float, rng: np.random.Generator) -> None:
    """Draw one pine into a linear-light picture, its foot at the given pixel.

    Each twig is a short row of dots that leaves the trunk, sags, and is lit by how far it reaches
    towards the light at the right; twigs at the back are drawn first.
    """
    whorls = int(13 + tall / 60)
    twigs = int(70 + tall * 0.9)
    level = np.floor(rng.random(twigs) ** 0.6 * whorls) / whorls
    level = np.clip(level + rng.normal(0, 0.16 / whorls, twigs), 0.0, 0.98)
    angle = rng.uniform(0, 2 * np.pi, twigs)
    reach = (0.012 + 0.2 * level**0.95) * rng.uniform(0.5, 1.12, twigs) * tall
    order = np.argsort(np.sin(angle))
    level, angle, reach = level[order], angle[order], reach[order]
    count = int(8 + tall / 11)
    along = np.linspace(0.0, 1.0, count)[None, :]
    side = np.cos(angle)[:, None] * reach[:, None] * along
    sag = reach[:, None] * (0.5 * along**1.5 - 0.12 * along**4) - np.sin(angle)[:, None] * reach[:, None] * along * 0.18
    spread = tall * 0.0065 * (1.15 - along)
    x = column + side + rng.normal(0, 1, (twigs, count)) * spread
    y = foot - tall * (1 - level[:, None] * 0.93) + sag + np.abs(rng.normal(0, 1, (twigs, count))) * spread * 1.6
    glow = 0.5 + 0.5 * np.cos(angle)[:, None] * along + 0.25 * np.sin(angle)[:, None] * along
    glow = np.clip(glow * (0.25 + 0.75 * along) + rng.normal(0, 0.13, (twigs, count)), 0.0, 1.2)
    shade = mix(light("#0b1712"), light("#5d6b2f"), np.clip(glow - 0.3, 0, 1))
    shade = mix(shade, light("#ffcf83"), np.clip(glow - 0.82, 0, 0.5))
    _trunk(picture, column, foot, tall)
    thick = max(1, round(tall / 260))
    for shift_y in range(thick):
        for shift_x in range(thick + 1):
            _dots(picture, x + shift_x, y + shift_y, shade)


def _trunk(picture: FloatArray, column: float, foot: float, tall: float) -> None:
    height, width = picture.shape[:2]
    for row in range(max(0, int(foot - tall * 0.93)), min(height, int(foot))):
        half = max(1.0, tall * 0.013 * (1 - (foot - row) / tall))
        left, right = max(0, int(column - half)), min(width, int(column + half) + 1)
        if left < right:
            across = np.linspace(0, 1, right - left)[:, None]
            picture[row, left:right] = light("#1d1410") * (1 - across) + light("#7d5332") * across


def _dots(picture: FloatArray, x: FloatArray, y: FloatArray, shade: FloatArray) -> None:
    height, width = picture.shape[:2]
    column, row = x.astype(np.int64).ravel(), y.astype(np.int64).ravel()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    picture[row[inside], column[inside]] = shade.reshape(-1, 3)[inside]
