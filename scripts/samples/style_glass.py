"""Stained glass: a sun over hills and tulips, in leaded pieces lit from behind."""

from __future__ import annotations

import numpy as np

from samples.canvas import (
    BoolArray,
    FloatArray,
    Tile,
    blur,
    clamp,
    mix,
    palette,
    pixel_grid,
    rgb,
    shrink,
    slant,
    smoothstep,
    spectral_noise,
)
from samples.cells import IntArray, cells, scramble, seams

WIDTH, HEIGHT = 1120, 1440
ASPECT = WIDTH / HEIGHT
REGION = 1_000_000
SKY = palette("#0d2f9a", "#1450c8", "#1f7fd6", "#4aa8e0", "#162a80", "#7a4fc0", "#8fd0ea")
GLOW = palette("#ffb21c", "#ff8a1a", "#ffd84a", "#f2661f", "#ffe98a")
HILLS = (
    palette("#1f6f8a", "#2a8f9a", "#1b4f86", "#49b0a0"),
    palette("#0f7a4a", "#1f9a4e", "#58b548", "#0c5a48"),
    palette("#6ab52a", "#a5cc2e", "#2f8f36", "#d2d83a"),
)
RIVER = palette("#3ab7e8", "#8fe0f5", "#1b84cf", "#d7f4f7")
PETALS = palette("#e01b2c", "#f0442a", "#b80f3a", "#ff7a3a")
PINK = palette("#d72a8a", "#f060a8", "#9a1f8f", "#ff9ac0")
LEAVES = palette("#1d8a2a", "#4cb02a", "#0f5f34", "#86c832")
BORDER = palette("#b3122a", "#1637a8", "#e8a41a", "#0f7a52", "#6a1f8f")


class _Window:
    """The window being assembled: the piece that each pixel belongs to, and its color."""

    def __init__(self) -> None:
        self.label: IntArray = np.zeros((HEIGHT, WIDTH), dtype=np.int64)
        self.color: FloatArray = np.zeros((HEIGHT, WIDTH, 3))
        self.regions = 0

    def fit(self, inside: BoolArray, pieces: IntArray, colors: FloatArray) -> None:
        """Fill a region with pieces of glass."""
        self.regions += 1
        label = self.regions * REGION + pieces[inside]
        choice = (scramble(label, 3) * len(colors)).astype(np.int64) % len(colors)
        shade = 0.82 + 0.36 * scramble(label, 8)
        self.label[inside] = label
        self.color[inside] = colors[choice] * shade[:, None]


def _tulip(window: _Window, x: FloatArray, y: FloatArray, at: tuple[float, float], size: float, colors: FloatArray) -> None:
    column, row = at
    bend = 0.25 * size * np.sin((y - row) / size * 1.1)
    stem = (np.abs(x - column - bend) < size * 0.085) & (y > row)
    window.fit(stem, np.floor((y - row) / size / 0.9).astype(np.int64), LEAVES)
    for side in (-1, 1):
        part = (y - row - size * 0.7) / (size * 2.2)
        center = column + bend + side * size * (0.12 + 0.75 * np.sin(clamp(1 - part) * 2.2))
        leaf = (part > 0) & (part < 1) & (np.abs(x - center) < size * 0.28 * np.sin(clamp(part) * np.pi) ** 0.8)
        window.fit(leaf, (x > center).astype(np.int64) + 2 * np.floor(part * 3).astype(np.int64), LEAVES)
    dx, dy = (x - column) / size, (y - row) / size
    for offset, width, top in ((-0.42, 0.42, -1.05), (0.42, 0.42, -1.05), (0.0, 0.44, -1.25)):
        part = (dy - top) / (0.25 - top)
        lean = offset * (1.15 - part**2 * 0.9)
        petal = (part > 0) & (part < 1) & (np.abs(dx - lean) < width * np.sin(clamp(part) ** 0.7 * np.pi) ** 0.6)
        pieces = np.floor(part * 2.2 + 0.3 * dx).astype(np.int64) + 4 * (dx > lean)
        window.fit(petal, pieces, colors)


