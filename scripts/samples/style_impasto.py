"""Thick oil paint: a whirling night sky over a village, in strokes that stand out from the canvas."""

from __future__ import annotations

import numpy as np

from samples.canvas import (
    BoolArray,
    FloatArray,
    Tile,
    blur,
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
from samples.painter import Brush, Canvas, paint, vortex

WIDTH, HEIGHT = 1440, 1120
STARS = (
    (0.17, 0.17, 0.07), (0.1, 0.45, 0.05), (0.36, 0.12, 0.05), (0.13, 0.78, 0.055), (0.4, 0.86, 0.045),
    (0.33, 1.2, 0.06), (0.5, 0.3, 0.05), (0.47, 1.06, 0.04), (0.07, 0.98, 0.035),
)  # fmt: skip
MOON = (0.16, 1.1, 0.12)
WHIRLS = ((0.29, 0.6, 0.17), (0.4, 0.75, 0.12), (0.25, 0.33, 0.1), (0.47, 0.52, 0.09), (0.46, 0.14, 0.1))


def _sky(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    noise = Tile.make(31, 1.7)
    angle = 0.35 * np.sin(x * 4.2 + 0.5) + 0.25 * noise.at(x * 0.4, y * 0.5) - 0.08
    for row, column, size in (*WHIRLS, *STARS, MOON):
        angle = vortex(angle, y, x, (row, column), size)
    # Bands of color lie across the flow, so each stroke differs from the one beside it.
    across = noise.at(x * 0.5 + 0.3, y * 0.9 + 0.1)
    color = ramp(
        0.6 * across + 1.2 * (y - 0.3),
        [
            (-1.3, rgb("#0b1440")),
            (-0.5, rgb("#17307c")),
            (0.1, rgb("#2a5fb4")),
            (0.6, rgb("#5f9bd0")),
            (1.3, rgb("#b7d6cf")),
        ],
    )
    for row, column, size in WHIRLS:
        radius = np.hypot(y - row, x - column) / size
        spiral = np.sin(radius * 9 - np.arctan2(y - row, x - column) * 1.0)
        color = mix(color, rgb("#dfe9d0"), smoothstep(0.1, 0.9, spiral) * bump(radius, 0.35, 0.55) * 0.85)
        color = mix(color, rgb("#122a78"), smoothstep(0.1, 0.9, -spiral) * bump(radius, 0.4, 0.55) * 0.7)
    for row, column, size in (*STARS, MOON):
        radius = np.hypot(y - row, x - column) / size
        rings = 0.75 + 0.25 * np.sin(radius * 11)
        color = mix(color, rgb("#e9c23c"), clamp(1.5 * np.exp(-((radius * 1.15) ** 2)) * rings))
        color = mix(color, rgb("#fff3b0"), smoothstep(0.45, 0.25, radius))
    crescent = (np.hypot(y - MOON[0], x - MOON[1]) < 0.055) & (np.hypot(y - MOON[0] + 0.015, x - MOON[1] + 0.03) > 0.042)
    color[crescent] = rgb("#f39a1f")
    return color, angle


def _hills(color: FloatArray, angle: FloatArray, x: FloatArray, y: FloatArray) -> None:
    noise = Tile.make(32, 1.6)
    ridges = (
        (0.57, 0.05, 0.3, ("#27406f", "#3b6a8f")),
        (0.64, 0.045, 1.4, ("#1f4a5e", "#3f7f6a")),
        (0.72, 0.03, 3.0, ("#1d4a3a", "#6a9140")),
        (0.86, 0.03, 5.0, ("#16352f", "#8a9a34")),
    )
    for base, swing, phase, (dark, pale) in ridges:
        crest = base + swing * np.sin(x * 4.0 + phase) + swing * 0.5 * np.sin(x * 9.0 + phase * 2)
        inside = y > crest
        slope = np.arctan2(swing * 4.0 * np.cos(x * 4.0 + phase), 1.0)
        tone = clamp(0.5 + 0.35 * noise.at(x * 0.7 + phase, (y - crest) * 2.5))
        color[inside] = mix(rgb(dark), rgb(pale), tone)[inside]
        angle[inside] = (slope + 0.5 * np.sin(x * 11 + y * 8))[inside]


def _village(color: FloatArray, angle: FloatArray, x: FloatArray, y: FloatArray) -> None:
    rng = np.random.default_rng(33)
    walls = palette("#c8a05a", "#9fb0c0", "#d9c7a0", "#7d8fae", "#b8763c")
    roofs = palette("#a33f28", "#203a6a", "#7c2f2a", "#c4622d", "#3b2d52")
    places = sorted((0.73 + 0.16 * rng.random(), 0.34 + 0.95 * index / 15, index) for index in range(16))
    for base, column, index in places:
        size = 0.032 + 0.045 * (base - 0.7) / 0.16
        dx, up = (x - column) / size, (base - y) / size
        body = (np.abs(dx) < 1) & (up > 0) & (up < 1)
        color[body] = walls[index % 5]
        angle[body] = np.pi / 2
        roof = (up >= 0.95) & (up < 2.0 - np.abs(dx) * 0.9) & (np.abs(dx) < 1.2)
        color[roof] = roofs[(index * 2) % 5]
        angle[roof] = (np.sign(dx) * 0.75)[roof]
        window = (np.abs(np.abs(dx) - 0.45) < 0.2) & (np.abs(up - 0.5) < 0.27)
        color[window] = rgb("#ffd34a")
    tower = (np.abs(x - 0.86) < 0.018) & (y > 0.62) & (y < 0.84)
    spire = (y < 0.62) & (y > 0.44) & (np.abs(x - 0.86) < 0.024 * (y - 0.44) / 0.18)
    color[tower], angle[tower] = rgb("#8fa3bd"), np.pi / 2
    color[spire], angle[spire] = rgb("#253363"), np.pi / 2


def _cypress(color: FloatArray, angle: FloatArray, x: FloatArray, y: FloatArray) -> BoolArray:
    inside = np.zeros(x.shape, dtype=np.bool_)
    for column, top, base, half in ((0.2, 0.14, 1.02, 0.085), (0.3, 0.42, 1.02, 0.06)):
        part = (y - top) / (base - top)
        sway = 0.015 * np.sin(y * 22) + 0.008 * np.sin(y * 51 + 1)
        profile = half * np.sin(np.clip(part, 0, 1) ** 0.75 * 2.6) ** 0.9
        dx = x - column - sway
        tree = (part > 0) & (part < 1) & (np.abs(dx) < profile * (1 + 0.2 * np.sin(y * 75 + dx * 60)))
        flame = np.sin(dx * 130 + np.sin(y * 18) * 2.2)
        color[tree] = mix(rgb("#0f211c"), rgb("#4d6a2d"), smoothstep(0.0, 1.0, flame))[tree]
        angle[tree] = (np.pi / 2 + 0.45 * np.sin(y * 22 + dx * 30))[tree]
        inside |= tree
    return inside


def render() -> FloatArray:
    """Render the night in thick oil paint as an sRGB picture."""
    x, y = pixel_grid(WIDTH, HEIGHT)
    color, angle = _sky(x, y)
    _hills(color, angle, x, y)
    _village(color, angle, x, y)
    _cypress(color, angle, x, y)
    rng = np.random.default_rng(34)
    canvas = Canvas.primed(HEIGHT, WIDTH, rgb("#1b2440"))
    luminance = color.mean(axis=-1)
    detail = clamp(8 * np.abs(luminance - blur(luminance, 14)))
    paint(canvas, blur(color, 4), angle, Brush(34, 110, 19, color_jitter=0.05), rng)
    paint(canvas, color, angle, Brush(19, 80, 14, color_jitter=0.07), rng, clamp(0.45 + detail))
    paint(
        canvas,
        color,
        angle,
        Brush(11, 46, 10, color_jitter=0.07, body=1.15),
        rng,
        clamp(0.1 + 1.2 * detail),
    )
    return shrink(relief(canvas.color, blur(canvas.thickness, 1), 0.75, 0.5))
