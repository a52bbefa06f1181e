"""Films that are drawn and not stored: a camera moves over sample pictures, and how everything moves is known.

For first tries, and for tests: the true flow and what is hidden are there to compare with.
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
from pincel.images.io import load_picture
from pincel.samples import PREFIX, find_sample
from pincel.video.base import Color, Film, Frame, Pixels

Floats: TypeAlias = npt.NDArray[np.float32]

RATE = Fraction(24)


@dataclass(frozen=True, eq=False)
class Pan:
    """A camera that moves over a picture, past an oval cut from another that is nearer and so moves faster.

    Attributes:
        far: The picture behind, (H, W, 3).
        near: What the oval shows, (H, W, 3); None for no oval.
        width: Of a frame.
        height: Of a frame.
        frames: How many.
        speed: Pixels a frame the camera moves to the right.
        sway: How far it moves up and down, in pixels.
        zoom: Share by which the view widens over the film.
        parallax: How much faster what is near moves.
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
        """Draw a frame, (height, width, 3)."""
        picture = _sampled(self.far, self._far(index, self._grid))
        if self.near is None:
            return _bytes(picture)
        where = self._near(index, self._grid)
        share = self._inside(where)[..., None]
        return _bytes(picture + share * (_sampled(self.near, where) - picture))

    def flow(self, index: int, other: int) -> Floats:
        """Return where each pixel of a frame is in another, less where it is: (height, width, 2), x and y."""
        grid = self._grid
        there = self._back(other, self._far(index, grid), self._pose(other, 1.0))
        if self.near is not None:
            oval = self._back(other, self._near(index, grid), self._pose(other, self.parallax))
            there = np.where(self._is_near(index, grid)[..., None], oval, there)
        flow: Floats = (there - grid).astype(np.float32)
        return flow

    def seen(self, index: int, other: int) -> npt.NDArray[np.bool_]:
        """Tell which pixels of a frame are to be seen in another: not outside of it, not behind what is near."""
        there = self._grid + self.flow(index, other)
        within = (there >= 0).all(-1) & (there[..., 0] <= self.width - 1) & (there[..., 1] <= self.height - 1)
        if self.near is None:
            return within
        hidden = self._is_near(other, there) & ~self._is_near(index, self._grid)
        return within & ~hidden

    @property
    def _grid(self) -> Floats:
        y, x = np.mgrid[: self.height, : self.width].astype(np.float32)
        return np.stack([x, y], -1)

    def _pose(self, index: int, pace: float) -> tuple[float, float, float]:
        """Where the middle of a frame lies in a picture, and how many of its pixels a pixel spans."""
        way = self.speed * (index - (self.frames - 1) / 2)
        rise = self.sway * math.sin(2 * math.pi * index / max(2, self.frames))
        picture = self.near if pace != 1.0 and self.near is not None else self.far
        return picture.shape[1] / 2 + pace * way, picture.shape[0] / 2 + pace * rise, 1 + self.zoom * index / max(1, self.frames - 1)

    def _lain(self, points: Floats, pose: tuple[float, float, float]) -> Floats:
        middle = _floats([(self.width - 1) / 2, (self.height - 1) / 2])
        laid: Floats = _floats(pose[:2]) + (points - middle) * np.float32(pose[2])
        return laid

    def _far(self, index: int, points: Floats) -> Floats:
        return self._lain(points, self._pose(index, 1.0))

    def _near(self, index: int, points: Floats) -> Floats:
        return self._lain(points, self._pose(index, self.parallax))

    def _back(self, _index: int, laid: Floats, pose: tuple[float, float, float]) -> Floats:
        middle = _floats([(self.width - 1) / 2, (self.height - 1) / 2])
        points: Floats = (laid - _floats(pose[:2])) / np.float32(pose[2]) + middle
        return points

    def _inside(self, where: Floats) -> Floats:
        """How much of the oval is at points of its picture: 1 within, 0 outside, in between over a pixel."""
        assert self.near is not None
        height, width = self.near.shape[:2]
        radii = _floats([self.width * 0.16, self.height * 0.28])
        apart = (where - _floats([width / 2, height / 2])) / radii
        beyond = (np.linalg.norm(apart, axis=-1) - 1) * radii.min()
        share: Floats = np.clip(0.5 - beyond, 0, 1).astype(np.float32)
        return share

    def _is_near(self, index: int, points: Floats) -> npt.NDArray[np.bool_]:
        return self._inside(self._near(index, points)) > 0.5


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
    """Look at a film that is drawn."""
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
        color=Color(matrix=1, limited=True, primaries=1, transfer=13),
    )


def read_sample(film: Film, start: int, _at: Fraction | None) -> Iterator[Frame]:
    """Draw frames from one on; see :meth:`Film.read`."""
    places = [(scene, index) for scene in rendered(film.path) for index in range(scene.frames)]
    for index, (scene, number) in enumerate(places[start:], start):
        yield Frame(index, index / RATE, scene.frame(number))
