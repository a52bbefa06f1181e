"""From the bytes of a file, or a Pillow image, to upright sRGB values.

What Pillow leaves undone on opening is done here: orientation, profiles, colors described by numbers, 16-bit precision, transparency, sizes
beyond its bound.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from pincel.errors import PictureError, PictureSizeError, PictureUnreadableError
from pincel.files import one_line
from pincel.images.color import embedded_profile, to_srgb
from pincel.images.colorspace import ColorSpace, described_space, to_srgb_values
from pincel.images.damage import is_too_short, is_truncated
from pincel.images.formats import ACCEPTED, DEVELOP, FileKind, identify, is_readable
from pincel.images.high_bit_depth import HighBitDepth, depth_note, loses_depth, read_by_tifffile, read_high_bit_depth
from pincel.images.metadata import Metadata, metadata_of
from pincel.images.opening import open_image
from pincel.images.orientation import apply_orientation, load_with_orientation, orientation_note, orientation_of, shape_notes
from pincel.images.png import PngParts, split_png
from pincel.images.raw import TiffLayout, tiff_layout
from pincel.images.shrink import Fit, load_shrunk, most_bytes, shrink_factor
from pincel.installation import extra_command
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

__all__ = ["ACCEPTED", "Decoded", "check_unit", "decode", "decode_image", "dpi_of", "unreadable"]

Floats = npt.NDArray[np.float32]
_COPY = "copy or download it again"
_REDUCED = _("16 bit reduced to 8")


@dataclass(frozen=True)
class Decoded:
    """A picture as arrays.

    Attributes:
        colors: (H, W, 3) float32, sRGB-encoded, in [0, 1], upright.
        alpha: (H, W) float32 in [0, 1], or None.
        notes: What was adjusted.
        whole: (height, width) of the file, upright; None where that is the size of the arrays.
        dpi: Dots per inch across and down, if the file has them.
        metadata: Of the file, if it has any.
    """

    colors: Floats
    alpha: Floats | None
    notes: tuple[str, ...]
    whole: tuple[int, int] | None = None
    dpi: tuple[float, float] | None = None
    metadata: Metadata | None = None


@dataclass(frozen=True)
class _Request:
    """What is decoded, and how.

    Attributes:
        what: How messages call it.
        given: How messages show what was given.
        fit: What it will be resized to.
        memory: Bytes that decoding may use.
    """

    what: str
    given: str
    fit: Fit | None = None
    memory: int | None = None


def dpi_of(info: Mapping[Any, Any]) -> tuple[float, float] | None:
    """Return the dots an inch that a file gives, if they make sense: numbers from 1 to 100,000."""
    try:
        across, down = (float(number) for number in info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if min(across, down) >= 1 and max(across, down) <= 1e5 else None


def unreadable(what: str, failed: str, given: str, hint: str, accepted: str = ACCEPTED) -> PictureUnreadableError:
    """Build the error for a picture that is there but cannot be used."""
    return PictureUnreadableError(one_line(failed, given, accepted, hint), about=what)


def decode(data: bytes, *, what: str, given: str, fit: Fit | None = None, memory: int | None = None) -> Decoded:
    """Decode the bytes of a picture file.

    Args:
        data: The whole file.
        what: How messages call the picture (``"content"``).
        given: How messages show what was given (a file name in quotes).
        fit: What the picture will be resized to; a very large one is shrunk while it is decoded, to a multiple of that.
        memory: Bytes that decoding may use; half of what is free when left out. What does not fit is shrunk too.

    Raises:
        PictureUnreadableError: if it is empty, truncated, damaged, of another kind, or no picture.
        PictureSizeError: if it cannot be decoded in the memory there is.
    """
    if not data:
        raise unreadable(what, "the file is empty", f"{given}, 0 bytes", _COPY)
    kind = identify(data)
    if kind is None or not is_readable(kind):
        raise _foreign(kind, f"{given}, {len(data):,} bytes", what, given)
    with _explained(data, kind.name, what, given):
        return _from_data(data, kind, _Request(what, given, fit, memory))


def check_file(data: bytes, *, what: str, given: str) -> None:
    """Raise PictureError for a file that is no whole picture, by its header and its end: a hundred times quicker than decoding.

    Only a file whose end is missing is decoded, for some programs leave the last bytes out.
    """
    kind = identify(data)
    if kind is None or not is_readable(kind) or is_truncated(data, kind.name):
        decode(data, what=what, given=given)
        return
    with _explained(data, kind.name, what, given), _opened(data, kind, _Request(what, given)):
        pass


def decode_image(image: Image.Image, *, what: str, given: str) -> Decoded:
    """Decode an image already opened by Pillow; raises as ``decode`` does."""
    with _explained(b"", "", what, given):
        return replace(_from_image(image, _Request(what, given)), dpi=dpi_of(image.info), metadata=metadata_of(image))


def _foreign(kind: FileKind | None, shown: str, what: str, given: str) -> PictureUnreadableError:
    """Build the error for a file of a kind that is not read here."""
    if kind is None:
        return unreadable(what, "is not a picture", shown, "another file, or this one converted to PNG")
    hint = f"{kind.hint} {given}" if kind.hint.startswith("pincel ") else kind.advice
    return unreadable(what, f"is {kind.name}, which is not read here", shown, hint)


@contextmanager
def _explained(data: bytes, kind: str, what: str, given: str) -> Iterator[None]:
    """Raise an error about the file for whatever a reader raises.

    Warnings of readers, about what they could mend and about large pictures that are still accepted, are suppressed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        # Some readers of Pillow insist on its bound.
        hint = "make a smaller copy of it first"
        raise PictureSizeError(
            one_line(f"too many pixels for the reader of {kind}", given, "a smaller picture", hint), about=what
        ) from error
    except MemoryError as error:
        count = next((f" ({count:,})" for count in error.args if isinstance(count, int)), "")
        hint = f"make a smaller copy of it first, or {extra_command('large')}, which shrinks it piece by piece"
        raise PictureSizeError(
            one_line(f"too many pixels{count} for the memory there is", given, "a smaller picture", hint), about=what
        ) from error
    except Exception as error:  # damaged files make readers raise anything: struct.error, KeyError…
        raise _diagnosis(error, data, kind, what, given) from error


