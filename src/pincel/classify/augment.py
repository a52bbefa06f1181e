"""What the network sees of a square: crops, mirrored or not, and color noise.

Every random number belongs to a seed, an epoch and a picture, and to nothing else. So it does not matter how many processes load or learn,
nor where a run was cut short.
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

# What random numbers are for: streams that have nothing to do with each other.
Purpose = Literal["weights", "order", "view", "dropout"]
_PURPOSES: Mapping[str, int] = {"weights": 1, "order": 2, "view": 3, "dropout": 4}
Place: TypeAlias = tuple[int, int]


def stream(purpose: Purpose, *numbers: int) -> Generator:
    """Return the random numbers for a purpose, a seed, and what else they depend on."""
    return np.random.default_rng([_PURPOSES[purpose], *numbers])


@dataclass(frozen=True)
class Eyepiece:
    """How squares are looked at.

    Attributes:
        crop: Side of what is seen.
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

    def view(self, square: Tensor, place: Place, *, mirrored: bool = False, noise: Tensor | None = None) -> Tensor:
        """Cut out of a square, less the mean picture.

        Args:
            square: (3, side, side) uint8.
            place: (top, left).
            mirrored: Whether left becomes right, of the mean picture too.
            noise: Added to every pixel, (3,), 0-255.

        Returns:
            (3, crop, crop) float32.
        """
        top, left = place
        window = (slice(None), slice(top, top + self.crop), slice(left, left + self.crop))
        seen = square[window].float() - self.statistics.mean[window]
        seen = seen if noise is None else seen + noise[:, None, None]
        return (seen.flip(-1) if mirrored else seen) / self.divisor


def random_view(eye: Eyepiece, square: Tensor, epoch: int, index: int) -> Tensor:
    """Return one crop from anywhere, mirrored half of the time, in noisy colors, (1, 3, crop, crop).

    Args:
        eye: How it is looked at.
        square: (3, side, side) uint8.
        epoch: Which time it is seen.
        index: Its place in the list.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 4.1.
    """
    rng = stream("view", eye.seed, epoch, index)
    top, left = (int(each) for each in rng.integers(0, square.shape[-1] - eye.crop + 1, 2))
    mirrored = bool(rng.integers(2))
    return eye.view(square, (top, left), mirrored=mirrored, noise=_noise(eye, rng))[None]


def same_view(eye: Eyepiece, square: Tensor, epoch: int, index: int) -> Tensor:
    """Return the central crop, in noisy colors if there are to be any, (1, 3, crop, crop); arguments as :func:`random_view`."""
    return eye.view(square, center(square.shape[-1], eye.crop), noise=_noise(eye, stream("view", eye.seed, epoch, index)))[None]


def central_view(eye: Eyepiece, square: Tensor, _epoch: int, _index: int) -> Tensor:
    """Return the central crop as it is, (1, 3, crop, crop); arguments as :func:`random_view`."""
    return eye.view(square, center(square.shape[-1], eye.crop))[None]


def ten_views(eye: Eyepiece, square: Tensor, _epoch: int, _index: int) -> Tensor:
    """Return center and four corners, then the same mirrored, (10, 3, crop, crop); arguments as :func:`random_view`.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 4.1.
    """
    last = square.shape[-1] - eye.crop
    places = [center(square.shape[-1], eye.crop), (0, 0), (0, last), (last, 0), (last, last)]
    return torch.stack([eye.view(square, place, mirrored=mirrored) for mirrored in (False, True) for place in places])


def center(side: int, crop: int) -> Place:
    """Return where the central crop of a square begins."""
    begin = (side - crop) // 2
    return begin, begin


def _noise(eye: Eyepiece, rng: Generator) -> Tensor | None:
    return eye.statistics.noise(torch.from_numpy(rng.normal(0.0, eye.sigma, 3))) if eye.sigma else None


# name → (eyepiece, square, epoch, index) → views.
VIEWS: Mapping[str, Callable[[Eyepiece, Tensor, int, int], Tensor]] = {
    "random": random_view,
    "same": same_view,
    "central": central_view,
    "ten": ten_views,
}


def eyepiece_of(recipe: TrainingRecipe, statistics: Statistics) -> Eyepiece:
    """Return how a recipe looks at squares."""
    return Eyepiece(recipe.crop, statistics, recipe.color_noise, recipe.divisor, recipe.seed)
