"""A mountain lake at sunrise: ray-marched peaks, mist over the water and pines on both shores."""

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
from samples.plants import plant_pine
from samples.terrain import Camera, HeightField, look, normals, sunlit

WIDTH, HEIGHT = 1440, 1080
HORIZON = 0.56
SUN = np.array([0.72, 0.42, -0.15]) / np.linalg.norm([0.72, 0.42, -0.15])


def _mountains() -> HeightField:
    rough, broad = Tile.make(11, 1.75), Tile.make(12, 1.9)
    canopy = Tile.make(13, 0.5, 512)

    def field(x: FloatArray, z: FloatArray) -> FloatArray:
        u, v = x / 9000, z / 9000
        wander = broad.at(u * 0.9 + 0.2, v * 0.9)
        ridges = 1.0 - np.abs(rough.at(u * 1.1 + 0.31, v * 1.1 + 0.1)) * 1.15
        peaks = 2500 * np.exp(-(((x + 900) / 1700) ** 2) - ((z - 7600) / 1900) ** 2)
        peaks += 1850 * np.exp(-(((x - 2500) / 1500) ** 2) - ((z - 8800) / 1800) ** 2)
        peaks += 1500 * np.exp(-(((x + 4300) / 1500) ** 2) - ((z - 8300) / 2000) ** 2)
        alpine = peaks * (0.72 + 0.42 * ridges + 0.12 * wander)
        shore = 330 + 130 * wander + 90 * rough.at(u * 5, v * 5) + z * 0.1
        walls = np.maximum(np.abs(x - 60 * wander) - shore, -60.0) * 0.42
        walls = walls * (1 + 0.16 * rough.at(u * 4 + 0.5, v * 4)) * np.exp(-z / 9000)
        flat = smoothstep(3600, 5200, z + 300 * wander) * 120
        land = np.maximum(walls, -30) + flat + alpine - 18
        # Trees are part of the ground: a needle-sharp noise that grows on dry land below the tree line.
        trees = clamp(canopy.at(x / 700, z / 700) * 0.5 + 0.5) * 26
        wooded = smoothstep(0, 14, land) * smoothstep(900, 620, land + 120 * wander)
        return np.asarray(land + trees * wooded, dtype=np.float64)

    return field


def sky(x: FloatArray, y: FloatArray) -> FloatArray:
    """Paint the sunrise sky: a warm horizon under blue, with lit and shaded clouds."""
    warmth = np.exp(-(((x - 1.15) / 0.75) ** 2))
    base = ramp(
        y,
        [
            (0.0, light("#2f5f9e")),
            (0.25, light("#7ba3c9")),
            (0.42, light("#e3c9b4")),
            (0.56, light("#ffd9a0")),
        ],
    )
    base = mix(base, light("#ffc98a") * 1.5, 0.55 * warmth * smoothstep(0.1, 0.5, y))
    far = 0.16 / (0.62 - np.minimum(y, 0.56))
    clouds, detail = Tile.make(21, 1.55), Tile.make(22, 1.2)
    u, v = (x - 0.66) * far * 0.55 + 0.2, far * 0.9
    density = clouds.at(u * 0.5, v * 0.5) + 0.25 * detail.at(u, v)
    toward_sun = clouds.at(u * 0.5 + 0.02, v * 0.5 + 0.015) + 0.25 * detail.at(u + 0.01, v + 0.01)
    cover = smoothstep(-0.05, 1.3, density)
    edge = clamp(0.55 + 0.9 * (density - toward_sun))
    cloud = mix(light("#8b8fae"), light("#fff0dc") * 1.35, edge)
    cloud = mix(cloud, light("#ffb98a") * 1.2, 0.5 * smoothstep(0.2, 0.5, y))
    return mix(base, cloud, 0.88 * cover)