def _diagnosis(error: Exception, data: bytes, kind: str, what: str, given: str) -> PictureUnreadableError:
    """Tell a truncated file from a damaged one."""
    shown = f"{given}, {len(data):,} bytes" if data else given
    if is_truncated(data, kind):
        return _truncated(kind, data, what, given)
    # What other kinds say (TypeError, KeyError) is about a reader's code, not about the file.
    detail = " ".join(str(error).split())[:120] if isinstance(error, OSError | ValueError) else "its header"
    if isinstance(error, UnidentifiedImageError):
        detail = f"it begins like {kind} but its header makes no sense"
    return unreadable(what, f"the {kind or 'picture'} is damaged ({detail})", shown, "copy it again, or convert it to PNG")


def _truncated(kind: str, data: bytes, what: str, given: str) -> PictureUnreadableError:
    return unreadable(what, f"the {kind} is truncated", f"{given}, {len(data):,} bytes", _COPY)


@dataclass(frozen=True)
class _Opened:
    """A file whose header has been read.

    Attributes:
        image: At the page that is read; None for a TIFF that Pillow does not know, such as floating-point colors.
        parts: The file, and what of it Pillow need not see.
        layout: Which page that is.
    """

    image: ImageFile | None
    parts: PngParts
    layout: TiffLayout


@contextmanager
def _opened(data: bytes, kind: FileKind, request: _Request) -> Iterator[_Opened]:
    """Open a file of a kind that is read here; raises PictureUnreadableError for what its header says cannot be a picture."""
    parts = split_png(data) if kind.name == "PNG" else PngParts(data)
    layout = tiff_layout(data) if kind.name == "TIFF" else TiffLayout()
    if layout.raw:
        failed = f"is a raw file of a camera ({layout.raw}), of which only a thumbnail could be read"
        raise unreadable(request.what, failed, request.given, DEVELOP)
    try:
        image = open_image(parts.data)
    except UnidentifiedImageError:
        if kind.name != "TIFF":
            raise
        yield _Opened(None, parts, layout)
        return
    with image:
        image.seek(layout.page)
        if 0 in image.size:
            raise unreadable(request.what, "has no pixels", f"{request.given}, {image.width} x {image.height}", "another picture")
        if is_too_short(parts.data, kind.name, image.size):
            raise _truncated(kind.name, data, request.what, request.given)
        yield _Opened(image, parts, layout)


def _from_data(data: bytes, kind: FileKind, request: _Request) -> Decoded:
    """Decode a file of a kind that is read here."""
    with _opened(data, kind, request) as opened:
        if opened.image is None:
            return _from_deep(read_by_tifffile(data, opened.layout.page, most_bytes(request.memory)), request)
        return _from_file(opened.image, opened.parts, opened.layout, request)


def _from_file(image: ImageFile, parts: PngParts, layout: TiffLayout, request: _Request) -> Decoded:
    """Decode a picture whose header has been read."""
    if parts.icc or image.format == "BMP":
        image.info["icc_profile"] = parts.icc or embedded_profile(parts.data)
    if isinstance(clear := image.info.get("transparency"), int) and parts.data[24:26] in {b"\x02\0", b"\x04\0"} and image.format == "PNG":
        # Pillow brings the samples of 2 and 4 bits to 8, and leaves the clear one as it is.
        image.info["transparency"] = clear * 255 // (2 ** parts.data[24] - 1)
    space, space_notes = described_space(image, parts.data, parts.cicp)
    if parts.cicp is not None:
        image.info.pop("icc_profile", None)  # PNG, third edition, 4.3: what cICP says goes before a profile
    shape, dpi = shape_notes(image, parts.data), dpi_of(image.info)
    by = shrink_factor(image.size, request.fit, request.memory)
    deep = read_high_bit_depth(image, parts.data, layout.page, most_bytes(request.memory)) if by == 1 else None
    if deep is not None:
        decoded = _from_deep(deep, request)
    else:
        decoded = _from_image(image, request) if by == 1 else _from_large(image, by, parts.data, request)
    notes = (*decoded.notes, *space_notes, *shape, *layout.notes, *parts.notes)
    # Only now: some formats say it after their pixels.
    metadata = metadata_of(image)
    return replace(_converted(decoded, space), notes=notes if space is None else (*notes, space.note), dpi=dpi, metadata=metadata)


