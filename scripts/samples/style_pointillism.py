"""Pointillism: a sunny bay with sails and poppies, in dots of pure color that mix only in the eye."""

from __future__ import annotations

import numpy as np

from samples.canvas import (
    FloatArray,
    Tile,
    bump,
    clamp,
    mix,
    palette,
    pixel_grid,
    ramp,
    relief,
    rgb,
    shrink,
    smoothstep,
)

WIDTH, HEIGHT = 1440, 1080
TUBES = palette(
    "#f8f4e6", "#fbe15a", "#f7b21e", "#f07a28", "#e23d2e", "#d84a8c", "#f2a0b4", "#8a4fb0",
    "#4a3f9e", "#2350a8", "#3f8fd8", "#8fd0ec", "#1f9a9a", "#2f8a48", "#8cc04a", "#1c2a4e",
)  # fmt: skip
"""The only colors on the palette: dots are never mixed."""


def _bay(x: FloatArray, y: FloatArray) -> FloatArray:
    noise = Tile.make(91, 1.6)
    color = ramp(y, [(0.0, rgb("#5f9fe0")), (0.2, rgb("#a8d0ee")), (0.36, rgb("#fbe3b8")), (0.42, rgb("#ffcf8a"))])
    cloud = smoothstep(0.1, 1.2, noise.at(x * 0.3 + 0.1, y * 0.8) + 1.2 * bump(y, 0.2, 0.1) - 0.5)
    color = mix(color, rgb("#fff6ea"), 0.9 * cloud)
    color = mix(color, rgb("#c79ad0"), 0.6 * cloud * smoothstep(0.1, 0.5, noise.at(x * 0.3 + 0.1, y * 0.8 - 0.03)))
    sun = np.hypot(x - 1.0, y - 0.27)
    color = mix(color, rgb("#ffe066"), clamp(1.2 * np.exp(-((sun / 0.12) ** 2))))
    color = mix(color, rgb("#fffbe0"), smoothstep(0.06, 0.05, sun))
    sea = y > 0.42
    depth = (y - 0.42) / 0.3
    waves = np.sin(y * 260 / (0.6 + 2 * np.maximum(y - 0.42, 0)) + 2 * noise.at(x, y * 3))
    water = ramp(depth, [(0.0, rgb("#7fc8e8")), (0.35, rgb("#2f86cc")), (0.8, rgb("#1f5fa8")), (1.0, rgb("#3fb0a8"))])
    water = mix(water, rgb("#fff0b0"), bump(x, 1.0, 0.06 + 0.12 * depth) * smoothstep(-0.2, 0.6, waves))
    water = mix(water, rgb("#4a3f9e"), 0.35 * smoothstep(0.3, 1.0, -waves))
    color[sea] = water[sea]
    cape = 0.42 - 0.13 * np.exp(-(((x - 0.1) / 0.3) ** 2)) - 0.05 * np.exp(-(((x - 0.42) / 0.12) ** 2)) + 0.01 * noise.at(x * 1.5, y * 0)
    land = (y > cape) & (y < 0.435)
    hill = mix(rgb("#8a7fc0"), rgb("#f0a878"), smoothstep(-0.5, 1.0, noise.at(x * 1.2, y * 2.5)))
    color[land] = mix(hill, rgb("#5f9a5a"), smoothstep(0.35, 0.43, y))[land]
    for column, row, size, tint in (
        (0.62, 0.5, 0.11, "#fff4e0"),
        (0.86, 0.455, 0.055, "#f6a04a"),
        (0.33, 0.53, 0.14, "#e8553a"),
        (1.17, 0.47, 0.06, "#fff4e0"),
    ):
        dx, up = (x - column) / size, (row - y) / size
        main = (dx > 0.02) & (up > 0.12) & (dx < 0.62 * (1.7 - up) / 1.58)
        jib = (dx < -0.03) & (up > 0.15) & (dx > -0.5 * (1.4 - up) / 1.25)
        color[main], color[jib] = rgb(tint), rgb(tint) * np.array([0.9, 0.86, 0.95])
        color[(np.abs(dx) < 0.75 - 0.9 * (0.12 - up)) & (up < 0.1) & (up > -0.1)] = rgb("#5a2f4a")
        mirrored = (np.abs(dx) < 0.35 * (1 + up / 1.2)) & (up < -0.1) & (up > -1.1) & (waves > 0.1)
        color[mirrored] = mix(color, rgb(tint), 0.6)[mirrored]
    return color


