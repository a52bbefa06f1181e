"""From the bytes of a file, or a Pillow image, to upright sRGB values.

What Pillow leaves undone on opening is done here: orientation, profiles, 16-bit precision, transparency.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from pincel.errors import PictureError, PictureSizeError, PictureUnreadableError
from pincel.files import one_line
from pincel.image.color import to_srgb
from pincel.image.deep import Deep, loses_depth, open_image, read_deep
from pincel.image.orientation import load_and_look, turning_note, upright

Floats = npt.NDArray[np.float32]

ACCEPTED = "JPEG, PNG, WebP, TIFF, GIF, BMP or AVIF"
MOST_PIXELS = 178_956_970
"""More than this Pillow takes for a decompression bomb: twice a quarter of a gibibyte of RGB."""

_SIGNATURES = {
    "PNG": rb"\x89PNG",
    "JPEG": rb"\xff\xd8\xff",
    "WebP": rb"RIFF....WEBP",
    "GIF": rb"GIF8[79]a",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "BMP": rb"BM....\0\0\0\0",
    "AVIF": rb"....ftypavi",
}
_CUT_SHORT = re.compile(r"truncat|unexpected end|not enough|premature|buffer is not large enough|end of file", re.I)


@dataclass(frozen=True)
class Decoded:
    """A picture as arrays.

    Attributes:
        colours: (H, W, 3) float32, sRGB-encoded, in [0, 1], upright.
        alpha: (H, W) float32 in [0, 1], or None.
        notes: What was adjusted.
    """

    colours: Floats
    alpha: Floats | None
    notes: tuple[str, ...]


def dpi_of(info: Mapping[Any, Any]) -> tuple[float, float] | None:
    """Return the dots an inch that a file gives, if they make sense: numbers from 1 to 100,000."""
    try:
        across, down = (float(number) for number in info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if min(across, down) >= 1 and max(across, down) <= 1e5 else None


def dpi_in(data: bytes) -> tuple[float, float] | None:
    """Return the dots an inch that the bytes of a file give, if anybody can read them; see :func:`dpi_of`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                return dpi_of(image.info)
    except Exception:
        return None


def unreadable(what: str, failed: str, given: str, hint: str, accepted: str = ACCEPTED) -> PictureUnreadableError:
    """Build the error for a picture that is there but cannot be used."""
    return PictureUnreadableError(one_line(f"{what}: {failed}", given, accepted, hint))


def decode(data: bytes, *, what: str, given: str) -> Decoded:
    """Decode the bytes of a picture file.

    Args:
        data: The whole file.
        what: How messages call the picture (``"content"``).
        given: How messages show what was given (a file name in quotes).

    Raises:
        PictureUnreadableError: if it is empty, truncated, damaged, or no picture.
        PictureSizeError: if its header announces more than MOST_PIXELS pixels; nothing is decoded then.
    """
    if not data:
        raise unreadable(what, "the file is empty", f"{given}, 0 bytes", "copy or download it again")
    with _explained(data, what, given):
        deep = read_deep(data, MOST_PIXELS)
        if deep is not None:
            return _from_deep(deep, what, given)
        with open_image(data) as image:
            return _from_image(image, what, given)


def decode_image(image: Image.Image, *, what: str, given: str) -> Decoded:
    """Decode an image already opened by Pillow; raises as ``decode`` does."""
    with _explained(b"", what, given):
        return _from_image(image, what, given)


