"""Target: films and animations, opened by what is in them, and read to their end."""

from __future__ import annotations

import io
from itertools import islice
from typing import Any

import numpy as np
from PIL import Image

from fuzz.common import MIB, Target, as_file
from pincel.films.decode import library
from pincel.films.read import open_film

MOST_FRAMES = 50


def read_film(data: bytes) -> int:
    """Read the first frames of a film; return how many there are."""
    with as_file(data, "film") as path:
        return sum(1 for _ in islice(open_film(path).read(), MOST_FRAMES))


def seeds() -> dict[str, bytes]:
    """Return three frames in each container and format that is written here."""
    frames = [np.full((16, 24, 3), 60 * number, np.uint8) for number in range(3)]
    images = [Image.fromarray(frame) for frame in frames]
    found = {}
    for form in ("GIF", "WEBP", "PNG", "AVIF"):
        images[0].save(buffer := io.BytesIO(), form, save_all=True, append_images=images[1:])
        found[form] = buffer.getvalue()
    for container, codec, pixels in (("mp4", "mpeg4", "yuv420p"), ("matroska", "ffv1", "yuv420p"), ("avi", "mpeg4", "yuv420p")):
        found[container] = _encoded(frames, container, codec, pixels)
    return found


def _encoded(frames: list[Any], container: str, codec: str, pixels: str) -> bytes:
    av = library()
    with av.open(buffer := io.BytesIO(), "w", format=container) as output:
        stream = output.add_stream(codec, rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        for frame in frames:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=pixels)))
        output.mux(stream.encode(None))
    return buffer.getvalue()


# Frames of 32 million pixels are read, and an animation holds several at once.
FILMS = Target(read_film, seeds, memory=2560 * MIB, seconds=20)
