"""Very large pictures, shrunk by whole factors while they are decoded: as far as the size wanted and the memory there is say.

A JPEG is decoded at a half, a quarter or an eighth to begin with; other formats are decoded in 8 bits and averaged, before their values
become four times as large. Where even 8 bits do not fit, libvips decodes and shrinks strip by strip, if pyvips is installed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TypeAlias

import numpy as np
from PIL import Image

from pincel.host import free_host_memory

Fit: TypeAlias = Callable[[int, int], tuple[int, int]]
"""(height, width) of a file → those it will be resized to."""

WHOLE = 1 << 26
"""Pixels up to which a picture is decoded whole if memory allows, however small it is to be: 8192 x 8192."""
MARGIN = 4
"""What is resized later is left so many times as large: the resampling of the recipe decides what is seen."""
BYTES_A_PIXEL = 40
"""Of a picture while it becomes floating-point values: three channels three times, and 8 bits."""
BYTES_A_ROW = 8
"""Where each row lies: of pictures a pixel wide, more than their pixels."""
MEMORY_FRACTION = 0.5


def shrink_factor(size: tuple[int, int], fit: Fit | None = None, memory: int | None = None) -> int:
    """Return by how much to shrink a picture while it is decoded, 1 for not at all.

    Args:
        size: (width, height) as its header says.
        fit: What it will be resized to, if that is known.
        memory: Bytes that may be used; half of what is free when left out.
    """
    width, height = size
    least = max(1, math.ceil(math.sqrt((width * BYTES_A_PIXEL + BYTES_A_ROW) * height / _allowed(memory))))
    if fit is None or width * height <= WHOLE:
        return least
    rows, columns = fit(height, width)
    return max(least, min(height // (MARGIN * max(1, rows)), width // (MARGIN * max(1, columns))))


def load_shrunk(image: Image.Image, by: int, data: bytes, memory: int | None = None) -> Image.Image:
    """Decode an image, each side divided by a whole number, in 8 bits a sample.

    Raises:
        MemoryError: If not even its 8 bits fit into memory, and libvips is not there; with the number of pixels.
        OSError: If it is damaged.
    """
    whole, width = by, image.width
    if image.format == "JPEG":
        image.draft(None, (math.ceil(image.width / by), math.ceil(image.height / by)))
        by = math.ceil(by * image.width / width - 0.01)  # sides of a draft are rounded up
    bands = len(image.getbands())
    # Of three bands Pillow stores four.
    if image.height * (image.width * (bands if bands < 3 else 4) + BYTES_A_ROW) > most_bytes(memory):
        if data and find_spec("pyvips") is not None:
            return _by_libvips(image, data, whole)
        raise MemoryError(image.width * image.height)
    image.load()
    info, image = image.info, _eight_bit(image)
    # Colors are averaged times alpha: what is hidden does not bleed into what is seen.
    small = image.convert("RGBa").reduce(by).convert("RGBA") if image.mode == "RGBA" else image.reduce(by)
    small.info = {name: value for name, value in info.items() if name != "transparency"}
    return small


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return an image in a mode that can be averaged, of 8 bits a sample; RGBA if it is transparent."""
    if image.mode == "F":
        return Image.fromarray((np.asarray(image).clip(0, 1) * 255).round().astype(np.uint8))
    if image.mode.startswith("I"):
        samples, clear = np.asarray(image), image.info.get("transparency")
        gray = (samples >> 8).clip(0, 255).astype(np.uint8)
        if not isinstance(clear, int):
            return Image.fromarray(gray)
        return Image.fromarray(np.dstack([gray, gray, gray, np.where(samples == clear, 0, 255).astype(np.uint8)]))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB") if image.mode in {"1", "P", "YCbCr", "LAB"} else image


def most_bytes(memory: int | None = None) -> int:
    """Return how many bytes of samples may be decoded at once, with as much again for their values."""
    return _allowed(memory) // 4


def _allowed(memory: int | None) -> int:
    return max(1 << 26, int(free_host_memory() * MEMORY_FRACTION) if memory is None else memory)


def _by_libvips(image: Image.Image, data: bytes, by: int) -> Image.Image:
    """Decode and shrink strip by strip; raises OSError for a file that is damaged."""
    vips = import_module("pyvips")
    # Readers that its authors would not let strangers' files near.
    vips.block_untrusted_set(True)
    try:
        made = vips.Image.new_from_buffer(data, "", access="sequential", fail_on="error")
        most = 65535 if made.format == "ushort" else 255
        small = made.premultiply(max_alpha=most).shrink(by, by).unpremultiply(max_alpha=most) if made.hasalpha() else made.shrink(by, by)
        small = Image.fromarray((small * (255 / most)).rint().cast("uchar").numpy().squeeze())
    except vips.Error as error:
        raise OSError(" ".join(str(error).split())) from error
    small.info = {name: value for name, value in image.info.items() if name != "transparency"}
    return small
