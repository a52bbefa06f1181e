"""Sizes of painted frames in a file: square pixels and even sides where it needs them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from PIL import Image

from pincel.films.base import Film, Pixels
from pincel.films.formats import CODECS, Target


@dataclass(frozen=True)
class Fit:
    """How painted frames are fitted into a file.

    Attributes:
        painted: (height, width) of painted frames.
        square: The same in square pixels, where those of the file are.
        size: The same with rows and columns that a codec needs at the bottom and right, copies of those at the edge.
        aspect: Of a pixel of the file, width over height.
    """

    painted: tuple[int, int]
    square: tuple[int, int]
    size: tuple[int, int]
    aspect: Fraction

    @classmethod
    def of(cls, film: Film, painted: tuple[int, int], target: Target) -> Fit:
        """Return how frames of a size, painted from a film, are fitted into a file."""
        aspect = _aspect(film, painted)
        square = painted
        if not target.is_shaped:
            height, width = painted
            square = (height, round(width * aspect)) if aspect > 1 else (round(height / aspect), width)
            aspect = Fraction(1)
        by = 2 if target.container is not None and CODECS[target.codec].pixels == "yuv420p" else 1
        return cls(painted, square, (-(-square[0] // by) * by, -(-square[1] // by) * by), aspect)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on what is done to the frames."""
        notes = []
        if self.square != self.painted:
            notes.append(
                f"The film's pixels are not square, and those of this file are: its frames are stretched from {_format_size(self.painted)} "
                f"to {_format_size(self.square)}."
            )
        if self.size != self.square:
            notes.append(
                f"The frames are {_format_size(self.square)}; the file has {_format_size(self.size)}, for its codec needs even numbers."
            )
        return tuple(notes)

    def __call__(self, pixels: Pixels) -> Pixels:
        """Return a frame as it goes into the file."""
        if pixels.shape[:2] != self.square:
            pixels = np.asarray(Image.fromarray(pixels).resize(self.square[::-1], Image.Resampling.LANCZOS))
        below, beside = self.size[0] - self.square[0], self.size[1] - self.square[1]
        return np.pad(pixels, ((0, below), (0, beside), (0, 0)), mode="edge") if below or beside else pixels


def _format_size(size: tuple[int, int]) -> str:
    return f"{size[1]}×{size[0]}"


def _aspect(film: Film, painted: tuple[int, int]) -> Fraction:
    """Return the aspect of a painted frame's pixels, so that the frame has the shape of the film."""
    if film.aspect == 1:
        return Fraction(1)
    return film.aspect * Fraction(film.width, painted[1]) / Fraction(film.height, painted[0])
