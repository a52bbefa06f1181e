"""Metadata of a photograph, kept on request: EXIF, XMP, copyright and artist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image, IptcImagePlugin, PngImagePlugin
from PIL.ImageFile import ImageFile

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
    }
)
"""Tags of the first directory that describe a photograph; the others say how a file is laid out, and are not true of another file."""
_UNTRUE = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.Base.ExifInteroperabilityOffset)
_TEXTS = {ExifTags.Base.Copyright: ("Copyright", (2, 116)), ExifTags.Base.Artist: ("Author", (2, 80))}
"""Tag of EXIF → keyword of a PNG's text and number of an IPTC record that say the same."""
_XMP_ORIENTATION = re.compile(rb"(tiff:Orientation(?:=\"|>))[0-9]")


_XMP_TAG = 700
_DIRECTORIES = (ExifTags.Base.ExifOffset, ExifTags.Base.GPSInfo)
_JPEG_BLOCK = 65_533
"""Bytes that a segment of a JPEG can hold."""
_XMP_HEADER = 29
"""Of which the name of XMP takes so many."""


@dataclass(frozen=True)
class Metadata:
    """The metadata of a file that is kept.

    Attributes:
        exif: A whole block, upright, of sRGB, without thumbnail and sizes; empty if there is none.
        xmp: Likewise.
        copyright: Of EXIF, IPTC or the text of a PNG.
        artist: Likewise.
    """

    exif: bytes = b""
    xmp: bytes = b""
    copyright: str = ""
    artist: str = ""

    @property
    def essential(self) -> Metadata:
        """Copyright and artist, and nothing else."""
        exif = Image.Exif()
        for tag, text in ((ExifTags.Base.Artist, self.artist), (ExifTags.Base.Copyright, self.copyright)):
            if text:
                exif[tag] = text.encode()
        return Metadata(exif.tobytes(), b"", self.copyright, self.artist)


def metadata_of(image: Image.Image) -> Metadata | None:
    """Return the metadata of an opened picture; None if there is none, or none that can be read."""
    try:
        return _metadata(image)
    except Exception:  # a picture is not lost to a damaged block, of which there are endless kinds
        return None


def _metadata(image: Image.Image) -> Metadata | None:
    given, exif = image.getexif(), Image.Exif()
    records = (IptcImagePlugin.getiptcinfo(image) or {}) if isinstance(image, ImageFile) else {}
    exif.update({tag: _stored(given[tag]) for tag in _KEPT if tag in given})
    for tag, (keyword, record) in _TEXTS.items():
        text = image.info.get(keyword) or records.get(record, b"")
        text = b"; ".join(text) if isinstance(text, list) else text
        if text and tag not in exif:
            exif[tag] = text if isinstance(text, bytes) else str(text).encode()
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        inner = {tag: _stored(value) for tag, value in given.get_ifd(directory).items() if tag not in _UNTRUE}
        if inner:
            exif.get_ifd(directory).update(inner)
    if exif.get_ifd(ExifTags.IFD.Exif):
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ColorSpace] = 1
    texts = [_shown(exif.get(tag, "")) for tag in _TEXTS]
    xmp = image.info.get("xmp", b"")
    xmp = xmp.encode() if isinstance(xmp, str) else xmp
    described = len(exif) or any(exif.get_ifd(directory) for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo))
    found = Metadata(exif.tobytes() if described else b"", _XMP_ORIENTATION.sub(rb"\g<1>1", xmp), *texts)
    return found if found != Metadata() else None


def _stored(value: Any) -> Any:
    """Return a value of EXIF as its file has it: Pillow reads texts as Latin-1, and would write no more of them than ASCII."""
    return value.encode("latin-1", "replace") if isinstance(value, str) and not value.isascii() else value


def _shown(value: Any) -> str:
    """Return a text of EXIF, which is UTF-8 by custom."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.strip("\0 ")


def metadata_options(metadata: Metadata, form: str) -> dict[str, Any]:
    """Return the options with which Pillow writes metadata into a file of a format of its."""
    exif, xmp = metadata.exif, metadata.xmp
    if form == "JPEG" and len(exif) > _JPEG_BLOCK:
        exif = metadata.essential.exif
    if form == "JPEG" and len(xmp) > _JPEG_BLOCK - _XMP_HEADER:
        xmp = b""
    if form == "PNG":
        texts = PngImagePlugin.PngInfo()
        if xmp:
            texts.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
        return {"pnginfo": texts, **({"exif": exif} if exif else {})}
    if form == "TIFF":
        # libtiff writes no directories inside the first one: of EXIF, what stands in that.
        tags = Image.Exif()
        tags.load(exif)
        flat = {tag: _stored(value) for tag, value in tags.items() if tag not in _DIRECTORIES}
        return {"tiffinfo": {**flat, **({_XMP_TAG: xmp} if xmp else {})}}
    return {**({"exif": exif} if exif else {}), **({"xmp": xmp} if xmp else {})}


def tiff_tags(metadata: Metadata) -> list[tuple[int, str | int, int, str | bytes, bool]]:
    """Return the tags with which tifffile writes metadata: copyright, artist and XMP."""
    texts = ((ExifTags.Base.Artist, metadata.artist), (ExifTags.Base.Copyright, metadata.copyright))
    tags: list[tuple[int, str | int, int, str | bytes, bool]] = [(int(tag), "s", 0, text.encode(), True) for tag, text in texts if text]
    return [*tags, *([(_XMP_TAG, "B", len(metadata.xmp), metadata.xmp, True)] if metadata.xmp else [])]