def _converted(decoded: Decoded, space: ColorSpace | None) -> Decoded:
    return decoded if space is None else replace(decoded, colors=to_srgb_values(decoded.colors, space))


def _from_large(image: ImageFile, by: int, data: bytes, request: _Request) -> Decoded:
    """Decode a picture, each side divided by ``by``."""
    whole, stored = image.size, orientation_of(image) if image.format == "TIFF" else 1
    reduced = loses_depth(image) or image.mode in {"F", "I", "I;16"}
    small = load_shrunk(image, by, data, request.memory)
    left = orientation_of(image)
    colors, alpha, notes = _eight_bit(small)
    notes = (
        Note(_("{across}x{down}, read at {width}x{height}"), across=whole[0], down=whole[1], width=small.width, height=small.height),
        *orientation_note(stored if left == 1 else left),
        *((Note(_REDUCED),) if reduced else ()),
        *notes,
    )
    size = (whole[0], whole[1]) if left >= 5 else (whole[1], whole[0])
    return Decoded(apply_orientation(colors, left), None if alpha is None else apply_orientation(alpha, left), notes, size)


def _from_image(image: Image.Image, request: _Request) -> Decoded:
    """Decode a Pillow image, of an animation the frame it stands at: in a file just opened, the first."""
    if 0 in image.size:
        raise unreadable(request.what, "has no pixels", f"{request.given}, {image.width} x {image.height}", "another picture")
    frames, reduced = getattr(image, "n_frames", 1), loses_depth(image)
    orientation, left = load_with_orientation(image)
    notes = (Note(_("frame {number} of {count}"), number=image.tell() + 1, count=frames),) if frames > 1 else ()
    notes = (*notes, *orientation_note(orientation), *((Note(_REDUCED),) if reduced else ()))
    if image.mode == "F" or image.mode.startswith("I"):
        colors, alpha, more = _gray(image, request.what, request.given)
    else:
        colors, alpha, more = _eight_bit(image)
    alpha = None if alpha is None else apply_orientation(alpha, left)
    return Decoded(apply_orientation(colors, left), alpha, (*notes, *more))


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


def _gray(image: Image.Image, what: str, given: str) -> tuple[Floats, Floats | None, tuple[str, ...]]:
    """Decode one channel of more than 8 bits."""
    samples = np.array(image)
    if image.mode == "F":
        values, note = check_unit(samples, what, given), depth_note(32)
    elif samples.min() >= 0 and samples.max() <= 65535:
        values, note = _unit(samples.astype(np.uint16)), depth_note(16)
    else:
        found = f"{given}, values from {samples.min()} to {samples.max()}"
        raise unreadable(what, "whole numbers beyond 16 bits", found, "save it with 16 or 8 bits", "0 to 65535")
    clear = image.info.get("transparency")
    alpha = (samples != clear).astype(np.float32) if isinstance(clear, int) else None
    colors, notes = _gray_to_srgb(values, image.info.get("icc_profile"))
    return colors, alpha, (*notes, note)


def _gray_to_srgb(values: Floats, icc: bytes | None) -> tuple[Floats, tuple[str, ...]]:
    """Repeat gray values three times, through the curves of their profile if they have one.

    The color engine works in 8 bits: it converts the 256 grays, and the curves so found are interpolated.
    """
    ramp, notes = to_srgb(Image.fromarray(np.arange(256, dtype=np.uint8)[None]), icc)
    if not notes or "ignored" in notes[0]:
        return np.repeat(values[..., None], 3, axis=-1), notes
    curves, grays = _unit(np.array(ramp))[0], np.linspace(0, 1, 256)
    planes = [np.interp(values, grays, curves[:, c]).astype(np.float32) for c in range(3)]
    return np.stack(planes, axis=-1), notes


def _from_deep(deep: HighBitDepth, request: _Request) -> Decoded:
    """Finish samples of more than 8 bits."""
    values = _unit(deep.values) if deep.values.dtype == np.uint16 else check_unit(deep.values, request.what, request.given)
    alpha = values[..., 3] if values.shape[-1] == 4 else None
    if values.shape[-1] == 1:
        colors, notes = _gray_to_srgb(values[..., 0], deep.icc)
        return Decoded(colors, None, (*deep.notes, *notes))
    colors = np.ascontiguousarray(values[..., :3])
    narrow = Image.fromarray(np.rint(colors * 255).astype(np.uint8))
    converted, notes = to_srgb(narrow, deep.icc)
    if converted is not narrow:  # the color engine has only 8 bits
        colors = _unit(np.array(converted))
        notes = (*(n for n in deep.notes if not n.endswith("bit kept")), *notes, Note(_("reduced to 8 bits by it")))
        return Decoded(colors, alpha, notes)
    return Decoded(colors, alpha, (*deep.notes, *notes))


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
