"""A brush: lays curved, bristly strokes along a flow field, onto a canvas that keeps their relief."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from samples.canvas import FloatArray, clamp, spectral_noise


@dataclass(frozen=True)
class Brush:
    """How one layer of strokes is laid; lengths are pixels of the enlarged canvas."""

    width: float
    length: float
    spacing: float
    bristle: float = 0.12
    color_jitter: float = 0.05
    angle_jitter: float = 0.1
    dryness: float = 0.35
    body: float = 1.0


@dataclass
class Canvas:
    """Paint color and paint thickness."""

    color: FloatArray
    thickness: FloatArray

    @classmethod
    def primed(cls, height: int, width: int, ground: FloatArray) -> Canvas:
        """Return a canvas covered with one color."""
        return cls(np.zeros((height, width, 3)) + ground, np.zeros((height, width)))


def paint(
    canvas: Canvas,
    target: FloatArray,
    flow: FloatArray,
    brush: Brush,
    rng: np.random.Generator,
    where: FloatArray | None = None,
) -> None:
    """Cover the canvas with strokes that take their color from ``target`` and follow the angles ``flow``.

    Args:
        canvas: Painted in place.
        target: The picture to paint, same size as the canvas.
        flow: Direction of the strokes in radians.
        brush: Stroke size and character.
        rng: Source of randomness.
        where: Chance from 0 to 1 that a stroke is laid at a place; everywhere if left out.
    """
    height, width = flow.shape
    bristles = spectral_noise(np.random.default_rng(5), 256, 512, 0.9, (1.0, 14.0))
    rows, columns = np.mgrid[0 : height : brush.spacing, 0 : width : brush.spacing]
    starts = np.stack([rows.ravel(), columns.ravel()], axis=1).astype(np.float64)
    starts += rng.uniform(-0.6, 0.6, starts.shape) * brush.spacing
    rng.shuffle(starts)
    for row, column in starts:
        y, x = min(max(int(row), 0), height - 1), min(max(int(column), 0), width - 1)
        if where is None or rng.random() < where[y, x]:
            color = target[y, x] + rng.normal(0, brush.color_jitter, 3) * 0.6 + rng.normal(0, brush.color_jitter)
            _stroke(canvas, flow, brush, bristles, (float(row), float(column)), color, rng)


def _path(flow: FloatArray, start: tuple[float, float], length: float, turn: float, pieces: int) -> tuple[FloatArray, FloatArray]:
    """Follow the flow from a start; returns the points (row, column) and the angle at each."""
    height, width = flow.shape
    y, x = start
    step = length / pieces
    points, angles = np.empty((pieces + 1, 2)), np.empty(pieces + 1)
    for index in range(pieces + 1):
        angle = flow[min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)] + turn
        points[index] = y, x
        angles[index] = angle
        y += np.sin(angle) * step
        x += np.cos(angle) * step
    return points, np.unwrap(angles)


def _stroke(
    canvas: Canvas,
    flow: FloatArray,
    brush: Brush,
    bristles: FloatArray,
    start: tuple[float, float],
    color: FloatArray,
    rng: np.random.Generator,
) -> None:
    height, width = flow.shape
    length = brush.length * rng.uniform(0.55, 1.3)
    broad = brush.width * rng.uniform(0.7, 1.25)
    points, angles = _path(flow, start, length, rng.normal(0, brush.angle_jitter), 7)
    along = np.linspace(0, 1, int(length / 0.75) + 2)
    knots = np.linspace(0, 1, len(angles))
    y, x = np.interp(along, knots, points[:, 0]), np.interp(along, knots, points[:, 1])
    angle = np.interp(along, knots, angles)
    across = np.linspace(-1, 1, int(broad / 0.7) + 3)
    # The brush lands narrow, spreads, and lifts: bristles that carry less paint run dry first.
    swell = np.sqrt(clamp(np.minimum(along * 7 + 0.15, (1 - along) * 4 + 0.1)))[:, None]
    offset = across[None, :] * swell * broad / 2
    row = (y[:, None] + np.cos(angle)[:, None] * offset).astype(np.int64)
    column = (x[:, None] - np.sin(angle)[:, None] * offset).astype(np.int64)
    hair_row = int(rng.integers(0, 256)) + (across * broad * 0.5).astype(np.int64)
    hair_column = int(rng.integers(0, 512)) + (along * length).astype(np.int64)
    hair = bristles[hair_row[None, :] % 256, hair_column[:, None] % 512]
    dry = hair * 0.5 > 1.6 - brush.dryness * (0.4 + 3.0 * along[:, None] ** 2)
    keep = ~dry & (row >= 0) & (row < height) & (column >= 0) & (column < width)
    edge = across[None, :] ** 4
    body = (0.55 + 0.28 * hair + 0.5 * edge) * (0.7 + 0.3 * np.sin(along * np.pi))[:, None] * brush.body
    tone = (1.0 + brush.bristle * hair)[..., None]
    row, column = row[keep], column[keep]
    canvas.color[row, column] = (clamp(color)[None, None, :] * tone)[keep]
    old = canvas.thickness[row, column]
    canvas.thickness[row, column] = old * 0.35 + body[keep]


def vortex(angle: FloatArray, y: FloatArray, x: FloatArray, center: tuple[float, float], size: float) -> FloatArray:
    """Bend a flow field into a whirl around ``center`` (row, column), fading out at ``size``."""
    dy, dx = y - center[0], x - center[1]
    weight = np.exp(-((np.hypot(dy, dx) / size) ** 2) * 1.2) * 1.4
    spin = np.arctan2(dy, dx) + np.pi / 2 + 0.12
    # Directions are mixed as vectors, so that the whirl joins the flow without a seam.
    vy = np.sin(angle) + weight * np.sin(spin) * 3
    vx = np.cos(angle) + weight * np.cos(spin) * 3
    return np.asarray(np.arctan2(vy, vx), dtype=np.float64)
