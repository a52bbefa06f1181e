"""Which kinds of file are pictures here, what other kinds are called, and what to do with one of those."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec

from pincel.installation import extra_command

ACCEPTED = "JPEG, PNG, WebP, TIFF, GIF, BMP or AVIF"
PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF")
"""Pillow's names of the formats that are opened; every other reader of Pillow stays out of reach of what strangers send."""

_CONVERT = "this one converted to PNG"
DEVELOP = "develop it in a raw converter (darktable, RawTherapee) and give the TIFF, PNG or JPEG"
_AS_FILM = "pincel video"


@dataclass(frozen=True)
class FileKind:
    """A kind of file, known by its first bytes.

    Attributes:
        name: As messages call it.
        signature: Regular expression of the first bytes.
        readable: Whether it is opened as a picture.
        suffixes: Under which files of this kind are found in folders; of readable kinds only.
        hint: What to do with a file of a kind that is not opened.
        extra: The extra of pincel that opens it; empty if there is none.
    """

    name: str
    signature: bytes
    readable: bool = False
    suffixes: tuple[str, ...] = ()
    hint: str = _CONVERT
    extra: str = ""

    @property
    def advice(self) -> str:
        """What to do with a file of a kind that is not opened here, with the command that installs a reader if there is one."""
        return f"{extra_command(self.extra)}, which reads it, or {self.hint}" if self.extra else self.hint


READABLE = (
    FileKind("PNG", rb"\x89PNG", True, (".png", ".apng")),
    FileKind("JPEG", rb"\xff\xd8\xff", True, (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo")),
    FileKind("WebP", rb"RIFF....WEBP", True, (".webp",)),
    FileKind("GIF", rb"GIF8[79]a", True, (".gif",)),
    FileKind("AVIF", rb"....ftyp(avi[fs]|(mif1|msf1)....(?:....){0,16}?avi[fs])", True, (".avif", ".avifs")),
    FileKind("BMP", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", True, (".bmp", ".dib")),
    FileKind("TIFF", rb"II[*+]\0|MM\0[*+]", True, (".tif", ".tiff")),
)
HEIC = FileKind(
    "HEIC",
    rb"....ftyp(he(ic|ix|vc|vx|im|is|vm|vs)|(mif1|msf1)....(?:....){0,16}?he(ic|ix|vc|vx|im|is))",
    suffixes=(".heic", ".heif", ".hif"),
    hint="this one exported as JPEG",
    extra="heic",
)
# Raw files that are TIFF by their first bytes come before TIFF.
_OTHERS = (
    FileKind("a raw file of a camera (CR2)", rb"II\*\0....CR", hint=DEVELOP),
    HEIC,
    FileKind("a raw file of a camera (CR3)", rb"....ftypcrx ", hint=DEVELOP),
    FileKind("a raw file of a camera", rb"FUJIFILMCCD-RAW|IIU\0|IIR[OS]|MMOR|FOVb|\0MRM", hint=DEVELOP),
    FileKind("JPEG XL", rb"\xff\x0a|\0\0\0\x0cJXL "),
    FileKind("JPEG 2000", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    FileKind("a Photoshop file", rb"8BPS"),
    FileKind("a PDF", rb"%PDF"),
    FileKind("PostScript", rb"%!PS|\xc5\xd0\xd3\xc6"),
    FileKind("SVG, a drawing of lines", rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg"),
    FileKind("a web page", rb"(?i:\s*(<!doctype html|<html))", hint="download the picture itself, not the page that shows it"),
    FileKind("a film", rb"....ftyp(?!avi[fs]|mif1|msf1)|\x1aE\xdf\xa3|RIFF....AVI |\0\0\x01[\xb3\xba]|OggS|FLV\x01", hint=_AS_FILM),
    FileKind("an icon", rb"\0\0[\x01\x02]\0|icns"),
    FileKind("OpenEXR", rb"v/1\x01"),
    FileKind("Radiance HDR", rb"#\?(RADIANCE|RGBE)"),
    FileKind("PPM", rb"P[1-7f]\s|PF\s"),
    FileKind("a GIMP file", rb"gimp xcf"),
    FileKind("FITS", rb"SIMPLE  ="),
    FileKind("QOI", rb"qoif"),
    FileKind("DDS", rb"DDS "),
    FileKind("DICOM", rb".{128}DICM"),
    FileKind("a resource file of a Mac", rb"\0\x05\x16[\0\x07]", hint="the file of the same name without ._ in front"),
    FileKind("an archive", rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", hint="unpack it first"),
)
_KINDS = tuple((re.compile(kind.signature, re.S), kind) for kind in (_OTHERS[0], *READABLE, *_OTHERS[1:]))
HEAD = 512
"""So many first bytes tell what a file is."""

SUFFIXES = frozenset(suffix for kind in READABLE for suffix in kind.suffixes)
"""Of files that are pictures by their name."""


def identify(head: bytes) -> FileKind | None:
    """Return the kind of a file by its first :data:`HEAD` bytes, or None for one that is not known."""
    return next((kind for pattern, kind in _KINDS if pattern.match(head[:HEAD])), None)


def has_picture_suffix(name: str) -> bool:
    """Return whether a file is a picture by its name: one of a format that is read here."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix in SUFFIXES or (suffix in HEIC.suffixes and is_readable(HEIC))


def is_readable(kind: FileKind | None) -> bool:
    """Return whether files of a kind are opened as pictures here: HEIC only where the extra ``heic`` is installed."""
    return kind is not None and (kind.readable or (kind is HEIC and find_spec("pillow_heif") is not None))