def _shore(color: FloatArray, x: FloatArray, y: FloatArray) -> None:
    noise = Tile.make(92, 1.5)
    bank = 0.72 + 0.07 * np.sin(x * 2.6 + 2.6) + 0.012 * noise.at(x, y * 0)
    inside = y > bank
    grass = ramp(
        noise.at(x * 0.8, y * 1.6) + 4 * (y - 0.8),
        [(-1.0, rgb("#b8d05a")), (0.2, rgb("#5fa048")), (1.2, rgb("#1f6f5a"))],
    )
    grass = mix(grass, rgb("#f4d24a"), 0.8 * bump(y - bank, 0.0, 0.02))
    color[inside] = grass[inside]
    rng = np.random.default_rng(93)
    for _ in range(170):
        row = 0.72 + 0.28 * rng.random() ** 0.8
        column, size = rng.uniform(0, 1.34), 0.005 + 0.05 * (row - 0.68)
        tint = TUBES[[4, 4, 3, 5, 6, 1][int(rng.integers(6))]]
        spot = (np.hypot(x - column, (y - row) * 1.3) < size) & inside
        color[spot] = tint
    trunk_x = 1.2 + 0.04 * np.sin(y * 7)
    trunk = (np.abs(x - trunk_x) < 0.014 + 0.02 * smoothstep(0.6, 0.9, y)) & (y > 0.2) & (y < 0.87)
    color[trunk] = mix(rgb("#4a3f6e"), rgb("#d8804a"), smoothstep(-0.012, 0.015, x - trunk_x))[trunk]
    for column, row, wide in ((1.2, 0.15, 0.2), (1.07, 0.22, 0.13), (1.31, 0.24, 0.12), (1.16, 0.05, 0.16)):
        crown = np.hypot((x - column) / wide, (y - row) / (wide * 0.45)) + 0.16 * noise.at(x * 2, y * 2)
        leaf = ramp(
            (row - y) / wide + 0.4 * noise.at(x * 2.5, y * 2.5),
            [(-0.5, rgb("#1f3f6a")), (0.0, rgb("#2f8a48")), (0.5, rgb("#c8d84a"))],
        )
        color[crown < 1] = leaf[crown < 1]


def _dots(
    canvas: FloatArray,
    thick: FloatArray,
    target: FloatArray,
    pitch: float,
    radius: float,
    rng: np.random.Generator,
) -> None:
    rows, columns = np.mgrid[0:HEIGHT:pitch, 0:WIDTH:pitch]
    y = rows.ravel() + rng.uniform(-0.75, 0.75, rows.size) * pitch
    x = columns.ravel() + rng.uniform(-0.75, 0.75, rows.size) * pitch
    wanted = target[np.clip(y, 0, HEIGHT - 1).astype(int), np.clip(x, 0, WIDTH - 1).astype(int)]
    # Exaggerated color plus a random push makes neighbors fall on different tubes around the right hue.
    gray = wanted.mean(axis=-1, keepdims=True)
    pushed = gray + (wanted - gray) * 1.35 + rng.normal(0, 0.13, wanted.shape)
    tube = ((pushed[:, None, :] - TUBES[None]) ** 2 * np.array([1.0, 1.2, 0.8])).sum(axis=-1).argmin(axis=-1)
    shade = TUBES[tube] * rng.normal(1.0, 0.05, (len(y), 1))
    size = radius * rng.uniform(0.72, 1.2, len(y))
    order = rng.permutation(len(y))
    y, x, shade, size = y[order], x[order], shade[order], size[order]
    reach = int(radius * 1.2) + 1
    tilt, squash = rng.uniform(0, np.pi, len(y)), rng.uniform(0.7, 1.0, len(y))
    base_y, base_x = y.astype(np.int64), x.astype(np.int64)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            along = dx * np.cos(tilt) + dy * np.sin(tilt)
            across = (dy * np.cos(tilt) - dx * np.sin(tilt)) / squash
            far = np.hypot(along, across) / size
            row, column = base_y + dy, base_x + dx
            keep = (far < 1) & (row >= 0) & (row < HEIGHT) & (column >= 0) & (column < WIDTH)
            canvas[row[keep], column[keep]] = shade[keep]
            thick[row[keep], column[keep]] = np.sqrt(1 - far[keep] ** 2) * size[keep] / 8


def render() -> FloatArray:
    """Render the bay in dots as an sRGB picture."""
    x, y = pixel_grid(WIDTH, HEIGHT)
    target = _bay(x, y)
    _shore(target, x, y)
    rng = np.random.default_rng(94)
    canvas = np.zeros((HEIGHT, WIDTH, 3)) + rgb("#efe4cc")
    thick = np.zeros((HEIGHT, WIDTH))
    for pitch, radius in ((15.0, 11.5), (13.0, 8.5), (12.0, 6.0)):
        _dots(canvas, thick, target, pitch, radius, rng)
    return shrink(relief(canvas, thick, 0.28, 0.25))