def _land(camera: Camera, field: HeightField, backdrop: FloatArray) -> tuple[FloatArray, FloatArray]:
    ground = look(camera, field, 60, 14000, 900)
    hit = np.isfinite(ground.depth) & (ground.y > 0.0)
    x, y, z = ground.x[hit], ground.y[hit], ground.depth[hit]
    normal = normals(field, x, z, 0.6 + z * 0.0016)
    facing = clamp(normal @ SUN) * sunlit(field, x, y + 3, z, SUN, 2600, 12)
    grain = Tile.make(14, 1.0)
    rock = mix(light("#6b6259"), light("#a3968a"), clamp(0.5 + 0.3 * grain.at(x / 900, (y + z) / 900)))
    forest = mix(light("#16261c"), light("#4a6132"), clamp(0.35 + 0.3 * grain.at(x / 300, z / 300)))
    meadow = smoothstep(0.5, 0.9, grain.at(x / 2500, z / 2500)) * smoothstep(0.7, 0.95, normal[:, 1])
    forest = mix(forest, light("#8a8a3e"), 0.7 * meadow)
    albedo = mix(forest, rock, smoothstep(520, 850, y + 130 * grain.at(x / 1500, z / 1500)))
    snow = smoothstep(850, 1250, y + 500 * (normal[:, 1] - 0.6) + 160 * grain.at(x / 700, z / 700))
    albedo = mix(albedo, light("#f4f6fb"), snow * smoothstep(0.25, 0.55, normal[:, 1]))
    ambient = light("#7f9cc8") * 0.42 * (0.5 + 0.5 * normal[:, 1:2])
    lit = albedo * (ambient + light("#ffc890") * 3.2 * facing[:, None])
    haze = 1 - np.exp(-z / 19000)
    mist = np.exp(-y / 45) * smoothstep(700, 3200, z) * (0.75 + 0.3 * grain.at(x / 5000, z / 9000))
    air = mix(light("#9fb4d2"), light("#ffd9ae"), smoothstep(-3000, 4000, x))
    lit = mix(lit, air, haze)
    lit = mix(lit, light("#ffe6cc"), clamp(mist) * 0.7)
    picture = backdrop.copy()
    picture[hit] = lit
    return picture, np.where(hit, ground.depth, np.inf)


def _water(picture: FloatArray, camera: Camera) -> FloatArray:
    rows = np.arange(HEIGHT)[:, None] + np.zeros((1, WIDTH))
    line = HORIZON * HEIGHT
    below = np.maximum(rows - line, 0.5)
    distance = camera.eye * camera.focal / below
    columns = np.arange(WIDTH)[None, :] + np.zeros((HEIGHT, 1))
    x = (columns - WIDTH / 2) * distance / camera.focal
    ripple = Tile.make(15, 1.1)
    calm = 0.35 + 0.65 * smoothstep(-0.3, 0.7, Tile.make(16, 1.8).at(x / 400, distance / 700))
    wave = ripple.at(x / 34, distance / 50) * calm
    strength = below * 0.05 + 1.5
    mirrored = line - below * 1.02 + wave * strength
    reflection = warp(picture, mirrored, columns + ripple.at(x / 60 + 0.4, distance / 60) * strength * 0.3)
    steepness = np.arctan2(below, camera.focal)
    mirror = clamp(0.9 - 1.1 * steepness + 0.05 * wave)
    bed = mix(light("#12343a"), light("#2d4a3c"), clamp(0.5 + 0.4 * ripple.at(x / 12, distance / 12)))
    surface = mix(bed * 0.7, reflection * np.array([0.9, 0.95, 1.0]), mirror)
    glint = smoothstep(1.3, 2.4, wave) * bump(columns / HEIGHT, 1.02, 0.22)
    return surface + (light("#ffd9a0") * 0.9) * glint[..., None]


def render() -> FloatArray:
    """Render the mountain lake as an sRGB picture."""
    camera = Camera(WIDTH, HEIGHT, 9.0, HORIZON, 1150)
    x, y = pixel_grid(WIDTH, HEIGHT)
    picture, depth = _land(camera, _mountains(), sky(x, y))
    rng = np.random.default_rng(17)
    water = np.isinf(depth) & (y > HORIZON)
    shore = picture.copy()
    for column in np.concatenate([rng.uniform(-20, 330, 16), rng.uniform(1190, 1460, 12)]):
        inward = column / 330 if column < 700 else (1460 - column) / 270
        tall = (1.0 - 0.72 * inward) * rng.uniform(0.75, 1.1) * 430
        plant_pine(shore, float(column), HORIZON * HEIGHT + 6, tall, rng)
    reflected = _water(shore, camera)
    picture = np.where(water[..., None], reflected, shore)
    for column, foot, tall in ((60, 1130, 1010), (215, 1120, 640), (1395, 1140, 900), (1290, 1110, 520)):
        plant_pine(picture, float(column), float(foot), float(tall), rng)
    return shrink(develop(picture, 1.0, 0.12, 18))
