"""Samples of more than 8 bits that Pillow would reduce, misread or refuse.

Pillow keeps 16 bits in gray (mode ``I;16``) but in color its unpackers drop the low byte, and it reads
uncompressed 16-bit TIFFs stored plane by plane as noise, and gray ones where white is 0 as negatives. Three
ways, from the cheapest:

- 16-bit RGB and RGBA, PNG and TIFF: decoded twice, the second time with the bytes of each sample taken in the
  other order, which gives the low byte. Pillow's own decoders do all the work, whatever the compression.
- uncompressed planes, white at 0, or float color: tifffile, which lacks most compressions.
- anything else, compressed planes among it: None, and Pillow's reading stands.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from pincel.images.opening import open_image
from pincel.images.orientation import apply_orientation, load_with_orientation, orientation_note
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

Array = npt.NDArray[Any]

_OTHER_ORDER = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}
_EXTRA, _PREMULTIPLIED, _STRAIGHT = 338, 1, 2
_DEPTHS, _PHOTOMETRIC, _ORIENTATION, _PLANAR, _ICC = 258, 262, 274, 284, 34675


@dataclass(frozen=True)
class HighBitDepth:
    """Samples of more than 8 bits.

    Attributes:
        values: (H, W, 1 | 3 | 4) uint16, or float in [0, 1]; upright.
        icc: The color profile, if any.
        notes: What was done.
    """

    values: Array
    icc: bytes | None
    notes: tuple[str, ...]


def read_high_bit_depth(image: ImageFile, data: bytes, page: int, most_bytes: int) -> HighBitDepth | None:
    """Return the samples of a file where Pillow's own reading would lose precision, else None.

    Args:
        image: The file, opened, at the page that is read.
        data: Its bytes.
        page: Number of that page.
        most_bytes: Of samples.

    Raises:
        Exception: any, for a damaged file.
    """
    if _misread(image):
        return read_by_tifffile(data, page, most_bytes)
    name, depth = _raw_mode(image)
    if name in {"RGB", "RGBA"} and depth in _OTHER_ORDER and not _in_planes(image):
        return _decode_both_bytes(image, data, page)
    return None


def loses_depth(image: Image.Image) -> bool:
    """Tell whether Pillow will drop the low bytes of an image that is not loaded yet."""
    return not image.mode.startswith("I") and _raw_mode(image)[1] in _OTHER_ORDER


def _raw_mode(image: Image.Image) -> tuple[str, str]:
    """Return how the samples lie in the file, as ("RGB", "16B") for Pillow's raw mode ``RGB;16B``."""
    args = image.tile[0].args if isinstance(image, ImageFile) and image.tile else None
    raw = args if isinstance(args, str) else str(args[0]) if args else ""
    name, _, depth = raw.partition(";")
    return name, depth


def _misread(image: ImageFile) -> bool:
    """Tell whether Pillow would read a TIFF as noise or as a negative, or not at all."""
    if not isinstance(image, TiffImageFile):
        return False
    plain_planes = bool(image.tile) and image.tile[0].codec_name == "raw" and _in_planes(image)
    if max(image.tag_v2.get(_DEPTHS, (1,))) <= 8:
        return plain_planes and _PREMULTIPLIED in image.tag_v2.get(_EXTRA, ())
    return image.tag_v2.get(_PHOTOMETRIC) == 0 or plain_planes


