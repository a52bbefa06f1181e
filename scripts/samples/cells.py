"""Cellular patterns: jittered-grid Voronoi cells, and the seams between the pieces of a picture."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from samples.canvas import FloatArray, blur, clamp

IntArray: TypeAlias = npt.NDArray[np.int64]


def cells(u: FloatArray, v: FloatArray, seed: int, jitter: float = 0.8) -> IntArray:
    """Return the number of the Voronoi cell at each point; cells are about one unit wide."""
    table = np.random.default_rng(seed).uniform(-0.5, 0.5, (64, 64, 2)) * jitter
    column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    nearest = np.full(u.shape, np.inf)
    label = np.zeros(u.shape, dtype=np.int64)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            x, y = column + dx, row + dy
            shift = table[y % 64, x % 64]
            distance = (u - x - 0.5 - shift[..., 0]) ** 2 + (v - y - 0.5 - shift[..., 1]) ** 2
            closer = distance < nearest
            nearest = np.where(closer, distance, nearest)
            label = np.where(closer, (y % 1000) * 1000 + x % 1000, label)
    return label


def scramble(label: IntArray, salt: int) -> FloatArray:
    """Turn labels into numbers spread evenly from 0 to 1, the same number for the same label."""
    mixed = (label * 2654435761 + salt * 97531) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 2246822519) & 0xFFFFFFFF
    return np.asarray(((mixed ^ (mixed >> 13)) & 0xFFFFFF) / float(0xFFFFFF), dtype=np.float64)


def seams(label: IntArray, radius: int) -> FloatArray:
    """Return a ridge that is 1 along the borders between labels and falls to 0 within about ``radius``."""
    edge = np.zeros(label.shape)
    edge[:, 1:] += label[:, 1:] != label[:, :-1]
    edge[1:, :] += label[1:, :] != label[:-1, :]
    soft = blur(clamp(edge), radius / 2)
    return clamp(soft * radius * 1.1)
