"""A cubist still life: guitar, bottle and fruit broken into facets of ochre, gray, blue and brick red."""

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
    relief,
    rgb,
    shrink,
    smoothstep,
)
from samples.cells import IntArray, scramble
from samples.painter import Brush, Canvas, paint

WIDTH, HEIGHT = 1120, 1440
GROUND = palette("#c09a54", "#8f4a34", "#dcc48c", "#56757f", "#2f4a6c", "#d08a4a", "#6a4a3a", "#7f9aa0")
GUITAR = palette("#c8782a", "#e0a04a", "#9a4a22", "#f0c070", "#6a3018")
BOTTLE = palette("#2a5a52", "#4f8a72", "#173a3c", "#8ab49a", "#23405e")
CLOTH = palette("#e8dcc0", "#c4ccd0", "#f4ecd8", "#93a6b4", "#d8b8a0")
FRUIT = palette("#b8322a", "#d8602a", "#e8a030", "#8a1f2a")
PAPER = palette("#efe4c8", "#dcd0b0")


class _Facets:
    """The plane cut by straight lines; each piece shifts, shades and colors what lies behind it."""

    def __init__(self, x: FloatArray, y: FloatArray, seed: int, lines: int) -> None:
        rng = np.random.default_rng(seed)
        self.label: IntArray = np.zeros(x.shape, dtype=np.int64)
        self.shade: FloatArray = np.zeros(x.shape)
        self.angle: FloatArray = np.zeros(x.shape)
        nearest = np.full(x.shape, np.inf)
        for number in range(lines):
            # Most lines keep to three directions, which is what holds a cubist picture together.
            turn = (0.35, 1.25, 2.3)[number % 3] + rng.normal(0, 0.22)
            center = rng.uniform(0.05, 0.73), rng.uniform(0.05, 0.95)
            side = (x - center[0]) * np.cos(turn) + (y - center[1]) * np.sin(turn)
            along = np.abs((y - center[1]) * np.cos(turn) - (x - center[0]) * np.sin(turn))
            cut = (side > 0) & (along < rng.uniform(0.18, 0.6))
            self.label = self.label * 2 % 999_983 + cut
            reach = np.where(along < 0.6, np.abs(side), np.inf)
            closer = reach < nearest
            nearest = np.where(closer, reach, nearest)
            # Light fades away from each cut on one side only: the edge then reads as a fold.
            fold = np.exp(-np.maximum(side, 0) / 0.07) * (side > 0) - 0.6 * np.exp(np.minimum(side, 0) / 0.05) * (side <= 0)
            self.shade += fold * 0.16 * smoothstep(0.6, 0.2, along)
            self.angle = np.where(closer, turn + np.pi / 2, self.angle)


def _guitar(u: FloatArray, v: FloatArray) -> tuple[BoolArray, BoolArray, BoolArray, BoolArray]:
    """Return body, hole, neck and strings in coordinates that run along (v) and across (u) the guitar."""
    half = 0.155 + 0.035 * np.cos((v - 0.16) * 19) - 0.03 * smoothstep(0.1, 0.3, -v)
    body = (np.abs(u) < half * np.sqrt(clamp(1 - ((v - 0.02) / 0.27) ** 2)) ** 0.55) & (np.abs(v - 0.02) < 0.27)
    hole = np.hypot(u, v + 0.04) < 0.055
    neck = (np.abs(u) < 0.026) & (v < -0.1) & (v > -0.62)
    strings = (np.abs((u * 130) % 1 - 0.5) < 0.16) & (np.abs(u) < 0.022) & (v < 0.17) & (v > -0.6)
    return body, hole, neck, strings


def _pick(facets: _Facets, colors: FloatArray, salt: int) -> FloatArray:
    choice = (scramble(facets.label, salt) * len(colors)).astype(np.int64) % len(colors)
    return np.asarray(colors[choice], dtype=np.float64)


