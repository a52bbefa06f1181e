"""Orientation and pixel shape: pictures are turned upright, and what of their shape is ignored is noted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from pincel.translation import Note
from pincel.translation import gettext_lazy as _

Array = npt.NDArray[Any]

_PROPERTIES = 1 << 14
"""The properties of an AVIF or HEIC stand in so many of its first bytes."""


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) if there is none or it cannot be read."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a picture is not lost to a damaged EXIF block, of which there are endless kinds
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def load_with_orientation(image: Image.Image) -> tuple[int, int]:
    """Decode an image and return its EXIF orientation, as it was stored and as it still is.

    Pillow turns a TIFF upright while it decodes it, and no other format. Of the others the orientation is asked
    for afterwards: a PNG must be decoded to know, and errors of the decoder are not for ``orientation_of``.
    """
    stored = orientation_of(image) if image.format == "TIFF" else 1
    image.load()
    left = orientation_of(image)
    return (stored if left == 1 else left), left


def apply_orientation(values: Array, orientation: int) -> Array:
    """Undo an EXIF orientation.

    Args:
        values: (H, W) or (H, W, C) as stored.
        orientation: 1 to 8; from 5 on rows and columns change places.
    """
    if orientation >= 5:
        values = values.swapaxes(0, 1)
    # What remains are mirrors: of the columns for 2, 3, 6, 7 and of the rows for 3, 4, 7, 8.
    rows = -1 if orientation in {3, 4, 7, 8} else 1
    columns = -1 if orientation in {2, 3, 6, 7} else 1
    return np.ascontiguousarray(values[::rows, ::columns])


def orientation_note(orientation: int) -> tuple[str, ...]:
    """Return the note for a picture that was turned, none for one that was upright."""
    return () if orientation == 1 else (Note(_("turned upright (EXIF orientation {number})"), number=orientation),)


def shape_notes(image: Image.Image, data: bytes) -> tuple[str, ...]:
    """Return notes on properties of shape that are ignored: pixels that are not square, a crop."""
    notes: tuple[str, ...] = ()
    across, down = _pixel_shape(image)
    if not 0.99 < across / down < 1.01:
        notes = (Note(_("pixels that are not square ({across:g}:{down:g}) taken as square"), across=across, down=down),)
    # libheif honors it, libavif does not.
    if image.format == "AVIF" and b"clap" in data[:_PROPERTIES]:
        notes = (*notes, Note(_("crop that the file asks for (clap) ignored")))
    return notes


def _pixel_shape(image: Image.Image) -> tuple[float, float]:
    """Return the ratio of width to height of a pixel as two numbers; square if the file does not state it."""
    density = image.info.get("jfif_density") if image.info.get("jfif_unit") == 0 else None
    try:
        # More pixels to a length are narrower ones; PNG and JFIF without a unit say it in the same order.
        down, across = map(float, image.info.get("aspect") or density or image.info.get("dpi") or (1, 1))
    except (TypeError, ValueError, ZeroDivisionError):
        return 1.0, 1.0
    return (across, down) if across > 0 and down > 0 else (1.0, 1.0)
