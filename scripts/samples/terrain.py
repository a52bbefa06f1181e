"""A height-field renderer: finds, for every pixel, the first piece of ground that its ray meets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from samples.canvas import FloatArray, clamp

HeightField: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class Camera:
    """A level camera at x = z = 0 that looks along z; lengths are meters, focal length is in pixels."""

    width: int
    height: int
    eye: float
    horizon: float
    focal: float

    def across(self) -> FloatArray:
        """Return the sideways slope of each column."""
        columns = np.arange(self.width, dtype=np.float64)
        return (columns + 0.5 - self.width / 2) / self.focal

    def upward(self) -> FloatArray:
        """Return the upward slope of each row, rows from the top."""
        rows = np.arange(self.height, dtype=np.float64)
        return (self.horizon * self.height - rows - 0.5) / self.focal


@dataclass(frozen=True)
class Ground:
    """Where the rays meet the ground; ``depth`` is infinite where they reach the sky."""

    depth: FloatArray
    x: FloatArray
    y: FloatArray


def look(camera: Camera, field: HeightField, near: float, far: float, steps: int) -> Ground:
    """Intersect all rays of a camera with a height field.

    A column of pixels sees the ground along one line. The running maximum of the slope at which points
    of that line appear rises with distance, so the first hit of each row is a sorted search.
    """
    depths = np.geomspace(near, far, steps)[:, None]
    across, upward = camera.across()[None, :], camera.upward()
    slopes = (field(across * depths, depths + np.zeros_like(across)) - camera.eye) / depths
    skyline = np.maximum.accumulate(slopes, axis=0)
    depth = np.full((camera.height, camera.width), np.inf)
    for column in range(camera.width):
        line = skyline[:, column]
        index = np.searchsorted(line, upward)
        hit = index < steps
        after = index[hit]
        before = np.maximum(after - 1, 0)
        rise = line[after] - line[before]
        part = np.where(rise > 1e-12, (upward[hit] - line[before]) / np.maximum(rise, 1e-12), 0.0)
        part = np.clip(part, 0.0, 1.0)
        depth[hit, column] = depths[before, 0] * (1 - part) + depths[after, 0] * part
    finite = np.where(np.isfinite(depth), depth, far)
    return Ground(depth, across * finite, camera.eye + upward[:, None] * finite)


def normals(field: HeightField, x: FloatArray, z: FloatArray, step: FloatArray) -> FloatArray:
    """Estimate surface normals (last axis x, y, z) by differences over ``step`` meters."""
    base = field(x, z)
    dx = (field(x + step, z) - base) / step
    dz = (field(x, z + step) - base) / step
    normal = np.stack([-dx, np.ones_like(dx), -dz], axis=-1)
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True), dtype=np.float64)


def sunlit(field: HeightField, x: FloatArray, y: FloatArray, z: FloatArray, sun: FloatArray, reach: float, steps: int) -> FloatArray:
    """Return 1 where the sun reaches a point and 0 where nearby ground shadows it, soft in between."""
    clear = np.ones_like(x)
    for distance in np.geomspace(reach / 60, reach, steps):
        over = y + sun[1] * distance - field(x + sun[0] * distance, z + sun[2] * distance)
        clear = np.minimum(clear, clamp(0.5 + 9.0 * over / distance))
    return clear
