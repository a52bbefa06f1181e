"""A harbour town at dusk: gabled houses with lit windows, boats, and their reflections in the water."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.canvas import (
    BoolArray,
    FloatArray,
    Tile,
    blur,
    bump,
    clamp,
    develop,
    light,
    mix,
    pixel_grid,
    ramp,
    shrink,
    smoothstep,
    warp,
)
from samples.cells import cells, scramble

WIDTH, HEIGHT = 1440, 1080
QUAY = 0.62
WALLS = (
    "#a8412f",
    "#d69a3c",
    "#3f6f8f",
    "#e3d3b0",
    "#7f3a35",
    "#4f7f66",
    "#c8703a",
    "#8a93a8",
    "#d9b56a",
    "#56324a",
)


@dataclass(frozen=True)
class _House:
    """One house front; lengths are parts of the picture height."""

    left: float
    width: float
    eaves: float
    ridge: float
    floors: int
    bays: int
    wall: FloatArray
    seed: int


def _sky(x: FloatArray, y: FloatArray) -> FloatArray:
    base = ramp(
        y,
        [
            (0.0, light("#1b3a66")),
            (0.2, light("#3f6a96")),
            (0.36, light("#a88a94")),
            (0.48, light("#f09a62")),
            (0.62, light("#ffc877")),
        ],
    )
    clouds, detail = Tile.make(71, 1.6), Tile.make(72, 1.2)
    far = 0.2 / (0.72 - np.minimum(y, 0.62))
    u, v = x * far * 0.5, far * 1.1
    density = clouds.at(u * 0.7 + 0.3, v * 0.8) + 0.3 * detail.at(u, v * 1.6)
    below = clouds.at(u * 0.7 + 0.3, v * 0.8 + 0.03) + 0.3 * detail.at(u, v * 1.6 + 0.02)
    lit = clamp(0.4 + 1.1 * (density - below))
    cloud = mix(light("#3d4370"), mix(light("#ff8f5a") * 1.5, light("#ffd08a") * 1.5, smoothstep(0.2, 0.5, y)), lit)
    sky = mix(base, cloud, 0.85 * smoothstep(-0.2, 1.2, density))
    return sky + light("#ffb060") * (0.9 * bump(x, 1.08, 0.35) * bump(y, 0.56, 0.16))[..., None]


def _hill(picture: FloatArray, x: FloatArray, y: FloatArray) -> None:
    noise = Tile.make(73, 1.6)
    for base, swing, tint, phase in ((0.47, 0.05, "#6a5f7e", 0.5), (0.53, 0.035, "#3c3a50", 2.4)):
        crest = base - swing * np.sin(x * 3.1 + phase) + 0.012 * noise.at(x * 1.2 + phase, x * 0)
        inside = y > crest
        tone = light(tint) * (0.75 + 0.25 * noise.at(x * 2, y * 3))[..., None]
        picture[inside] = mix(tone, light("#e09a70"), 0.35 * smoothstep(0.0, 0.12, y - crest))[inside]


def _church(picture: FloatArray, x: FloatArray, y: FloatArray, noise: Tile) -> None:
    """Raise a church tower behind the houses, dark against the evening sky."""
    dx = x - 0.765
    tower = (np.abs(dx) < 0.032) & (y > 0.21)
    helm = (y > 0.025) & (y <= 0.21) & (np.abs(dx) < 0.004 + 0.032 * clamp((y - 0.025) / 0.185) ** 1.3)
    opening = (np.abs(np.abs(dx) - 0.013) < 0.006) & (np.abs(y - 0.25) < 0.018)
    stone = light("#7a6a70") * ((0.3 + 9.0 * (dx + 0.032)) * (0.9 + 0.2 * noise.at(x * 3, y * 3)))[..., None]
    copper = light("#5f9a86") * ((0.25 + 8.0 * (dx + 0.032)) * (0.9 + 0.2 * noise.at(x * 4, y)))[..., None]
    picture[tower], picture[helm] = stone[tower], copper[helm]
    picture[opening] = light("#141420")


def _row(rng: np.random.Generator) -> list[_House]:
    houses, left, index = [], -0.03, 0
    while left < 1.36:
        width = rng.uniform(0.15, 0.215)
        eaves = rng.uniform(0.25, 0.38)
        color = light(WALLS[index % len(WALLS)])
        bays = 2 if width < 0.18 else 3
        houses.append(_House(left, width, eaves, eaves - rng.uniform(0.11, 0.17), 3, bays, color, index))
        left, index = left + width, index + 1
    return houses


def _gable(house: _House, u: FloatArray, y: FloatArray) -> FloatArray:
    """Return the outline height: straight, stepped or bell-shaped, as in old trading towns."""
    reach = np.abs(u - 0.5) * 2
    style = house.seed % 3
    if style == 1:
        reach = np.floor(reach * 4.2) / 4.2
    elif style == 2:
        reach = 0.5 - 0.5 * np.cos(np.pi * reach**0.8)
    return house.ridge + (house.eaves - house.ridge) * reach + 0 * y


def _front(picture: FloatArray, glow: FloatArray, house: _House, x: FloatArray, y: FloatArray, noise: Tile) -> None:
    u = (x - house.left) / house.width
    outline = _gable(house, u, y)
    inside = (u > 0) & (u < 1) & (y > outline) & (y < QUAY)
    brick = house.seed % 2 == 0
    course = np.floor(y * 210)
    joint = (
        np.maximum(np.abs((y * 210) % 1 - 0.5), np.abs((x * 90 + 0.5 * (course % 2)) % 1 - 0.5)) if brick else np.abs((x * 105) % 1 - 0.5)
    )
    grain = noise.at(x * 1.5 + house.seed * 0.3, y * 1.5)
    streak = noise.at(x * 3.0 + house.seed * 0.3, y * 0.25)
    shade = 0.85 + 0.17 * grain + 0.17 * streak - 0.25 * smoothstep(0.4, 0.5, joint)
    if brick:
        piece = np.floor(x * 90 + 0.5 * (course % 2)).astype(np.int64) + 1000 * course.astype(np.int64)
        shade = shade + 0.3 * (scramble(piece, house.seed) - 0.5)
    # Sky light from above and the glow of the west from the right; the eaves and neighbors darken edges.
    fall = 0.5 + 0.5 * smoothstep(0.62, 0.32, y) + 0.3 * (u - 0.5)
    crease = 1 - 0.5 * bump(u, 0.0, 0.06) - 0.25 * np.exp(-(y - outline) / 0.008)
    west = smoothstep(0.0, 1.3, x)[..., None]
    skylight = light("#7f95d0") * 0.42 + light("#ff9a5c") * (0.18 + 0.5 * west)
    wall = house.wall * skylight * (shade * fall * crease)[..., None]
    wall = mix(wall, light("#cfc3b0") * skylight * 0.8, smoothstep(0.012, 0.007, y - outline) * (u > 0) * 0.9)
    picture[inside] = wall[inside]
    _windows(picture, glow, house, u, y, inside)


def _windows(picture: FloatArray, glow: FloatArray, house: _House, u: FloatArray, y: FloatArray, inside: BoolArray) -> None:
    rng = np.random.default_rng(700 + house.seed)
    storey = (QUAY - house.eaves) / house.floors
    spots = [
        ((bay + 0.5) / house.bays * 0.9 + 0.05, house.eaves + storey * (floor + 0.48), 0.0)
        for floor in range(house.floors)
        for bay in range(house.bays)
    ]
    spots.append((0.5, house.eaves - 0.32 * (house.eaves - house.ridge), 0.0))
    half_u, half_y = 0.23 / house.bays, storey * 0.3
    for number, (center_u, center_y, _) in enumerate(spots):
        ground = house.floors > 1 and number // house.bays == house.floors - 1
        door = ground and number % house.bays == house.seed % house.bays
        top = center_y - half_y * (1.1 if door else 1.0)
        bottom = QUAY if door else center_y + half_y
        du, dv = (u - center_u) / half_u, (y - top) / (bottom - top)
        frame = inside & (np.abs(du) < 1.22) & (dv > -0.1) & (dv < 1.1)
        picture[frame] = light("#d8d2c4") * 0.22
        sill = inside & (np.abs(du) < 1.35) & (dv > 1.06) & (dv < 1.16)
        picture[sill] = light("#e8e0d0") * 0.3
        pane = inside & (np.abs(du) < 1) & (dv > 0) & (dv < 1)
        bars = (np.abs(du) < 0.08) | (np.abs(dv - 0.36) < 0.03) | (np.abs(dv - 0.68) < 0.02)
        if door:
            picture[pane] = light("#3a2a22") * (0.5 + 0.4 * (np.abs(du) % 0.5))[pane][:, None]
            continue
        glass = pane & ~bars
        if rng.random() < (0.85 if ground else 0.55):
            warm = light(("#ff9c34", "#ffc060", "#ff8426")[int(rng.integers(3))]) * rng.uniform(0.7, 2.0)
            room = (0.55 + 0.6 * dv) * (1 - 0.55 * (np.abs(du) > 0.66)) * (0.85 + 0.3 * np.sin(du * 5 + number))
            picture[glass] = (warm * room[..., None])[glass]
            glow[glass] += warm * 0.5
        else:
            mirror = mix(light("#26304e"), light("#f0a070") * 0.8, clamp(1 - dv * 1.2 + 0.3 * du))
            picture[glass] = (mirror * 0.7)[glass]


def _quay(picture: FloatArray, x: FloatArray, y: FloatArray, noise: Tile) -> None:
    inside = (y >= QUAY) & (y < QUAY + 0.045)
    stone = cells(x * 34, y * 60, 74, 0.5)
    tone = 0.35 + 0.35 * scramble(stone, 1) + 0.12 * noise.at(x * 3, y * 3)
    wet = smoothstep(QUAY + 0.02, QUAY + 0.04, y)
    wall = light("#8a7c74") * (tone * (1 - 0.6 * wet) * 0.6)[..., None]
    wall[(y < QUAY + 0.007)] = light("#c8b8a8") * 0.5
    picture[inside] = wall[inside]


def _lamps(picture: FloatArray, glow: FloatArray, x: FloatArray, y: FloatArray) -> None:
    for column in (0.13, 0.42, 0.71, 1.0, 1.27):
        post = (np.abs(x - column) < 0.0016) & (y > QUAY - 0.085) & (y < QUAY)
        picture[post] = light("#14141c")
        lamp = np.hypot(x - column, (y - QUAY + 0.09) * 0.8)
        picture[lamp < 0.007] = light("#ffe0a0") * 6
        halo = np.exp(-((lamp / 0.05) ** 2)) * 0.35 + np.exp(-lamp / 0.05) * 0.12
        glow += light("#ffb45a") * halo[..., None]


def _boat(
    picture: FloatArray,
    x: FloatArray,
    y: FloatArray,
    at: tuple[float, float],
    size: float,
    hull: str,
    mast: float,
) -> None:
    dx, dy = (x - at[0]) / size, (y - at[1]) / size
    sheer = -0.24 - 0.16 * dx**2 - 0.04 * dx
    body = (dy > sheer) & (dy < 0.03) & (np.abs(dx) < 1.0 - 0.6 * clamp(dy - sheer, 0, 0.5))
    stripe = bump(dy - sheer, 0.05, 0.025)
    tone = (0.35 + 0.55 * smoothstep(-1, 1, dx)) * (1.1 - 1.4 * (dy - sheer)) * (0.9 + 0.1 * np.sin((dy - sheer) * 160))
    color = mix(light(hull) * clamp(tone, 0.05, 2)[..., None], light("#e8d8b8") * 0.6, stripe)
    color = mix(color, light("#7a2a20") * 0.4, smoothstep(-0.06, -0.03, dy))
    for pole, top, base in ((-0.05, -mast, 0.0), (0.5, -mast * 0.7, 0.0)):
        stick = (np.abs(dx - pole) < 0.017) & (dy > top) & (dy < base)
        picture[stick] = light("#5a3c28") * 0.5
        for foot in (-0.95, 0.95):  # the shrouds
            slope = pole + (foot - pole) * (dy - top) / (-0.3 - top)
            rope = (np.abs(dx - slope) < 0.007) & (dy > top) & (dy < -0.2)
            picture[rope] = light("#20181a")
    cabin = (np.abs(dx + 0.42) < 0.24) & (dy > -0.52) & (dy < sheer + 0.02)
    picture[cabin] = light("#c8c0b0") * 0.45
    port = (np.abs(np.abs(dx + 0.42) - 0.11) < 0.065) & (np.abs(dy + 0.41) < 0.05)
    picture[port] = light("#ffc860") * 1.8
    picture[body] = color[body]


def _water(picture: FloatArray, x: FloatArray, y: FloatArray, line: float) -> FloatArray:
    below = np.maximum(y - line, 0.0)
    distance = 0.09 / (below + 0.03)
    wave, broad = Tile.make(75, 1.0), Tile.make(76, 1.5)
    ripple = wave.at(x * distance * 0.5, distance * 1.3) + 0.7 * broad.at(x * distance * 0.5 + 0.4, distance * 1.2)
    strength = (0.004 + 0.075 * below) * HEIGHT
    rows = (line - below * 1.12) * HEIGHT + ripple * strength * 1.25
    columns = x * HEIGHT + wave.at(x * distance * 0.6 + 0.7, distance) * strength * 0.3
    reflection = warp(picture, np.minimum(rows, line * HEIGHT - 1), columns)
    facing = clamp(0.88 - 0.45 * below - 0.09 * ripple)
    deep = light("#0f2438") + light("#2a3a5a") * clamp(0.25 + 0.25 * ripple)[..., None]
    return mix(deep, reflection * np.array([0.92, 0.95, 1.0]), facing)


def _rowing_boat(picture: FloatArray, x: FloatArray, y: FloatArray, noise: Tile) -> FloatArray:
    """Moor a rowing boat in the foreground, above its own broken reflection."""
    column, row, size = 0.36, 0.86, 0.21
    for mirrored in (True, False):
        wobble = 0.006 * noise.at(x * 0.8, y * 4) * mirrored
        dx = (x - column + wobble) / size
        dy = (y - row) / size * (-1 if mirrored else 1) + wobble * 3
        sheer = -0.2 - 0.13 * dx**2 - 0.05 * dx
        hull = (dy > sheer) & (dy < 0.035) & (np.abs(dx) < 1.0 - 0.7 * clamp(dy - sheer))
        planks = 0.75 + 0.25 * smoothstep(0.0, 0.25, ((dy - sheer) * 14) % 1) + 0.12 * noise.at(x * 2, y * 6)
        side = (0.14 + 0.4 * smoothstep(-1, 1, dx)) * planks * (1.15 - 2.2 * (dy - sheer))
        rim = ((dx / 0.97) ** 2 + ((dy - sheer + 0.015) / 0.085) ** 2) < 1
        hollow = ((dx / 0.91) ** 2 + ((dy - sheer + 0.015) / 0.06) ** 2) < 1
        thwart = hollow & ((np.abs(dx + 0.3) < 0.07) | (np.abs(dx - 0.25) < 0.07) | (np.abs(dx - 0.78) < 0.1))
        layer = picture.copy()
        layer[hull] = (light("#b8602c") * clamp(side, 0.02, 2)[..., None])[hull]
        white = hull & (dy - sheer < 0.055)
        layer[white] = (light("#e6dcc6") * clamp(side * 1.1, 0.02, 2)[..., None])[white]
        layer[rim] = light("#d8a468") * 0.55
        layer[hollow] = (light("#4a2c1c") * (0.25 + 0.12 * np.sin(dx * 60))[..., None])[hollow]
        layer[thwart] = light("#c08a54") * 0.5
        picture = picture * 0.3 + layer * 0.7 if mirrored else layer
        picture = np.where(hull[..., None] & mirrored, layer * 0.6 + picture * 0.2, picture)
    return picture


def render() -> FloatArray:
    """Render the harbour at dusk as an sRGB picture."""
    x, y = pixel_grid(WIDTH, HEIGHT)
    noise = Tile.make(77, 1.2)
    picture, glow = _sky(x, y), np.zeros((HEIGHT, WIDTH, 3))
    _hill(picture, x, y)
    _church(picture, x, y, noise)
    for house in _row(np.random.default_rng(78)):
        # Only the columns of the house are touched; slices are views, so the picture is drawn in place.
        part = slice(max(0, int((house.left - 0.01) * HEIGHT)), int((house.left + house.width + 0.01) * HEIGHT))
        _front(picture[:, part], glow[:, part], house, x[:, part], y[:, part], noise)
    _quay(picture, x, y, noise)
    _lamps(picture, glow, x, y)
    line = QUAY + 0.045
    for at, size, hull, mast in (
        ((0.25, line + 0.012), 0.1, "#2a5a8a", 3.6),
        ((0.66, line + 0.008), 0.075, "#a8322a", 3.4),
        ((1.12, line + 0.016), 0.115, "#2f6a4a", 3.7),
    ):
        _boat(picture, x, y, at, size, hull, mast)
    picture = picture * (1 + 0.5 * blur(glow, 30)) + 0.35 * blur(glow, 14) * (picture + 0.08)
    water = _water(picture, x, y, line + 0.008)
    picture = np.where((y > line + 0.002)[..., None], water, picture)
    picture = _rowing_boat(picture, x, y, noise)
    return shrink(develop(picture, 1.3, 0.22, 79))
