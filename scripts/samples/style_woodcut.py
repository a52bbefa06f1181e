"""A woodcut in black and two inks: waves below a mountain, each tone carved as lines along the form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.canvas import (
    BoolArray,
    FloatArray,
    Tile,
    blur,
    clamp,
    mix,
    pixel_grid,
    rgb,
    shrink,
    smoothstep,
    spectral_noise,
)

WIDTH, HEIGHT = 1440, 1080
PAPER, BLACK, INDIGO, RED = rgb("#efe2c4"), rgb("#17140f"), rgb("#2c5a7c"), rgb("#c8452b")


@dataclass
class _Block:
    """What is carved at each pixel: line number (whole numbers are line centers), darkness, and inks."""

    line: FloatArray
    tone: FloatArray
    indigo: FloatArray
    red: FloatArray

    def carve(self, inside: BoolArray, line: FloatArray, tone: FloatArray, indigo: float, red: float) -> None:
        """Replace a region of the block."""
        self.line[inside], self.tone[inside] = line[inside], tone[inside]
        self.indigo[inside], self.red[inside] = indigo, red


def _sky(block: _Block, x: FloatArray, y: FloatArray, noise: Tile) -> None:
    sun = np.hypot(x - 0.95, y - 0.24)
    swirl = y * 36 + 2.2 * np.sin(x * 5 + y * 3) + 1.5 * noise.at(x * 0.3, y * 0.5)
    tone = 0.2 + 0.4 * (1 - smoothstep(0.0, 0.5, y)) + 0.1 * noise.at(x * 0.5, y)
    everywhere = np.ones(x.shape, dtype=np.bool_)
    block.carve(everywhere, swirl, tone, 0.0, 0.0)
    rays = np.arctan2(y - 0.24, x - 0.95) * 19
    block.carve(sun < 0.34 + 0.03 * np.sin(rays * 1.7), rays, 0.34 - 0.5 * (sun - 0.2), 0.0, 0.35)
    block.carve(sun < 0.15, sun * 54, 0.2 + 0.9 * sun, 0.0, 1.0)
    for cx, cy, size in ((0.3, 0.16, 0.15), (0.62, 0.09, 0.1), (1.22, 0.13, 0.11), (0.12, 0.3, 0.09)):
        lobes = np.hypot((x - cx) / 1.9, y - cy) / size
        turn = np.arctan2((y - cy) * 1.9, x - cx)
        edge = 0.75 + 0.2 * np.abs(np.sin(turn * 4.5 + cx * 9))
        block.carve(lobes < edge, (edge - lobes) * 9 + 0.5, 0.62 - 1.4 * (edge - lobes), 0.0, 0.0)


def _mountain(block: _Block, x: FloatArray, y: FloatArray, noise: Tile) -> None:
    dx = x - 0.55
    rough = 0.012 * noise.at(x * 1.5, y * 0.2)
    crest = 0.2 + 0.62 * np.abs(dx) ** 1.25 / (0.25 + np.abs(dx)) + rough
    crest = np.maximum(crest, 0.225 + 0.25 * rough)
    inside = y > crest
    height = y - crest
    ridge = dx / (0.12 + (y - 0.15) * 1.1)
    line = ridge * 26 + 2.0 * noise.at(x * 0.8, y * 0.8)
    tone = 0.38 + 0.55 * smoothstep(-0.1, 0.35, ridge + 0.1 * noise.at(x, y * 0.4))
    block.carve(inside, line, tone, 1.0, 0.0)
    teeth = 0.09 + 0.035 * np.sin(ridge * 17) + 0.03 * noise.at(x * 1.4, y * 0.2)
    block.carve(inside & (height < teeth) & (y < 0.42), line, tone * 0.42, 0.0, 0.0)
    for base, phase, red in ((0.5, 0.0, 0.0), (0.55, 2.0, 0.75)):
        trees = base - 0.03 * np.sin(x * 6 + phase) - 0.02 * np.abs(np.sin(x * 34 + phase)) - 0.01 * noise.at(x * 2, y * 0)
        slant = (y - trees) * 54 + 3 * np.sin(x * 34 + phase) + x * 30
        block.carve(y > trees, slant, 0.55 + 2.5 * (y - trees), 0.6 - red * 0.6, red)


def _waves(block: _Block, x: FloatArray, y: FloatArray, noise: Tile) -> None:
    rows = ((0.62, 0.026, 9.0, 0.3), (0.69, 0.04, 6.4, 2.0), (0.78, 0.055, 4.8, 4.0), (0.9, 0.06, 3.7, 5.6))
    for base, swing, pitch, phase in rows:
        turn = x * pitch + phase + 0.4 * np.sin(x * 2.3 + phase)
        # A pinched sine rises slowly and breaks steeply; the curl adds claws along the crest.
        crest = base - swing * (1.6 * np.abs(np.sin(turn / 1.0)) ** 1.6 - 0.5)
        claws = 0.16 * swing * np.sin(turn * 9 + 3 * np.sin(turn * 4))
        depth = y - crest - claws
        block.carve(depth > -0.008, x * 0, np.ones_like(x), 0.0, 0.0)
        line = (depth / swing) * (5.2 + 15 * swing) + 1.6 * np.sin(turn * 2 + 0.8) + 0.5 * noise.at(x, y)
        tone = 0.25 + 0.5 * smoothstep(0.3, 2.2, depth / swing) + 0.22 * np.sin(turn * 2 - 0.8)
        block.carve(depth > 0, line, tone, 1.0, 0.0)
        foam = (depth > 0) & (depth < swing * (0.42 + 0.2 * np.sin(turn * 7) + 0.18 * np.sin(turn * 15)))
        rings = np.hypot(np.sin(turn * 10), depth / swing * 5) * 3
        block.carve(foam, rings, 0.2 + 0.14 * noise.at(x * 3, y * 3), 0.0, 0.0)


def _boat(block: _Block, x: FloatArray, y: FloatArray) -> None:
    dx, dy = x - 0.33, y - 0.645
    sheer = -0.018 - 1.1 * dx**2
    hull = (np.abs(dx) < 0.15 - 0.8 * (dy + 0.04)) & (dy > sheer) & (dy < 0.03)
    sail = (dx > -0.085 - (dy + 0.03) * 0.1) & (dx < 0.08 + 0.04 * np.sin((dy + 0.2) * 12)) & (dy < -0.03) & (dy > -0.24 + 0.3 * dx)
    block.carve(sail, dx * 90 + 3 * np.sin(dy * 14), 0.26 + 2.0 * np.abs(dx), 0.0, 0.85)
    block.carve(hull, (dy - sheer) * 62, np.full_like(x, 0.8), 0.0, 0.0)
    block.carve((np.abs(dx - 0.0) < 0.0045) & (dy < 0) & (dy > -0.28), x * 0, np.ones_like(x), 0.0, 0.0)


def render() -> FloatArray:
    """Render the woodcut as an sRGB picture."""
    x, y = pixel_grid(WIDTH, HEIGHT)
    noise, wobble = Tile.make(51, 1.6), Tile.make(52, 1.3)
    shift = 0.0022 * wobble.at(x * 1.2, y * 1.2)
    block = _Block(*(np.zeros((HEIGHT, WIDTH)) for _ in range(4)))
    bent_x, bent_y = x + shift, y + 0.0022 * wobble.at(x * 1.2 + 0.5, y * 1.2)
    for draw in (_sky, _mountain, _waves):
        draw(block, bent_x, bent_y, noise)
    _boat(block, bent_x, bent_y)
    rng = np.random.default_rng(53)
    grain = spectral_noise(rng, HEIGHT, WIDTH, 0.9, (1.0, 9.0))
    fibres = spectral_noise(rng, HEIGHT, WIDTH, 0.6)
    # A line swells and tapers with the tone and with the pressure of the knife.
    nearness = 0.5 + 0.5 * np.cos(2 * np.pi * block.line)
    pressure = block.tone + 0.1 * wobble.at(x * 2.5, y * 2.5)
    softness = 0.13
    black = smoothstep(1 - pressure - softness, 1 - pressure + softness, nearness)
    flats = np.stack([block.indigo, block.red], axis=-1)
    edges = blur(flats, 1)
    outline = smoothstep(0.1, 0.3, np.abs(np.gradient(blur(block.indigo + 2 * block.red, 2), axis=0))) + smoothstep(
        0.1, 0.3, np.abs(np.gradient(blur(block.indigo + 2 * block.red, 2), axis=1))
    )
    black = clamp(np.maximum(black, clamp(outline)))
    paper = PAPER * (1 + 0.02 * fibres + 0.012 * grain)[..., None]
    bokashi = 0.55 + 0.4 * smoothstep(0.3, 1.0, y)
    print_ = mix(paper, INDIGO, edges[..., 0] * bokashi * clamp(0.84 + 0.1 * grain))
    print_ = mix(print_, RED, edges[..., 1] * clamp(0.88 + 0.09 * grain))
    worn = clamp(0.98 - 0.1 * smoothstep(0.8, 2.4, grain + 0.5 * fibres))
    return shrink(clamp(mix(print_, BLACK, black * worn)))
