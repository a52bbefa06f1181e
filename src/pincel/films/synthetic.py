"""Synthetic films: a camera moves over sample pictures, with known optical flow and occlusions.

They are sample films for first tries, and ground truth for tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pincel.errors import unknown_name
from pincel.extras import require_extra
from pincel.films.base import SRGB, Film, Frame, Pixels
from pincel.images.io import load_picture
from pincel.samples import PREFIX, find_sample

Floats: TypeAlias = npt.NDArray[np.float32]

RATE = Fraction(24)


@dataclass(frozen=True, eq=False)
class Pan:
    """A camera that moves over a picture, past a nearer oval of another, which moves faster.

    Attributes:
        far: The background, (H, W, 3).
        near: The picture in the oval, (H, W, 3); None for no oval.
        width: Of a frame.
        height: Of a frame.
        frames: How many.
        speed: Pixels a frame the camera moves to the right.
        sway: Amplitude of its vertical motion, in pixels.
        zoom: Fraction by which the view widens over the film.
        parallax: Speed of the oval over that of the background.
    """

    far: Pixels
    near: Pixels | None = None
    width: int = 256
    height: int = 192
    frames: int = 60
    speed: float = 3.0
    sway: float = 10.0
    zoom: float = 0.06
    parallax: float = 1.8

    def frame(self, index: int) -> Pixels:
        """Render a frame, (height, width, 3)."""
        picture = _sampled(self.far, self._far(index, self._grid))
        if self.near is None:
            return _bytes(picture)
        points = self._near(index, self._grid)
        return _bytes(picture + self._coverage(points)[..., None] * (_sampled(self.near, points) - picture))

    def flow(self, index: int, other: int) -> Floats:
        """Return the optical flow from a frame to another: (height, width, 2), x and y."""
        grid = self._grid
        moved = self._to_frame(self._far(index, grid), self._pose(other, 1.0))
        if self.near is not None:
            oval = self._to_frame(self._near(index, grid), self._pose(other, self.parallax))
            moved = np.where(self._is_near(index, grid)[..., None], oval, moved)
        flow: Floats = (moved - grid).astype(np.float32)
        return flow

    def visible(self, index: int, other: int) -> npt.NDArray[np.bool_]:
        """Return which pixels of a frame are visible in another: not outside of it, not behind the oval."""
        moved = self._grid + self.flow(index, other)
        within = (moved >= 0).all(-1) & (moved[..., 0] <= self.width - 1) & (moved[..., 1] <= self.height - 1)
        if self.near is None:
            return within
        return within & ~(self._is_near(other, moved) & ~self._is_near(index, self._grid))

    @property
    def _grid(self) -> Floats:
        y, x = np.mgrid[: self.height, : self.width].astype(np.float32)
        return np.stack([x, y], -1)

    def _pose(self, index: int, speed: float) -> tuple[float, float, float]:
        """Return the position of a frame's center in a picture, and how many of its pixels a pixel spans."""
        across = self.speed * (index - (self.frames - 1) / 2)
        down = self.sway * math.sin(2 * math.pi * index / max(2, self.frames))
        picture = self.near if speed != 1.0 and self.near is not None else self.far
        return picture.shape[1] / 2 + speed * across, picture.shape[0] / 2 + speed * down, 1 + self.zoom * index / max(1, self.frames - 1)

    @property
    def _center(self) -> Floats:
        return _floats([(self.width - 1) / 2, (self.height - 1) / 2])

    def _to_picture(self, points: Floats, pose: tuple[float, float, float]) -> Floats:
        moved: Floats = _floats(pose[:2]) + (points - self._center) * np.float32(pose[2])
        return moved

    def _to_frame(self, points: Floats, pose: tuple[float, float, float]) -> Floats:
        moved: Floats = (points - _floats(pose[:2])) / np.float32(pose[2]) + self._center
        return moved

    def _far(self, index: int, points: Floats) -> Floats:
        return self._to_picture(points, self._pose(index, 1.0))

    def _near(self, index: int, points: Floats) -> Floats:
        return self._to_picture(points, self._pose(index, self.parallax))

    def _coverage(self, points: Floats) -> Floats:
        """Return how much of the oval is at points of its picture: 1 within, 0 outside, in between over a pixel."""
        assert self.near is not None
        height, width = self.near.shape[:2]
        radii = _floats([self.width * 0.16, self.height * 0.28])
        distance = (points - _floats([width / 2, height / 2])) / radii
        beyond = (np.linalg.norm(distance, axis=-1) - 1) * radii.min()
        coverage: Floats = np.clip(0.5 - beyond, 0, 1).astype(np.float32)
        return coverage

    def _is_near(self, index: int, points: Floats) -> npt.NDArray[np.bool_]:
        return self._coverage(self._near(index, points)) > 0.5


def _floats(numbers: Sequence[float]) -> Floats:
    return np.asarray(numbers, np.float32)


def _sampled(picture: Pixels, where: Floats) -> Floats:
    cv2: Any = require_extra("cv2", extra="video", what="films")
    drawn: Floats = cv2.remap(picture.astype(np.float32), where, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return drawn


def _bytes(picture: Floats) -> Pixels:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


@cache
def _sample(name: str) -> Pixels:
    return (load_picture(find_sample(PREFIX + name)).pixels[0].permute(1, 2, 0) * 255).round().byte().numpy()


def _pan() -> list[Pan]:
    return [Pan(_sample("harbour"), _sample("still-life"))]


def _cuts() -> list[Pan]:
    return [Pan(_sample(name), frames=20, sway=4.0) for name in ("harbour", "lighthouse", "still-life")]


# A camera past a picture and an oval before it; three pictures one after the other.
SAMPLES = {"pan": _pan, "cuts": _cuts}


def rendered(text: str) -> list[Pan]:
    """Return the scenes of ``sample:NAME``; raises UnknownNameError for a name that is none."""
    name = text.removeprefix(PREFIX)
    if name not in SAMPLES:
        raise unknown_name("sample film", name, SAMPLES)
    return SAMPLES[name]()


def open_sample(text: str) -> Film:
    """Return a synthetic film."""
    scenes = rendered(text)
    frames = sum(scene.frames for scene in scenes)
    return Film(
        path=text,
        kind="sample",
        width=scenes[0].width,
        height=scenes[0].height,
        frames=frames,
        rate=RATE,
        time_base=1 / RATE,
        duration=float(frames / RATE),
        color=SRGB,
    )


def read_sample(film: Film, start: int, _at: Fraction | None) -> Iterator[Frame]:
    """Render frames from one on; see :meth:`Film.read`."""
    places = [(scene, index) for scene in rendered(film.path) for index in range(scene.frames)]
    for index, (scene, number) in enumerate(places[start:], start):
        yield Frame(index, index / RATE, scene.frame(number))