@contextmanager
def _explained(data: bytes, what: str, given: str) -> Iterator[None]:
    """Turn whatever a reader raises into an error that says what is wrong with the file.

    Readers warn about what they could mend (odd EXIF, palette transparency) and about large pictures that are
    still accepted: neither is for the user.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        count = re.search(r"\d+", str(error))
        failed = f"{what}: too many pixels{f' ({int(count[0]):,})' if count else ''}"
        hint = "make a smaller copy of it first"
        raise PictureSizeError(one_line(failed, given, f"up to {MOST_PIXELS:,} pixels", hint)) from error
    except MemoryError as error:
        hint = "make a smaller copy of it first"
        raise PictureSizeError(one_line(f"{what}: does not fit into memory", given, "a smaller picture", hint)) from error
    except Exception as error:  # damaged files make readers raise anything: struct.error, KeyError…
        raise _diagnosis(error, data, what, given) from error


def _diagnosis(error: Exception, data: bytes, what: str, given: str) -> PictureUnreadableError:
    """Tell a truncated file from a damaged one and from one that is no picture."""
    begins = next((name for name, sign in _SIGNATURES.items() if re.match(sign, data, re.S)), None)
    shown = f"{given}, {len(data):,} bytes" if data else given
    if _CUT_SHORT.search(str(error)):
        return unreadable(what, f"the {begins or 'picture'} is truncated", shown, "copy or download it again")
    if isinstance(error, UnidentifiedImageError) and begins is None:
        return unreadable(what, "is not a picture", shown, "another file, or this one converted to PNG")
    # What other kinds say (TypeError, KeyError) is about a reader's code, not about the file.
    detail = " ".join(str(error).split())[:120] if isinstance(error, OSError | ValueError) else "its header"
    if begins and isinstance(error, UnidentifiedImageError):
        detail = f"it begins like {begins} but its header makes no sense"
    return unreadable(what, f"is truncated or damaged ({detail})", shown, "copy it again, or convert it to PNG")


def _from_image(image: Image.Image, what: str, given: str) -> Decoded:
    """Decode a Pillow image, of an animation the frame it stands at: in a file just opened, the first."""
    if image.width * image.height > MOST_PIXELS:
        raise Image.DecompressionBombError(f"{image.width * image.height} pixels")
    if 0 in image.size:
        raise unreadable(what, "has no pixels", f"{given}, {image.width} x {image.height}", "another picture")
    frames, reduced = getattr(image, "n_frames", 1), loses_depth(image)
    orientation, left = load_and_look(image)
    notes = (f"frame {image.tell() + 1} of {frames}",) if frames > 1 else ()
    notes = (*notes, *turning_note(orientation), *(("16 bit reduced to 8",) if reduced else ()))
    if image.mode == "F" or image.mode.startswith("I"):
        colours, alpha, more = _grey(image, what, given)
    else:
        colours, alpha, more = _eight_bit(image)
    alpha = None if alpha is None else upright(alpha, left)
    return Decoded(upright(colours, left), alpha, (*notes, *more))


def _eight_bit(image: Image.Image) -> tuple[Floats, Floats | None, tuple[str, ...]]:
    """Decode any mode with 8 bits or fewer a sample."""
    icc, alpha = image.info.get("icc_profile"), None
    if image.has_transparency_data or image.mode in {"La", "RGBa"}:
        both = image.convert("LA" if image.mode in {"L", "La", "LA"} else "RGBA")
        alpha = _unit(np.array(both.getchannel("A")))
        image = both.convert(both.mode[:-1])
    if image.mode not in {"RGB", "L", "CMYK", "LAB"}:
        image = image.convert("L" if image.mode == "1" else "RGB")
    image, notes = to_srgb(image, icc)
    return _unit(np.array(image)), alpha, notes


def _grey(image: Image.Image, what: str, given: str) -> tuple[Floats, Floats | None, tuple[str, ...]]:
    """Decode one channel of more than 8 bits."""
    samples = np.array(image)
    if image.mode == "F":
        values, note = check_unit(samples, what, given), "32 bit kept"
    elif samples.min() >= 0 and samples.max() <= 65535:
        values, note = _unit(samples.astype(np.uint16)), "16 bit kept"
    else:
        found = f"{given}, values from {samples.min()} to {samples.max()}"
        raise unreadable(what, "whole numbers beyond 16 bits", found, "save it with 16 or 8 bits", "0 to 65535")
    clear = image.info.get("transparency")
    alpha = (samples != clear).astype(np.float32) if isinstance(clear, int) else None
    colours, notes = _grey_to_srgb(values, image.info.get("icc_profile"))
    return colours, alpha, (*notes, note)


def _grey_to_srgb(values: Floats, icc: bytes | None) -> tuple[Floats, tuple[str, ...]]:
    """Repeat grey values three times, through the curves of their profile if they have one.

    The colour engine works in 8 bits: it converts the 256 greys, and the curves so found are interpolated.
    """
    ramp, notes = to_srgb(Image.fromarray(np.arange(256, dtype=np.uint8)[None]), icc)
    if not notes or "ignored" in notes[0]:
        return np.repeat(values[..., None], 3, axis=-1), notes
    curves, greys = _unit(np.array(ramp))[0], np.linspace(0, 1, 256)
    planes = [np.interp(values, greys, curves[:, c]).astype(np.float32) for c in range(3)]
    return np.stack(planes, axis=-1), notes


def _from_deep(deep: Deep, what: str, given: str) -> Decoded:
    """Finish samples of more than 8 bits."""
    values = _unit(deep.values) if deep.values.dtype == np.uint16 else check_unit(deep.values, what, given)
    alpha = values[..., 3] if values.shape[-1] == 4 else None
    if values.shape[-1] == 1:
        colours, notes = _grey_to_srgb(values[..., 0], deep.icc)
        return Decoded(colours, None, (*deep.notes, *notes))
    colours = np.ascontiguousarray(values[..., :3])
    narrow = Image.fromarray(np.rint(colours * 255).astype(np.uint8))
    converted, notes = to_srgb(narrow, deep.icc)
    if converted is not narrow:  # the colour engine has only 8 bits
        colours = _unit(np.array(converted))
        notes = (*(n for n in deep.notes if not n.endswith("bit kept")), *notes, "reduced to 8 bits by it")
        return Decoded(colours, alpha, notes)
    return Decoded(colours, alpha, (*deep.notes, *notes))


def _unit(values: npt.NDArray[Any]) -> Floats:
    """Return uint8 or uint16 values as new float32 in [0, 1]."""
    scaled: Floats = values.astype(np.float32)
    scaled /= np.float32(np.iinfo(values.dtype).max)
    return scaled


def check_unit(values: npt.NDArray[Any], what: str, given: str) -> Floats:
    """Return float values as new float32 in [0, 1].

    What rounding leaves outside, up to a thousandth, is clipped.

    Raises:
        PictureUnreadableError: if a value is not finite or lies further outside.
    """
    if not np.isfinite(values).all():
        raise unreadable(what, "has values that are not finite numbers", given, "mend them first", "0 to 1")
    low, high = float(values.min()), float(values.max())
    if low < -1e-3 or high > 1 + 1e-3:
        found = f"{given}, values from {low:.4g} to {high:.4g}"
        raise unreadable(what, "has values outside 0 to 1", found, "divide by the value of white", "0 to 1")
    return values.clip(0, 1).astype(np.float32, copy=False)
