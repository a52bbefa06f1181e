"""Frames of 256 colors, for GIF: one palette for the whole film, and ordered dithering, so that nothing flickers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pincel.films.base import Pixels
from pincel.films.decode import library
from pincel.films.frame_store import FrameStore, load_frame

COLORS = 256
# Frames that colors are taken from, and how long their long side is then.
SAMPLED, SIDE = 24, 96
# Amplitude of the dithering, in gray levels.
DITHER = 8.0


@dataclass(frozen=True, eq=False)
class Palette:
    """The colors of a film.

    Attributes:
        image: A Pillow image that has them.
        colors: (256, 4) in the order alpha, red, green, blue.
    """

    image: Image.Image
    colors: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, store: FrameStore, frames: int) -> Palette:
        """Choose colors for the painted frames of a film, from some of them."""
        chosen = np.unique(np.linspace(0, frames - 1, min(frames, SAMPLED)).round().astype(int))
        return cls.of_pictures([load_frame(store.frame(int(index))) for index in chosen])

    @classmethod
    def of_pictures(cls, frames: Sequence[Pixels]) -> Palette:
        """Choose colors for pictures of one size."""
        pictures = [Image.fromarray(frame) for frame in frames]
        for picture in pictures:
            picture.thumbnail((SIDE, SIDE))
        width, height = pictures[0].size
        sheet = Image.new("RGB", (width, height * len(pictures)))
        for row, picture in enumerate(pictures):
            sheet.paste(picture, (0, row * height))
        image = sheet.quantize(COLORS, method=Image.Quantize.MEDIANCUT)
        flat = np.array(image.getpalette() or [], np.uint8).reshape(-1, 3)
        colors = np.zeros((COLORS, 4), np.uint8)
        colors[:, 0] = 255
        colors[: len(flat), 1:] = flat
        return cls(image, colors)

    def frame(self, pixels: Pixels) -> Any:
        """Return a frame for the encoder: each pixel the nearest color after dithering."""
        dithered = np.clip(pixels + _dither(pixels.shape[0], pixels.shape[1])[..., None], 0, 255).astype(np.uint8)
        numbers = np.asarray(Image.fromarray(dithered).quantize(palette=self.image, dither=Image.Dither.NONE))
        return library().VideoFrame.from_ndarray((numbers, self.colors), format="pal8")


def _dither(height: int, width: int) -> npt.NDArray[np.float32]:
    """Return ordered dithering (Bayer 1973), 8×8, from -DITHER to DITHER."""
    tile = np.zeros((1, 1))
    for _ in range(3):
        tile = np.block([[4 * tile, 4 * tile + 2], [4 * tile + 3, 4 * tile + 1]])
    levels = ((tile + 0.5) / tile.size * 2 - 1) * DITHER
    grain: npt.NDArray[np.float32] = np.tile(levels, (height // 8 + 1, width // 8 + 1))[:height, :width].astype(np.float32)
    return grain
