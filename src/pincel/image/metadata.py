"""What a photograph says about itself, kept for who asks for it: EXIF, XMP, and whose it is."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from PIL import ExifTags, Image, IptcImagePlugin

_KEPT = frozenset(
    {
        ExifTags.Base.ImageDescription,
        ExifTags.Base.Make,
        ExifTags.Base.Model,
        ExifTags.Base.Software,
        ExifTags.Base.DateTime,
        ExifTags.Base.Artist,
        ExifTags.Base.Copyright,
        ExifTags.Base.Rating,
        ExifTags.Base.ExifOffset,
        ExifTags.Base.GPSInfo,
    }
)
"""Tags of the first directory that describe a photograph; the others say how a file is laid out, and are not true of another file."""
_UNTRUE = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.Base.ExifInteroperabilityOffset)
_TEXTS = {ExifTags.Base.Copyright: ("Copyright", (2, 116)), ExifTags.Base.Artist: ("Author", (2, 80))}
"""Tag of EXIF → keyword of a PNG's text and number of an IPTC record that say the same."""
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:=\"|>))[0-9]")


@dataclass(frozen=True)
class Metadata:
    """What is kept of what a file says of itself.

    Attributes:
        exif: A whole block, upright, of sRGB, without thumbnail and sizes; empty if there is none.
        xmp: Likewise.
        copyright: Whose the picture is, as EXIF, IPTC or the text of a PNG says.
        artist: Who made it, likewise.
    """

    exif: bytes = b""
    xmp: bytes = b""
    copyright: str = ""
    artist: str = ""


def metadata_of(image: Image.Image) -> Metadata | None:
    """Return what a picture just opened says of itself; None for nothing, or nothing that can be read."""
    try:
        return _metadata(image)
    except Exception:  # a picture is not lost to a damaged block, of which there are endless kinds
        return None


def _metadata(image: Image.Image) -> Metadata | None:
    exif = image.getexif()
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    records = (IptcImagePlugin.getiptcinfo(image) or {}) if image.format in {"JPEG", "MPO", "TIFF"} else {}
    for tag, (keyword, record) in _TEXTS.items():
        text = image.info.get(keyword) or records.get(record, b"")
        if text and tag not in exif:
            exif[tag] = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    for tag in set(exif) - _KEPT:
        del exif[tag]
    for tag in _UNTRUE:
        inner.pop(tag, None)
    if inner:
        inner[ExifTags.Base.ColorSpace] = 1
    texts = [str(exif.get(tag, "")).strip("\0 ") for tag in _TEXTS]
    xmp = image.info.get("xmp", b"")
    with suppress(AttributeError):
        xmp = xmp.encode()
    found = Metadata(exif.tobytes() if len(exif) else b"", _XMP_ORIENTATION.sub(rb"\g<1>1", xmp), *texts)
    return found if found != Metadata() else None