def _compose(x: FloatArray, y: FloatArray, facets: _Facets) -> tuple[FloatArray, FloatArray]:
    """Return the colors to paint, and the lines to draw over the paint with a fine brush."""
    ink = np.zeros(x.shape)
    color = _pick(facets, GROUND, 1)
    shift_x, shift_y = 0.055 * (scramble(facets.label, 5) - 0.5), 0.055 * (scramble(facets.label, 6) - 0.5)
    x, y = x + shift_x, y + shift_y
    table = (y > 0.7 - 0.2 * (x - 0.4)) & (y < 1.5)
    color[table] = _pick(facets, CLOTH, 2)[table]
    stripe = table & (((x * 9 + y * 4) % 1) < 0.22) & (scramble(facets.label, 9) > 0.5)
    color[stripe] = rgb("#3f5f86")
    for column, row in ((0.16, 0.2), (0.63, 0.88)):
        du, dv = (x - column) * 0.95 + (y - row) * 0.3, (y - row) * 0.95 - (x - column) * 0.3
        sheet = (np.abs(du) < 0.1) & (np.abs(dv) < 0.13)
        color[sheet] = _pick(facets, PAPER, 3)[sheet]
        # A sheet of music: staves of four lines, and notes that hang on them.
        stave = (np.abs((dv * 13) % 1 - 0.5) < 0.3) & (((dv * 78) % 1) < 0.16)
        beat = scramble(np.floor(du * 34).astype(np.int64) * 31 + np.floor(dv * 13).astype(np.int64) + 900, 14)
        height = (dv * 13) % 1 - 0.3 - 0.4 * beat
        note = (np.hypot(((du * 34) % 1 - 0.5) * 1.0, height * 2.6) < 0.32) & (beat > 0.3)
        stem = (np.abs((du * 34) % 1 - 0.76) < 0.06) & (height < 0) & (height > -0.34) & (beat > 0.3)
        print_ = sheet & (np.abs(du) < 0.09) & (stave | note | stem)
        ink[print_] = 0.75
    bottle = (
        (np.abs(x - 0.63) < np.where(y > 0.38, 0.082, np.where(y > 0.3, 0.03 + 0.052 * smoothstep(0.3, 0.38, y), 0.03)))
        & (y > 0.14)
        & (y < 0.72)
    )
    color[bottle] = _pick(facets, BOTTLE, 4)[bottle]
    label = bottle & (y > 0.48) & (y < 0.62)
    color[label] = rgb("#e4d8b4")
    color[label & (((y * 46) % 1) < 0.4) & (np.abs(x - 0.63) < 0.055)] = rgb("#7a2a22")
    turn = 0.5
    u = (x - 0.33) * np.cos(turn) + (y - 0.56) * np.sin(turn)
    v = (y - 0.56) * np.cos(turn) - (x - 0.33) * np.sin(turn)
    body, hole, neck, strings = _guitar(u, v)
    color[body] = _pick(facets, GUITAR, 7)[body]
    color[hole], color[neck] = rgb("#1c1410"), rgb("#3a2218")
    rosette = np.abs(np.hypot(u, v + 0.04) - 0.068) < 0.006
    color[rosette & body] = rgb("#f0dcae")
    ink[body | neck | bottle] = 0.0
    ink[strings & (body | neck)] = -0.8
    for column, row, size in ((0.5, 0.8, 0.07), (0.62, 0.77, 0.055), (0.4, 0.87, 0.06), (0.22, 0.83, 0.05)):
        fruit = np.hypot(x - column, y - row) < size
        lit = clamp(0.6 - ((x - column) + (y - row)) / size * 0.4)[..., None]
        color[fruit] = (_pick(facets, FRUIT, 8) * (0.55 + 0.7 * lit))[fruit]
    return color, ink


def render() -> FloatArray:
    """Render the cubist still life as an sRGB picture."""
    x, y = pixel_grid(WIDTH, HEIGHT)
    facets = _Facets(x, y, 101, 24)
    color, lines = _compose(x, y, facets)
    noise = Tile.make(102, 1.2)
    tilt = scramble(facets.label, 12) * 2 * np.pi
    gradient = (x - 0.39) * np.cos(tilt) + (y - 0.5) * np.sin(tilt)
    shade = 1 + 1.3 * facets.shade + 0.45 * gradient + 0.07 * noise.at(x, y)
    target = clamp(color * shade[..., None])
    gray = target.mean(axis=-1)
    gy, gx = np.gradient(blur(gray, 1))
    border = smoothstep(0.02, 0.07, np.hypot(gx, gy))
    flow = facets.angle + 0.5 * (scramble(facets.label, 13) - 0.5) + 0.12 * noise.at(x * 0.7, y * 0.7)
    rng = np.random.default_rng(103)
    canvas = Canvas.primed(HEIGHT, WIDTH, rgb("#6a5a44"))
    paint(canvas, target, flow, Brush(24, 60, 14, 0.12, 0.035, 0.12, 0.4, 0.7), rng)
    paint(
        canvas,
        target,
        flow + 0.3,
        Brush(13, 34, 10, 0.14, 0.04, 0.25, 0.7, 0.8),
        rng,
        clamp(0.5 + 0.5 * border),
    )
    paint(canvas, target, flow, Brush(7, 20, 6, 0.1, 0.02, 0.1, 0.2, 0.6), rng, border)
    painted = mix(canvas.color, target, 0.3)
    lines = blur(lines, 1) * clamp(0.85 + 0.2 * noise.at(x * 3, y * 3))
    painted = mix(mix(painted, rgb("#262220"), clamp(lines)), rgb("#f2e6c8"), clamp(-lines))
    ink = blur(border, 1) * (0.55 + 0.25 * clamp(noise.at(x * 2, y * 2)))
    painted = mix(painted, rgb("#1c1612"), clamp(ink) * 0.8)
    weave = np.sin(np.arange(WIDTH) * 1.15)[None, :] + np.sin(np.arange(HEIGHT) * 1.15)[:, None]
    return shrink(relief(painted, blur(canvas.thickness, 1) + 0.035 * weave, 0.5, 0.25))
