"""What a network sees of a square image: crops, mirrored or not, and color noise.

Every random number follows from a seed, an epoch and an image, and from nothing else: the number of processes, and where a run was
interrupted, make no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from pincel.classify.schema import TrainingRecipe
from pincel.classify.statistics import Statistics

# What random numbers are for: independent streams.
Purpose = Literal["weights", "order", "view", "dropout"]
_PURPOSES: Mapping[str, int] = {"weights": 1, "order": 2, "view": 3, "dropout": 4}
# Top, left.
Corner: TypeAlias = tuple[int, int]


def rng_for(purpose: Purpose, *numbers: int) -> Generator:
    """Return the random numbers for a purpose, a seed, and what else they depend on."""
    return np.random.default_rng([_PURPOSES[purpose], *numbers])


@dataclass(frozen=True)
class CropTransform:
    """Cuts crops from square images and normalizes them.

    Attributes:
        crop: Side of a crop.
        statistics: Of the training set.
        sigma: σ of the color noise.
        divisor: Of the result.
        seed: Of all that is random.
    """

    crop: int
    statistics: Statistics
    sigma: float
    divisor: float
    seed: int

    def cut(self, square: Tensor, corner: Corner, *, mirrored: bool = False, noise: Tensor | None = None) -> Tensor:
        """Return a crop less the mean image.

        Args:
            square: (3, side, side) uint8.
            corner: (top, left).
            mirrored: Whether left becomes right, of the mean image too.
            noise: Added to every pixel, (3,), 0-255.

        Returns:
            (3, crop, crop) float32.
        """
        top, left = corner
        window = (slice(None), slice(top, top + self.crop), slice(left, left + self.crop))
        pixels = square[window].float() - self.statistics.mean[window]
        pixels = pixels if noise is None else pixels + noise[:, None, None]
        return (pixels.flip(-1) if mirrored else pixels) / self.divisor

    def noise(self, rng: Generator) -> Tensor | None:
        """Draw color noise, (3,); None if the recipe has none."""
        return self.statistics.noise(torch.from_numpy(rng.normal(0.0, self.sigma, 3))) if self.sigma else None


@dataclass(frozen=True)
class RandomView:
    """What is drawn for a crop.

    Attributes:
        corner: Where it begins, (top, left).
        mirrored: Whether left becomes right.
        noise: Added to every pixel, (3,), 0-255; None for none.
    """

    corner: Corner
    mirrored: bool
    noise: Tensor | None


def random_crop(transform: CropTransform, square: Tensor, epoch: int, index: int) -> Tensor:
    """Return one crop at a random place, mirrored half of the time, with color noise, (1, 3, crop, crop).

    Args:
        transform: Cuts it.
        square: (3, side, side) uint8.
        epoch: Number of the epoch.
        index: Of the image in its part of the data set.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 4.1.
    """
    view = draw_view(transform, square.shape[-1], epoch, index)
    return transform.cut(square, view.corner, mirrored=view.mirrored, noise=view.noise)[None]


def draw_view(transform: CropTransform, side: int, epoch: int, index: int) -> RandomView:
    """Draw where a crop lies in a square of a side, whether it is mirrored, and its color noise; arguments as :func:`random_crop`."""
    rng = rng_for("view", transform.seed, epoch, index)
    top, left = (int(each) for each in rng.integers(0, side - transform.crop + 1, 2))
    return RandomView((top, left), bool(rng.integers(2)), transform.noise(rng))


def noisy_center(transform: CropTransform, square: Tensor, epoch: int, index: int) -> Tensor:
    """Return the central crop, with color noise if the recipe has any, (1, 3, crop, crop); arguments as :func:`random_crop`."""
    noise = transform.noise(rng_for("view", transform.seed, epoch, index))
    return transform.cut(square, center(square.shape[-1], transform.crop), noise=noise)[None]


def center_crop(transform: CropTransform, square: Tensor, _epoch: int, _index: int) -> Tensor:
    """Return the central crop as it is, (1, 3, crop, crop); arguments as :func:`random_crop`."""
    return transform.cut(square, center(square.shape[-1], transform.crop))[None]


def ten_crops(transform: CropTransform, square: Tensor, _epoch: int, _index: int) -> Tensor:
    """Return center and four corners, then the same mirrored, (10, 3, crop, crop); arguments as :func:`random_crop`.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 4.1.
    """
    corners = five_corners(square.shape[-1], transform.crop)
    return torch.stack([transform.cut(square, corner, mirrored=mirrored) for mirrored in (False, True) for corner in corners])


def center(side: int, crop: int) -> Corner:
    """Return where the central crop of a square begins."""
    begin = (side - crop) // 2
    return begin, begin


def five_corners(side: int, crop: int) -> list[Corner]:
    """Return where the central crop of a square begins, and those in its corners."""
    last = side - crop
    return [center(side, crop), (0, 0), (0, last), (last, 0), (last, last)]


# Name → (transform, square, epoch, index) → crops.
CROP_MODES: Mapping[str, Callable[[CropTransform, Tensor, int, int], Tensor]] = {
    "random": random_crop,
    "same": noisy_center,
    "central": center_crop,
    "ten": ten_crops,
}


def make_transform(recipe: TrainingRecipe, statistics: Statistics) -> CropTransform:
    """Return the transform of a recipe."""
    return CropTransform(recipe.crop, statistics, recipe.color_noise, recipe.divisor, recipe.seed)