def _assemble(x: FloatArray, y: FloatArray) -> _Window:
    window = _Window()
    everywhere = np.ones(x.shape, dtype=np.bool_)
    sun_x, sun_y = 0.44, 0.3
    radius, turn = np.hypot(x - sun_x, y - sun_y), np.arctan2(y - sun_y, x - sun_x)
    rays = 26 / (2 * np.pi)
    ring = np.log(np.maximum(radius, 0.03) / 0.1) * 4.2
    window.fit(everywhere, cells(turn * rays + 200, ring + 100, 41, 0.75), SKY)
    flare = radius < 0.2 + 0.055 * np.cos(turn * 13)
    window.fit(flare, np.floor(turn * 26 / (2 * np.pi)).astype(np.int64) + 50, GLOW[[1, 3, 0]])
    window.fit(radius < 0.135, np.floor(turn * 9 / (2 * np.pi)).astype(np.int64) + 20, GLOW[[0, 2]])
    window.fit(radius < 0.07, np.floor(turn * 5 / (2 * np.pi) + 0.4).astype(np.int64) + 20, GLOW[[2, 4]])
    for index, (base, swing, phase) in enumerate(((0.47, 0.06, 0.4), (0.56, 0.045, 2.2), (0.66, 0.04, 4.4))):
        crest = base + swing * np.sin(x * 8 + phase) + swing * 0.4 * np.sin(x * 17 + phase)
        pieces = cells(x * 12 + 50, (y - crest) * 21 + 50, 42 + index, 0.85)
        window.fit(y > crest, pieces, HILLS[index])
    middle = 0.46 + 0.13 * np.sin((y - 0.5) * 13) * (y - 0.4)
    river = (y > 0.6) & (np.abs(x - middle) < 0.02 + (y - 0.6) * 0.3)
    window.fit(river, cells((x - middle) * 8 + 50, y * 26 + 50, 46, 0.7), RIVER)
    flowers = (
        (0.14, 0.72, 0.08),
        (0.7, 0.74, 0.075),
        (0.33, 0.83, 0.07),
        (0.56, 0.86, 0.068),
        (0.21, 0.9, 0.06),
        (0.68, 0.92, 0.055),
    )
    for index, (column, row, size) in enumerate(flowers):
        _tulip(window, x, y, (column, row), size, PETALS if index % 2 == 0 else PINK)
    inset = np.minimum(np.minimum(x, ASPECT - x), np.minimum(y, 1 - y))
    along = np.where((x < 0.05) | (x > ASPECT - 0.05), y, x)
    tiles = np.floor(along / 0.055).astype(np.int64) * 2 + ((x + y) > 0.9)
    window.fit(inset < 0.05, tiles, BORDER)
    window.fit(inset < 0.014, tiles + 1, palette("#f2c230", "#fff0a0"))
    return window


def render() -> FloatArray:
    """Render the stained-glass window as an sRGB picture."""
    x, y = pixel_grid(WIDTH, HEIGHT)
    wobble = Tile.make(40, 1.8)
    window = _assemble(x + 0.004 * wobble.at(x * 0.8, y * 0.8), y + 0.004 * wobble.at(x * 0.8 + 0.5, y * 0.8))
    rng = np.random.default_rng(48)
    streaks = spectral_noise(rng, HEIGHT, WIDTH, 1.1, (1.0, 3.5))
    seeds = spectral_noise(rng, HEIGHT, WIDTH, 0.7)
    inner = seams(window.label, 34)
    # Hand-blown glass: streaks, seeds, and a paler heart where the pane is thinnest.
    depth = 1.12 + 0.11 * streaks + 0.05 * seeds - 0.3 * inner
    glow = 0.92 + 0.45 * np.exp(-(((x - 0.42) / 0.45) ** 2) - ((y - 0.36) / 0.5) ** 2)
    glass = clamp(window.color) ** 1.05 * (depth * glow)[..., None]
    bright = smoothstep(0.55, 1.3, depth * glow + 0.1 * streaks)
    glass = mix(glass, np.ones(3), 0.16 * bright)
    ridge = seams(window.label, 8)
    lead = smoothstep(0.5, 0.75, ridge)
    metal = rgb("#1b1d24") + (clamp(-3.2 * slant(blur(ridge, 2)))[..., None] * rgb("#9aa4b8")) + 0.015 * seeds[..., None]
    halo = blur(glass, 12) * 0.22 + blur(glass, 34) * 0.12
    return shrink(clamp(mix(glass, metal, lead) + halo * (0.35 + 0.25 * lead[..., None])))
