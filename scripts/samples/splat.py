"""A small renderer for still lifes: surfaces become dense points, drawn through depth buffers.

The same points are drawn once for the eye and once for every lamp, so shadows need no ray tracing: a point
is lit by a lamp if the lamp's own depth buffer saw it first. Many weak lamps make soft shadows and a sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.canvas import FloatArray, blur, clamp
from samples.cells import IntArray


@dataclass(frozen=True)
class Cloud:
    """Points of a surface: places, normals, colors, and how glossy each point is."""

    place: FloatArray
    normal: FloatArray
    albedo: FloatArray
    gloss: FloatArray


@dataclass(frozen=True)
class Lamp:
    """A distant lamp: direction towards it and its color."""

    toward: FloatArray
    color: FloatArray


def surface(grid: FloatArray, albedo: FloatArray, gloss: float, outward: FloatArray | None = None) -> Cloud:
    """Turn a (rows, columns, 3) grid of points into a cloud with normals.

    Args:
        grid: Points of the surface.
        albedo: Colors, one for each point or one for all.
        gloss: Strength of the highlight.
        outward: A point inside the body, from which normals point away; thin leaves leave it out.
    """
    along, across = np.gradient(grid, axis=0), np.gradient(grid, axis=1)
    normal = np.cross(along, across)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    if outward is not None:
        inward = (normal * (grid - outward)).sum(axis=-1, keepdims=True) < 0
        normal = np.where(inward, -normal, normal)
    colors = np.broadcast_to(albedo, grid.shape)
    return Cloud(
        grid.reshape(-1, 3),
        normal.reshape(-1, 3),
        colors.reshape(-1, 3).copy(),
        np.full(grid.shape[0] * grid.shape[1], gloss),
    )


def join(clouds: list[Cloud]) -> Cloud:
    """Put several clouds into one."""
    return Cloud(
        np.concatenate([cloud.place for cloud in clouds]),
        np.concatenate([cloud.normal for cloud in clouds]),
        np.concatenate([cloud.albedo for cloud in clouds]),
        np.concatenate([cloud.gloss for cloud in clouds]),
    )


@dataclass(frozen=True)
class View:
    """A camera: a place, a target, and a picture size with a focal length in pixels."""

    eye: FloatArray
    target: FloatArray
    width: int
    height: int
    focal: float

    def project(self, place: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the row, column and depth of each point."""
        right, up, forward = _axes(self.target - self.eye)
        offset = place - self.eye
        depth = offset @ forward
        column = self.width / 2 + self.focal * (offset @ right) / depth
        row = self.height / 2 - self.focal * (offset @ up) / depth
        return row, column, depth


def _axes(direction: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    forward = direction / np.linalg.norm(direction)
    right = np.cross(np.array([0.0, 1.0, 0.0]), forward)
    right /= np.linalg.norm(right)
    return right, np.cross(forward, right), forward


def visible(cloud: Cloud, view: View) -> IntArray:
    """Return, for every pixel, the number of the point seen there, or -1."""
    row, column, depth = view.project(cloud.place)
    inside = (row >= 0) & (row < view.height) & (column >= 0) & (column < view.width) & (depth > 0)
    number = np.flatnonzero(inside)
    pixel = row[inside].astype(np.int64) * view.width + column[inside].astype(np.int64)
    order = np.argsort(-depth[inside], kind="stable")
    seen = np.full(view.width * view.height, -1, dtype=np.int64)
    seen[pixel[order]] = number[order]
    return seen.reshape(view.height, view.width)


def close_pinholes(seen: IntArray, cloud: Cloud, view: View, step: float) -> IntArray:
    """Close single pixels through which something behind a surface shows between its points.

    A pixel that lies deeper than both neighbors across, or both above and below, by more than ``step``
    takes the point of one of them.
    """
    depth = np.where(seen >= 0, view.project(cloud.place[np.maximum(seen, 0)])[2], np.inf)
    for _ in range(2):
        for axis in (0, 1):
            before, after = np.roll(depth, 1, axis), np.roll(depth, -1, axis)
            hole = (before < depth - step) & (after < depth - step)
            seen = np.where(hole, np.roll(seen, 1, axis), seen)
            depth = np.where(hole, before, depth)
    return seen


def illuminate(cloud: Cloud, chosen: IntArray, lamps: list[Lamp], eye: FloatArray, scale: float) -> FloatArray:
    """Return the light that the chosen points send to the eye.

    Args:
        cloud: The whole scene, which casts the shadows.
        chosen: Numbers of the points to light.
        lamps: All lamps.
        eye: Place of the camera, for highlights.
        scale: Cells of the shadow buffers for one unit of length.
    """
    place, normal = cloud.place[chosen], cloud.normal[chosen]
    to_eye = eye - place
    to_eye /= np.linalg.norm(to_eye, axis=-1, keepdims=True)
    normal = np.where((normal * to_eye).sum(axis=-1, keepdims=True) < 0, -normal, normal)
    diffuse, shine = np.zeros_like(place), np.zeros_like(place)
    casters = cloud.place[::5]
    for lamp in lamps:
        open_ = _reached(casters, place + normal * 3.0 / scale, lamp.toward, scale)
        facing = clamp(normal @ lamp.toward) * open_
        half = to_eye + lamp.toward
        half /= np.linalg.norm(half, axis=-1, keepdims=True)
        spark = clamp((normal * half).sum(axis=-1)) ** 60 * open_
        diffuse += facing[:, None] * lamp.color
        shine += spark[:, None] * lamp.color
    return cloud.albedo[chosen] * diffuse + shine * cloud.gloss[chosen][:, None]


def _reached(casters: FloatArray, place: FloatArray, toward: FloatArray, scale: float) -> FloatArray:
    right, up, forward = _axes(-toward)
    corner_x, corner_y = (casters @ right).min(), (casters @ up).min()
    x, y = (
        ((casters @ right - corner_x) * scale).astype(np.int64),
        ((casters @ up - corner_y) * scale).astype(np.int64),
    )
    width, height = int(x.max()) + 1, int(y.max()) + 1
    buffer = np.full(width * height, np.inf)
    np.minimum.at(buffer, y * width + x, casters @ forward)
    x = np.clip(((place @ right - corner_x) * scale).astype(np.int64), 0, width - 1)
    y = np.clip(((place @ up - corner_y) * scale).astype(np.int64), 0, height - 1)
    return np.asarray((place @ forward) < buffer[y * width + x] + 3.5 / scale, dtype=np.float64)


def fill_gaps(picture: FloatArray, empty: FloatArray) -> FloatArray:
    """Fill pixels that no point reached from the pixels around them."""
    known = 1.0 - empty
    for radius in (1, 2, 6):
        weight = blur(known, radius)
        nearby = blur(picture * known[..., None], radius) / np.maximum(weight, 1e-6)[..., None]
        fillable = (known < 0.5) & (weight > 1e-3)
        picture = np.where(fillable[..., None], nearby, picture)
        known = np.where(fillable, 1.0, known)
    return picture
