"""A still life by a window: a painted vase of flowers, fruit and a cloth, lit from the left."""

from __future__ import annotations

import numpy as np

from samples.canvas import FloatArray, Tile, bump, clamp, develop, light, mix, shrink, smoothstep
from samples.splat import Cloud, Lamp, View, close_pinholes, fill_gaps, illuminate, join, surface, visible

WIDTH, HEIGHT = 1152, 1440
GRAIN, SPOTS, SOFT = Tile.make(81, 1.3), Tile.make(82, 0.8), Tile.make(86, 2.6)


def _turned(
    profile: list[tuple[float, float]], at: tuple[float, float, float], rows: int, turns: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Spin a profile of (height, radius) pairs; returns the points, the height and the angle of each."""
    knots = np.array(profile)
    # Smoothing the interpolated profile rounds off its corners, as a potter's hands do.
    t = np.linspace(0, 1, rows)
    ends = np.linspace(0, 1, len(knots))
    height, radius = np.interp(t, ends, knots[:, 0]), np.interp(t, ends, knots[:, 1])
    window = np.hanning(max(5, rows // 9) | 1)
    window /= window.sum()
    pad = len(window) // 2
    radius = np.convolve(np.pad(radius, pad, mode="edge"), window, mode="valid")
    angle = np.linspace(0, 2 * np.pi, turns)[None, :]
    x = radius[:, None] * np.cos(angle) + at[0]
    z = radius[:, None] * np.sin(angle) + at[2]
    y = height[:, None] + at[1] + 0 * angle
    return np.stack([x, y, z], axis=-1), height[:, None] + 0 * angle, angle + 0 * height[:, None]


def _vase() -> list[Cloud]:
    profile = [
        (0.0, 0.3),
        (0.06, 0.34),
        (0.3, 0.52),
        (0.6, 0.6),
        (0.9, 0.5),
        (1.15, 0.3),
        (1.3, 0.25),
        (1.42, 0.33),
    ]
    grid, height, angle = _turned(profile, (0.0, 0.0, 0.0), 900, 2200)
    glaze = mix(light("#e9ecef"), light("#cfd8e2"), clamp(0.5 + 0.3 * GRAIN.at(angle / 6, height)))
    # Cobalt brushwork: vines, petals and bands, as on old blue-and-white ware.
    vine = bump(np.sin(angle * 5 + 1.4 * np.sin(height * 9)), 0.0, 0.13) * smoothstep(0.18, 0.25, height) * smoothstep(1.02, 0.95, height)
    petal_angle, petal_height = (angle * 5 / np.pi) % 1 - 0.5, (height - 0.6) / 0.28
    reach = np.hypot(petal_angle * 2.2, petal_height)
    flower = smoothstep(0.06, 0.0, reach - 0.55 - 0.25 * np.cos(np.arctan2(petal_height, petal_angle * 2.2) * 6))
    band = bump(height, 0.1, 0.018) + bump(height, 1.1, 0.02) + bump(height, 1.2, 0.012) + bump(height, 0.16, 0.008)
    blue = clamp(vine + flower * (0.6 + 0.4 * np.sin(reach * 22)) + band)
    glaze = mix(glaze, light("#1c3f94"), blue * clamp(0.85 + 0.15 * GRAIN.at(angle, height * 3)))
    return [surface(grid, glaze, 0.55, np.array([0.0, 0.7, 0.0]))]


def _fruit(at: tuple[float, float], size: float, kind: str, turn: float) -> list[Cloud]:
    v = np.linspace(0.002, np.pi - 0.002, 420)[:, None]
    u = np.linspace(0, 2 * np.pi, 840)[None, :]
    low = np.cos(v) + 0 * u
    if kind == "apple":
        radius = np.sin(v) ** 0.9 * (1 + 0.05 * np.cos(u * 5)) * (1.0 + 0.1 * low)
        up = low * 0.86 - 0.32 * np.exp(-((np.sin(v) / 0.33) ** 2)) * np.sign(low) + 0 * u
        blush = smoothstep(
            -0.7,
            0.8,
            np.cos(u + 0.8) + 0.5 * SPOTS.at(u / 9, low * 0.08) + 0.35 * np.sin(u * 21 + low * 3) * 0.5,
        )
        skin = mix(light("#d9b83a"), light("#a8141c"), blush)
        skin = mix(skin, light("#f0dc9a"), 0.7 * smoothstep(1.9, 2.5, SPOTS.at(u / 4, low / 4)))
        gloss = 0.28
    elif kind == "lemon":
        radius = np.sin(v) * 0.84 * (1 + 0.0025 * SPOTS.at(u / 5, low / 3))
        up = low * 1.1 + 0.22 * low**9 + 0 * u
        skin = mix(light("#e8b81c"), light("#f5d83a"), clamp(0.5 + 0.3 * GRAIN.at(u / 6, low / 2)))
        gloss = 0.2
    elif kind == "pear":
        radius = np.sin(v) * (0.92 - 0.34 * smoothstep(-0.2, 0.85, low))
        up = np.where(low > 0, low * 1.5, low * 0.88) + 0 * u
        skin = mix(light("#9aa83a"), light("#c9b84a"), clamp(0.5 + 0.4 * GRAIN.at(u / 6, low / 3)))
        skin = mix(skin, light("#b5532a"), 0.7 * smoothstep(0.0, 1.0, np.cos(u - 0.5) + 0.3 * GRAIN.at(u / 3, low)))
        skin = mix(skin, light("#5a4420"), 0.5 * smoothstep(1.2, 2.0, SPOTS.at(u / 3, low / 3)))
        gloss = 0.16
    else:
        radius = np.sin(v) * (1 + 0.0022 * SPOTS.at(u / 3, low / 3))
        up = low * 0.95 + 0 * u
        skin = mix(
            light("#d9701a"),
            light("#f09a2c"),
            clamp(0.5 + 0.3 * GRAIN.at(u / 6, low / 2) + 0.15 * SPOTS.at(u / 3, low / 3)),
        )
        gloss = 0.2
    x, z = radius * np.cos(u), radius * np.sin(u)
    grid = np.stack([x, up, z + 0 * up], axis=-1) * size
    lean = {"lemon": 1.45, "apple": 0.25, "pear": 0.12}.get(kind, 0.0)
    grid = _tilt(grid, lean, turn)
    grid[..., 1] -= grid[..., 1].min()
    grid += np.array([at[0], 0.0, at[1]])
    parts = [surface(grid, skin, gloss, grid.mean(axis=(0, 1)))]
    if kind in ("apple", "pear"):
        top = np.array([at[0], size * (1.45 if kind == "apple" else 2.3), at[1]])
        parts.append(_stalk(top, top + np.array([0.04, 0.17, -0.02]), 0.014, light("#4a3018")))
    return parts


def _tilt(grid: FloatArray, lean: float, turn: float) -> FloatArray:
    x, y, z = grid[..., 0], grid[..., 1], grid[..., 2]
    y, z = y * np.cos(lean) - z * np.sin(lean), y * np.sin(lean) + z * np.cos(lean)
    return np.stack([x * np.cos(turn) + z * np.sin(turn), y, z * np.cos(turn) - x * np.sin(turn)], axis=-1)


def _stalk(start: FloatArray, end: FloatArray, thick: float, color: FloatArray) -> Cloud:
    t = np.linspace(0, 1, 260)[:, None]
    u = np.linspace(0, 2 * np.pi, 40)[None, :]
    middle = start + (end - start) * t + np.array([0.0, 0.0, -0.05]) * np.sin(t * np.pi)
    ring = np.stack([np.cos(u), 0.3 * np.sin(u), np.sin(u)], axis=-1) * thick
    return surface(middle[:, None, :] + ring, color, 0.05)


def _petal(
    base: FloatArray,
    out: FloatArray,
    up: FloatArray,
    size: tuple[float, float],
    cup: float,
    colors: tuple[FloatArray, FloatArray],
    seed: float,
) -> Cloud:
    """Make one petal that leaves ``base`` along ``out`` and curls towards ``up``."""
    length, width = size
    t = np.linspace(0, 1, 20 + int(length * 400))[:, None]
    s = np.linspace(-1, 1, 20 + int(width * 800))[None, :]
    side = np.cross(up, out)
    shape = np.sin(t**0.75 * np.pi * 0.94) ** 0.7
    ruffle = 0.05 * length * np.sin(s * 7 + seed) * t**3
    lift = cup * length * (t**1.6 + 0.35 * s**2 * t) + ruffle
    grid = base + out * (length * t * (1 - 0.12 * s**2))[..., None] + side * (s * width * shape)[..., None] + up * lift[..., None]
    vein = 0.12 * np.sin(s * 26 + seed * 3) + 0.12 * GRAIN.at(s * 0.2 + seed, t * 0.3)
    return surface(grid, mix(colors[0], colors[1], clamp(t + 0 * s + vein)), 0.04)


def _flower(
    center: FloatArray,
    facing: FloatArray,
    size: float,
    colors: tuple[FloatArray, FloatArray],
    heart: FloatArray,
    rings: int,
    rng: np.random.Generator,
) -> list[Cloud]:
    facing = facing / np.linalg.norm(facing)
    first = np.cross(facing, np.array([0.3, 0.9, 0.2]))
    first /= np.linalg.norm(first)
    second = np.cross(facing, first)
    parts = []
    for ring in range(rings):
        share = ring / max(1, rings - 1)
        count = int(9 - 3 * share)
        length = size * (1.0 - 0.62 * share)
        for index in range(count):
            turn = 2 * np.pi * (index + 0.5 * (ring % 2)) / count + rng.normal(0, 0.1)
            out = first * np.cos(turn) + second * np.sin(turn)
            shade = rng.uniform(0.85, 1.15)
            tint = (colors[0] * shade, colors[1] * shade)
            cup = 0.12 + 1.05 * share + rng.normal(0, 0.05)
            parts.append(
                _petal(
                    center + facing * size * 0.1 * share,
                    out,
                    facing,
                    (length, length * 0.42),
                    cup,
                    tint,
                    rng.uniform(0, 9),
                )
            )
    golden = np.arange(16000) * 2.399963
    spread = np.sqrt(np.arange(16000) / 16000) * size * 0.24
    dome = size * (0.16 + 0.14 * np.sqrt(clamp(1 - (spread / size / 0.24) ** 2)))
    place = center + first * (np.cos(golden) * spread)[:, None] + second * (np.sin(golden) * spread)[:, None] + facing * dome[:, None]
    if rings < 3:
        color = heart * (0.5 + 0.5 * rng.random((16000, 1)))
        parts.append(Cloud(place, np.zeros_like(place) + facing, color, np.full(16000, 0.02)))
    return parts


def _bouquet(rng: np.random.Generator) -> list[Cloud]:
    rose, sun, daisy = ("#a80f2c", "#ff6a80"), ("#e07a0a", "#ffd83a"), ("#e8d8e0", "#fbfaf5")
    iris, coral = ("#3420a0", "#8f86ff"), ("#e03a14", "#ff9a5a")
    heads = (
        (0.0, 2.32, -0.42, 0.4, sun, 2),
        (-0.52, 2.12, -0.3, 0.36, rose, 4),
        (0.52, 2.16, -0.26, 0.35, coral, 4),
        (-0.3, 2.74, -0.1, 0.33, iris, 2),
        (0.36, 2.76, -0.12, 0.34, daisy, 2),
        (-0.2, 1.8, -0.5, 0.3, daisy, 2),
        (0.3, 1.78, -0.5, 0.3, rose, 4),
        (-0.82, 2.5, 0.05, 0.29, coral, 3),
        (0.86, 2.5, 0.05, 0.3, sun, 2),
        (0.03, 3.06, 0.1, 0.3, rose, 4),
        (-0.74, 1.72, -0.16, 0.26, sun, 2),
        (0.78, 1.76, -0.15, 0.27, iris, 2),
    )
    parts = []
    for x, y, z, size, (dark, pale), rings in heads:
        center = np.array([x, y, z])
        facing = np.array([x * 0.9, (y - 1.9) * 0.6, -1.0])
        parts += _flower(center, facing, size, (light(dark), light(pale)), light("#5a3414"), rings, rng)
        parts.append(_stalk(np.array([x * 0.12, 1.25, z * 0.12]), center, 0.022, light("#4a7a2c")))
    for _ in range(46):
        turn, high = rng.uniform(0, 2 * np.pi), rng.uniform(1.45, 2.9)
        out = np.array([np.cos(turn), rng.uniform(-0.3, 0.7), np.sin(turn) * 0.7])
        out /= np.linalg.norm(out)
        base = np.array([out[0] * 0.35, high, out[2] * 0.3 + 0.05])
        up = np.cross(out, np.array([rng.normal(), 0.3, rng.normal()]))
        up /= np.linalg.norm(up)
        length = rng.uniform(0.4, 0.7)
        green = (light("#22481c"), light(("#6f9a3a", "#3f7f3a", "#8fa84a")[int(rng.integers(3))]))
        parts.append(_petal(base, out, up, (length, length * 0.2), rng.uniform(-0.4, 0.2), green, rng.uniform(0, 9)))
    return parts


def _grapes(rng: np.random.Generator) -> list[Cloud]:
    v = np.linspace(0.01, np.pi - 0.01, 150)[:, None]
    u = np.linspace(0, 2 * np.pi, 300)[None, :]
    ball = np.stack([np.sin(v) * np.cos(u), np.cos(v) + 0 * u, np.sin(v) * np.sin(u)], axis=-1)
    parts = []
    for index in range(34):
        layer = index // 16
        place = np.array(
            [
                0.62 + rng.uniform(-0.34, 0.34),
                0.115 + 0.17 * layer,
                -1.12 + rng.uniform(-0.17, 0.17) * (1 - 0.3 * layer),
            ]
        )
        bloom = clamp(0.35 + 0.3 * GRAIN.at(u / 6 + index * 0.13, v / 6))
        parts.append(surface(ball * 0.115 + place, mix(light("#2a1038"), light("#7a6a9a"), bloom * 0.6), 0.35, place))
    return parts


def _table_and_wall() -> list[Cloud]:
    x, z = np.meshgrid(np.linspace(-3.0, 3.0, 1900), np.linspace(-2.9, 1.6, 1500))
    plank = np.floor((z + 3) / 0.62)
    grain = GRAIN.at(x * 0.08 + plank * 0.3, z * 1.1) + 0.5 * SPOTS.at(x * 0.05, z * 0.9)
    wood = mix(light("#4a2a16"), light("#a8703c"), clamp(0.5 + 0.28 * grain))
    wood = wood * (1 - 0.7 * bump((z + 3) % 0.62, 0.0, 0.012))[..., None]
    parts = [surface(np.stack([x, 0.004 * grain, z], axis=-1), wood, 0.1)]
    u, v = np.meshgrid(np.linspace(-1, 1, 1100), np.linspace(-1, 1, 900))
    fold = 0.045 * np.sin(u * 9 + 2.4 * v + 1.2 * SOFT.at(u * 0.3, v * 0.3)) + 0.03 * SOFT.at(u * 0.5 + 0.4, v * 0.5)
    cloth_x, cloth_z = -0.75 + u * 1.0 + 0.35 * v, -1.25 + v * 0.62 - 0.25 * u
    check = 0.5 * ((np.sin(u * 26) > 0.2) * 1.0 + (np.sin(v * 17) > 0.2) * 1.0)
    linen = mix(light("#f0e6d2"), light("#b5303a"), check * 0.8) * (0.94 + 0.06 * SPOTS.at(u * 2, v * 2))[..., None]
    parts.append(surface(np.stack([cloth_x, 0.08 + fold, cloth_z], axis=-1), linen, 0.0))
    wall_x, wall_y = np.meshgrid(np.linspace(-4.5, 4.5, 1500), np.linspace(-0.4, 5.2, 1300))
    stain = GRAIN.at(wall_x / 7, wall_y / 7)
    plaster = mix(light("#5d6a5c"), light("#a9a078"), clamp(0.5 + 0.3 * stain + 0.05 * SPOTS.at(wall_x / 3, wall_y / 3)))
    parts.append(surface(np.stack([wall_x, wall_y, 1.6 + 0.0035 * stain], axis=-1), plaster, 0.0))
    return parts


def _lamps() -> list[Lamp]:
    rng = np.random.default_rng(83)
    lamps = []
    for _ in range(14):
        toward = np.array([-0.86, 0.62, -0.58]) + rng.uniform(-0.14, 0.14, 3)
        lamps.append(Lamp(toward / np.linalg.norm(toward), light("#ffe2b8") * 3.3 / 14))
    for index in range(22):
        height = (index + 0.5) / 22
        turn = index * 2.399963
        level = np.sqrt(1 - height**2)
        toward = np.array([level * np.cos(turn), height + 0.02, level * np.sin(turn) - 0.5])
        side = 0.6 - 0.35 * toward[0]
        lamps.append(Lamp(toward / np.linalg.norm(toward), light("#a8bce0") * side * 1.15 / 22))
    return lamps


def render() -> FloatArray:
    """Render the still life as an sRGB picture."""
    rng = np.random.default_rng(84)
    clouds = _table_and_wall() + _vase() + _bouquet(rng) + _grapes(rng)
    for at, size, kind, turn in (
        ((-0.95, -0.75), 0.3, "apple", 0.4),
        ((-0.42, -1.2), 0.27, "apple", 2.2),
        ((-1.3, -1.3), 0.22, "lemon", 0.7),
        ((1.05, -0.45), 0.31, "pear", 0.3),
        ((0.2, -1.55), 0.23, "lemon", 2.3),
        ((1.42, -0.95), 0.27, "orange", 0.0),
        ((-1.5, -0.45), 0.27, "orange", 1.0),
    ):
        clouds += _fruit(at, size, kind, turn)
    scene = join(clouds)
    view = View(np.array([0.25, 2.35, -7.2]), np.array([0.03, 1.5, 0.0]), WIDTH, HEIGHT, 2350)
    seen = close_pinholes(visible(scene, view), scene, view, 0.02)
    chosen = seen[seen >= 0]
    picture = np.zeros((HEIGHT, WIDTH, 3))
    picture[seen >= 0] = illuminate(scene, chosen, _lamps(), view.eye, 150)
    picture = fill_gaps(picture, (seen < 0).astype(np.float64))
    return shrink(develop(picture, 0.95, 0.1, 85))
