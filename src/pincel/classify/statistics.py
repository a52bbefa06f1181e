"""The mean image of a training set, and the principal components of its colors.

All sums are of integers and so exact: their order, and the number of processes, make no difference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from pincel.files import atomically

FILE = "statistics.safetensors"
_KEY = "about"


@dataclass
class Sums:
    """Sums over square images.

    Attributes:
        count: Number of square images, (1,) int64.
        pixels: Their sum, (3, side, side) int64.
        products: Sum over all their pixels of color · colorᵀ, (3, 3) int64.
    """

    count: Tensor
    pixels: Tensor
    products: Tensor

    @classmethod
    def empty(cls, side: int) -> Sums:
        """Return the sums over no squares."""
        return cls(torch.zeros(1, dtype=torch.int64), torch.zeros(3, side, side, dtype=torch.int64), torch.zeros(3, 3, dtype=torch.int64))

    def add(self, square: Tensor) -> None:
        """Add a square, (3, side, side) uint8."""
        # Sums of squares of 8 bits are whole numbers below 2^53, and exact in double precision.
        colors = square.reshape(3, -1).double()
        self.count += 1
        self.pixels += square
        self.products += (colors @ colors.T).long()


@dataclass(frozen=True)
class Statistics:
    """Mean image and colors of a training set.

    Attributes:
        mean: The mean image, (3, side, side) float32, 0-255.
        directions: The principal components of color, a column each, (3, 3) float64.
        variances: Variance along each, largest first, (3,) float64, for colors from 0 to 1.
    """

    mean: Tensor
    directions: Tensor
    variances: Tensor

    @cached_property
    def color(self) -> tuple[float, float, float]:
        """The mean color, 0-255."""
        red, green, blue = self.mean.double().mean((1, 2)).tolist()
        return red, green, blue

    def noise(self, drawn: Tensor) -> Tensor:
        r"""Return the color noise added to every pixel of an image, (3,), 0-255.

        .. math:: [p_1, p_2, p_3] \, [\alpha_1 \lambda_1, \alpha_2 \lambda_2, \alpha_3 \lambda_3]^T

        Args:
            drawn: α, (3,) float64, normal with mean 0 and standard deviation σ = 0.1 in the paper.

        Paper:
            Krizhevsky, Sutskever, Hinton 2012, section 4.1.

        Differs:
            λ, a variance, has the unit of a squared color, so that the unit matters; the paper names none. As in the implementation of
            Facebook (fb.resnet.torch) it is that of colors from 0 to 1: for ImageNet some five gray levels.
        """
        return (255 * self.directions @ (drawn * self.variances)).float()


def compute_statistics(sums: Sums) -> Statistics:
    """Return the statistics of one or more squares from their sums."""
    count, side = int(sums.count), sums.pixels.shape[-1]
    pixels = count * side * side
    mean = sums.pixels.double() / count
    color = mean.mean((1, 2))
    covariance = (sums.products.double() / pixels - torch.outer(color, color)) / 255**2
    variances, directions = torch.linalg.eigh(covariance)
    # The sign of a direction is arbitrary: the largest component is made positive.
    largest = directions.abs().argmax(0)
    signs = directions[largest, torch.arange(3)].sign()
    return Statistics(mean.float(), (directions * signs).flip(1), variances.clamp(min=0).flip(0))


def write_statistics(path: Path, statistics: Statistics, about: Mapping[str, Any]) -> None:
    """Write statistics, and what they belong to as JSON; raises OutputError."""
    numbers = {"mean": statistics.mean, "directions": statistics.directions.contiguous(), "variances": statistics.variances.contiguous()}
    with atomically(path, what="statistics") as temporary:
        temporary.write_bytes(safetensors.torch.save(numbers, metadata={_KEY: json.dumps(about)}))


def read_statistics(path: Path) -> tuple[Statistics, dict[str, Any]] | None:
    """Read statistics and what they belong to; None if there are none."""
    try:
        with safe_open(path, "pt") as opened:
            about = json.loads((opened.metadata() or {})[_KEY])
        return Statistics(**safetensors.torch.load_file(path)), about
    except (OSError, SafetensorError, TypeError, KeyError, ValueError):
        return None
