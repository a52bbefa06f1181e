"""A lighthouse on a cliff at sunset: ray-marched rock and sea, breaking waves and a stormy sky."""

from __future__ import annotations

import numpy as np

from samples.canvas import (
    FloatArray,
    Tile,
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
from samples.terrain import Camera, HeightField, look, normals, sunlit

WIDTH, HEIGHT = 1440, 1080
HORIZON = 0.6
CAMERA = Camera(WIDTH, HEIGHT, 13.0, HORIZON, 1500)
SUN = np.array([-0.78, 0.34, -0.3]) / np.linalg.norm([-0.78, 0.34, -0.3])
TOWER = (25.0, 152.0, 25.5)
"""Where the tower stands (x, z) and how high the ground is there."""
TOWER_SCALE = 1.3
ISLANDS = (
    (92.0, 175.0, 100.0, 48.0, 27.0), (-22.0, 190.0, 10.0, 9.0, 20.0), (-36.0, 215.0, 6.0, 7.0, 13.0),
    (-6.0, 150.0, 7.0, 5.0, 6.0), (-15.0, 100.0, 8.0, 5.0, 4.0), (27.0, 66.0, 15.0, 12.0, 6.0),
    (-30.0, 80.0, 9.0, 7.0, 4.5),
)  # fmt: skip


def _coast() -> tuple[HeightField, HeightField, HeightField]:
    """Return the land, the sea, and the nearness to the shore (0 at the water's edge, negative at sea)."""
    rough, fine, swell = Tile.make(111, 1.9), Tile.make(112, 1.75), Tile.make(113, 1.95)

    def shore(x: FloatArray, z: FloatArray) -> FloatArray:
        near = np.full(np.broadcast(x, z).shape, -9.0)
        for cx, cz, rx, rz, _ in ISLANDS:
            near = np.maximum(near, (1 - np.hypot((x - cx) / rx, (z - cz) / rz)) * min(rx, rz))
        return np.asarray(near + 1.9 * rough.at(x / 130, z / 130) + 0.5 * fine.at(x / 40, z / 40), dtype=np.float64)

    def land(x: FloatArray, z: FloatArray) -> FloatArray:
        inland = shore(x, z)
        top = np.full(inland.shape, 0.0)
        weight = np.full(inland.shape, 1e-9)
        for cx, cz, rx, rz, high in ISLANDS:
            share = np.exp(-(((x - cx) / rx) ** 2 + ((z - cz) / rz) ** 2) * 2.5)
            top, weight = top + high * share, weight + share
        top = top / weight
        rise = smoothstep(-0.6, 7.0, inland) * 0.8 + smoothstep(5.0, 20.0, inland) * 0.2
        # Ledges: hard and soft beds of rock wear back by different amounts.
        height = rise * top + 0.9 * rough.at(x / 60 + 0.4, z / 60) * rise
        ledges = height + 0.5 * np.sin(height * 1.6 + 1.2 * rough.at(x / 200, z / 200))
        return np.asarray(ledges - 2.2 + 0.25 * fine.at(x / 25, z / 25), dtype=np.float64)

    def sea(x: FloatArray, z: FloatArray) -> FloatArray:
        roll = np.sin(z * 0.24 + 1.6 * rough.at(x / 220, z / 220) + x * 0.05)
        chop = 0.5 * swell.at(x / 90, z / 55) + 0.14 * fine.at(x / 30, z / 22)
        return np.asarray((0.5 * roll + chop) * np.exp(-z / 900), dtype=np.float64)

    return land, sea, shore


def sky(x: FloatArray, y: FloatArray) -> FloatArray:
    """Paint the evening sky: torn clouds, lit from below by a sun near the horizon at the left."""
    base = ramp(
        y,
        [
            (-0.3, light("#16304f")),
            (0.0, light("#234a72")),
            (0.25, light("#5a88a0")),
            (0.42, light("#d8b08a")),
            (0.54, light("#ff9a4a")),
            (0.6, light("#ffc060")),
        ],
    )
    sun = np.hypot((x - 0.3) * 0.8, y - 0.53)
    base = base + light("#ffb050") * (1.1 * np.exp(-((sun / 0.14) ** 2)))[..., None]
    clouds, detail = Tile.make(114, 1.75), Tile.make(115, 1.3)
    far = 0.2 / (0.72 - np.minimum(y, 0.6))
    u, v = (x - 0.67) * far * 0.5 + 0.15, far * 1.0
    density = clouds.at(u * 0.7, v * 0.7) + 0.28 * detail.at(u, v * 1.3)
    lower = clouds.at(u * 0.7 - 0.012, v * 0.7 + 0.03) + 0.28 * detail.at(u - 0.01, v * 1.3 + 0.02)
    lit = clamp(0.12 + 1.15 * (density - lower)) * np.exp(-np.maximum(x - 0.3, 0) * 0.5)
    glow = mix(light("#ffb884") * 0.85, light("#ff7a3a") * 1.25, smoothstep(0.1, 0.45, y))
    cloud = mix(mix(light("#33445f"), light("#5a4a62"), smoothstep(0.1, 0.5, y)), glow, lit)
    return (
        mix(base, cloud, 0.9 * smoothstep(0.05, 1.3, density))
        + light("#fff0c0") * (3.0 * smoothstep(0.026, 0.021, np.hypot(x - 0.3, y - 0.53)))[..., None]
    )


def _paint_land(x: FloatArray, y: FloatArray, z: FloatArray, land: HeightField) -> FloatArray:
    normal = normals(land, x, z, 0.12 + z * 0.002)
    facing = clamp(normal @ SUN) * sunlit(land, x, y + 0.3, z, SUN, 90, 12)
    grain, fine = Tile.make(116, 1.5), Tile.make(117, 1.2)
    beds = np.sin(y * 2.1 + 1.5 * grain.at(x / 80, z / 80)) * 0.5 + 0.5
    rock = mix(light("#41383a"), light("#a08674"), clamp(0.55 * beds + 0.25 + 0.2 * fine.at((x + z) / 30, y / 14)))
    grass = mix(
        light("#3a4a1c"),
        light("#a09a3e"),
        clamp(0.5 + 0.3 * grain.at(x / 30, z / 30) + 0.2 * fine.at(x / 9, z / 9)),
    )
    heather = smoothstep(0.7, 1.3, grain.at(x / 45 + 0.3, z / 45))
    grass = mix(grass, light("#8a4a78"), 0.7 * heather)
    green = smoothstep(0.5, 0.78, normal[:, 1]) * smoothstep(3.0, 6.0, y + 1.2 * grain.at(x / 40, z / 40))
    albedo = mix(rock, grass, green)
    wet = smoothstep(2.6, 0.6, y + 0.5 * fine.at(x / 10, z / 10))
    albedo = albedo * (1 - 0.65 * wet)[:, None]
    ambient = light("#7a92b8") * 0.5 * (0.45 + 0.55 * normal[:, 1:2])
    bounce = light("#ff9a60") * 0.18 * clamp(-normal[:, 0:1] * 0.5 + 0.5)
    return np.asarray(albedo * (ambient + bounce + light("#ffb070") * 2.7 * facing[:, None]), dtype=np.float64)


def _paint_sea(
    x: FloatArray,
    z: FloatArray,
    row: FloatArray,
    column: FloatArray,
    sea: HeightField,
    shore: HeightField,
    heavens: FloatArray,
) -> FloatArray:
    normal = normals(sea, x, z, 0.1 + z * 0.0025)
    foam_noise, lace = Tile.make(118, 1.6), Tile.make(119, 1.45)
    below = np.maximum(row - HORIZON * HEIGHT, 0.0)
    # The reflected ray meets the sky higher up the more the wave leans towards the camera.
    rows = HORIZON * HEIGHT - below * 0.5 + normal[:, 2] * 1150 - 25
    columns = column + normal[:, 0] * 900
    mirrored = warp(heavens, np.minimum(rows, HORIZON * HEIGHT - 2)[:, None], columns[:, None])[:, 0]
    steep = clamp(-normal[:, 2] * 1.5 + below / 1500 * 0.9)
    body = mix(light("#0c2f3c"), light("#2a7a78"), clamp(0.3 + 0.5 * sea(x, z)))
    surface = mix(mirrored, body, clamp(0.16 + 1.1 * steep))
    crest = smoothstep(0.75, 1.5, sea(x, z) + 0.4 * lace.at(x / 16, z / 16)) * np.exp(-z / 160)
    edge = shore(x, z) + 0.9 * foam_noise.at(x / 30, z / 30)
    surf = bump(edge, -0.3, 1.5) + 0.7 * bump(edge, -3.2, 0.8) + 0.35 * bump(edge, -5.5, 0.8)
    threads = smoothstep(0.0, 0.8, lace.at(x / 11, z / 14) + surf * 0.9)
    foam = clamp((surf * 1.3 + 0.85 * crest) * threads)
    return mix(surface, mix(light("#8fa4bc"), light("#ffdcb8"), clamp(0.5 - normal[:, 0] * 2)), foam)


def _tower(picture: FloatArray, x: FloatArray, y: FloatArray) -> None:
    scale = CAMERA.focal / TOWER[1] / HEIGHT
    column = WIDTH / 2 / HEIGHT + TOWER[0] * scale
    foot = HORIZON - (TOWER[2] - 2.0 - CAMERA.eye) * scale
    across, up = (x - column) / scale / TOWER_SCALE, (foot - y) / scale / TOWER_SCALE
    noise = Tile.make(120, 1.2)

    def drum(low: float, high: float, base: float, top: float, color: FloatArray) -> None:
        half = base + (top - base) * (up - low) / (high - low)
        inside = (np.abs(across) < half) & (up >= low) & (up < high)
        turn = across / np.maximum(half, 1e-6)
        bright = 0.26 + 1.5 * clamp(-0.85 * turn + 0.5 * np.sqrt(clamp(1 - turn**2))) + 0.12 * clamp(turn)
        shade = bright * (0.94 + 0.07 * noise.at(x * 2, y * 0.6))
        tint = mix(light("#9fb4d8"), light("#ffc890"), clamp(0.5 - turn * 0.9))
        picture[inside] = (color * tint * shade[..., None])[inside]

    white, red, iron = light("#f2ebe0"), light("#c22a22"), light("#2a2c34")
    _cottage(picture, across, up, noise)
    stripes = 5
    for index in range(stripes):
        low, high = 22.0 * index / stripes, 22.0 * (index + 1) / stripes
        drum(low - 0.05, high, 4.1 - 1.5 * low / 22, 4.1 - 1.5 * high / 22, white if index % 2 == 0 else red)
    for level in (4.5, 10.5, 16.5):
        window = (np.abs(across + 0.3) < 0.42) & (np.abs(up - level) < 0.95)
        picture[window] = light("#1c1e28")
    drum(22.0, 23.0, 3.0, 3.6, iron * 3)
    rail = (np.abs(across) < 3.7) & (up > 23) & (up < 24.6) & ((np.abs((across * 1.6) % 1 - 0.5) > 0.36) | (up > 24.35))
    drum(23.0, 26.6, 1.9, 1.9, light("#ffd27a") * 2.2)
    picture[rail] = iron
    bars = (np.abs(across) < 1.9) & (up > 23) & (up < 26.6) & (np.abs((across * 0.9) % 1 - 0.5) > 0.44)
    picture[bars] = iron
    dome = (np.hypot(across / 2.4, (up - 26.6) / 2.3) < 1) & (up >= 26.6)
    picture[dome] = (light("#a8241e") * (0.35 + 1.1 * clamp(-across / 2.4))[..., None])[dome]
    picture[(np.abs(across) < 0.13) & (up > 28.5) & (up < 31.5)] = iron
    lamp = np.hypot(across, up - 24.9)
    picture += light("#ffe0a0") * (2.2 * np.exp(-((lamp / 1.5) ** 2)) + 0.4 * np.exp(-lamp / 4.5))[..., None]
    # Two beams, faint in the sea air and wider as they leave.
    for side, slope in ((-1, 0.1), (1, 0.06)):
        reach = side * across
        beam = np.exp(-((((up - 24.9) - slope * reach) / (0.5 + 0.075 * np.maximum(reach, 0))) ** 2)) * (reach > 0)
        picture += light("#ffe6b0") * (0.34 * beam * np.exp(-np.maximum(reach, 0) / 60))[..., None]


def _cottage(picture: FloatArray, across: FloatArray, up: FloatArray, noise: Tile) -> None:
    for left, right, eaves, ridge in ((4.5, 15.5, 4.6, 8.6), (14.5, 21.0, 3.4, 6.2)):
        wall = (across > left) & (across < right) & (up > -3) & (up < eaves)
        inset = (up - eaves) / (ridge - eaves) * 1.2
        roof = (across > left - 0.5 + inset) & (across < right + 0.5 - inset) & (up >= eaves) & (up < ridge)
        chimney = (np.abs(across - right + 2.4) < 0.6) & (up > ridge - 1.2) & (up < ridge + 1.7)
        tiles = 0.75 + 0.2 * np.sin(up * 9) + 0.12 * noise.at(across / 30, up / 30)
        picture[chimney] = light("#a8745a") * 0.8
        picture[wall] = (
            light("#e8c8a4")
            * (0.62 + 0.07 * noise.at(across / 20, up / 20) - 0.03 * (across - left) - 0.3 * bump(up, eaves, 0.7))[..., None]
        )[wall]
        picture[roof] = (light("#8a4a38") * tiles[..., None] * 0.9)[roof]
        for spot in np.arange(left + 1.8, right - 0.8, 2.9):
            pane = (np.abs(across - spot) < 0.62) & (np.abs(up - eaves * 0.55) < 0.85)
            picture[pane] = light("#ffb84a") * 1.6


def render() -> FloatArray:
    """Render the lighthouse as an sRGB picture."""
    x, y = pixel_grid(WIDTH, HEIGHT)
    land, sea, shore = _coast()

    def surface(px: FloatArray, pz: FloatArray) -> FloatArray:
        return np.maximum(land(px, pz), sea(px, pz))

    ground = look(CAMERA, surface, 24, 5000, 800)
    picture = sky(x, y)
    heavens = picture.copy()
    hit = np.isfinite(ground.depth)
    gx, gy, gz = ground.x[hit], ground.y[hit], ground.depth[hit]
    row, column = np.nonzero(hit)
    dry = land(gx, gz) > sea(gx, gz)
    color = np.zeros((len(gx), 3))
    color[dry] = _paint_land(gx[dry], gy[dry], gz[dry], land)
    wet = ~dry
    color[wet] = _paint_sea(gx[wet], gz[wet], row[wet].astype(np.float64), column[wet].astype(np.float64), sea, shore, heavens)
    haze = 1 - np.exp(-gz / 1500)
    picture[hit] = mix(color, heavens[int(HORIZON * HEIGHT) - 4, column], haze)
    _tower(picture, x, y)
    return shrink(develop(picture, 0.92, 0.14, 121))