def _in_planes(image: ImageFile) -> bool:
    """Tell whether an image is a TIFF stored plane by plane."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(_PLANAR) == 2


def _decode_both_bytes(image: ImageFile, data: bytes, page: int) -> HighBitDepth:
    """Decode the high bytes, then the low ones."""
    orientation, left = load_with_orientation(image)
    high = np.array(image).astype(np.uint16)
    with open_image(data) as other:
        other.seek(page)
        other.tile = [tile._replace(args=_in_other_order(tile.args)) for tile in other.tile]
        low = np.array(other)
    values = high * 256 + low
    clear = image.info.get("transparency")
    if values.shape[-1] == 3 and isinstance(clear, tuple):  # a PNG may name one color as transparent
        opaque = (values != np.array(clear, dtype=np.uint16)).any(-1, keepdims=True)
        values = np.concatenate([values, opaque.astype(np.uint16) * np.uint16(65535)], axis=-1)
    notes = (*orientation_note(orientation), depth_note(16))
    return HighBitDepth(apply_orientation(values, left), image.info.get("icc_profile"), notes)


def _in_other_order(args: str | tuple[Any, ...] | None) -> str | tuple[Any, ...]:
    """Return a tile's arguments, which are or begin with a raw mode, with its bytes in the other order."""
    raw, rest = (args, ()) if isinstance(args, str) else (args[0], args[1:]) if args else ("", ())
    name, _, depth = raw.partition(";")
    other = f"{name};{_OTHER_ORDER[depth]}"
    return (other, *rest) if rest else other


def read_by_tifffile(data: bytes, page: int, most_bytes: int) -> HighBitDepth:
    """Read a page of a TIFF that Pillow cannot.

    Raises:
        MemoryError: For more than ``most_bytes`` of samples, with the number of pixels.
        Exception: any, for a damaged file.
    """
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        found: Any = tiff.pages[page]  # always a TiffPage; the type also allows the light TiffFrame
        if found.nbytes > most_bytes:
            raise MemoryError(found.imagewidth * found.imagelength)
        values = np.asarray(found.asarray())
        if found.axes.startswith("S"):
            values = np.moveaxis(values, 0, -1)
        values = values.reshape(found.imagelength, found.imagewidth, -1)
        if found.photometric.name == "MINISWHITE":
            values = (1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max) - values
        elif found.photometric.name not in {"MINISBLACK", "RGB"}:
            raise ValueError(f"color space {found.photometric.name} at this depth")
        values = _with_alpha(
            _as_uint16_or_float(values), 1 if found.photometric.name.startswith("MIN") else 3, tuple(map(int, found.extrasamples))
        )
        tags = {code: found.tags[code].value for code in (_ICC, _ORIENTATION) if code in found.tags}
    orientation = int(tags.get(_ORIENTATION, 1))
    orientation = orientation if 1 <= orientation <= 8 else 1
    notes = (*orientation_note(orientation), depth_note(values.dtype.itemsize * 8))
    return HighBitDepth(apply_orientation(values, orientation), tags.get(_ICC), notes)


def depth_note(bits: int) -> Note:
    """Return the note that all bits of each sample were kept."""
    return Note(_("{bits} bit kept"), bits=bits)


def _as_uint16_or_float(values: Array) -> Array:
    """Return samples as uint16 or float; raises ValueError for others."""
    if values.dtype == np.uint8:
        values = values.astype(np.uint16) * np.uint16(257)
    if values.dtype != np.uint16 and values.dtype.kind != "f":
        raise ValueError(f"samples of type {values.dtype}")
    return values


def _with_alpha(values: Array, colors: int, extra: tuple[int, ...]) -> Array:
    """Return samples in 1, 3 or 4 channels, colors not multiplied by alpha; raises ValueError for fewer than the colors.

    Args:
        values: (H, W, colors + extra ones).
        colors: 1 or 3.
        extra: What each sample beyond the colors is: TIFF 6.0, ExtraSamples. Those that are no alpha are left out.
    """
    if values.shape[-1] < colors:
        raise ValueError(f"{values.shape[-1]} channels")
    found, alpha = values[..., :colors], values[..., colors : colors + 1]
    if not alpha.size or not extra or extra[0] not in {_PREMULTIPLIED, _STRAIGHT}:
        return found
    if extra[0] == _PREMULTIPLIED:
        white = 1.0 if values.dtype.kind == "f" else 65535.0
        found = np.where(alpha > 0, found / np.maximum(alpha, 1e-6) * white, 0).clip(0, white)
        found = found.astype(values.dtype) if values.dtype.kind == "f" else np.rint(found).astype(values.dtype)
    return np.concatenate([np.broadcast_to(found, (*found.shape[:2], 3)), alpha], axis=-1)
