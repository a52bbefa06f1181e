"""Whether a picture file breaks off: decided by how its format marks its end, not by the message of a reader."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import tifffile

from pincel.images.png import is_whole

_DEFLATE = 1032
"""Bytes that one of deflate can stand for: RFC 1951, matches of 258 bytes in two bits."""


def is_truncated(data: bytes, kind: str) -> bool:
    """Return whether a file of a kind (:class:`pincel.images.formats.FileKind.name`) ends before its end.

    A file for which this says yes may still be read: some programs leave the last bytes out.
    """
    check = _CHECKS.get(kind)
    return check is not None and check(data)


def is_too_short(data: bytes, kind: str, size: tuple[int, int]) -> bool:
    """Return whether a file is too short for a picture of (width, height), however well it is packed: known before memory is asked for.

    That is known of a BMP that is not packed, and of a PNG: deflate makes at most 1,032 bytes of one.
    """
    if kind == "BMP" and int.from_bytes(data[14:18], "little") >= 40:
        bits, packing = int.from_bytes(data[28:30], "little"), int.from_bytes(data[30:34], "little")
        # Rows are filled up to four bytes.
        return packing == 0 and size[1] * max(4, (size[0] * bits + 31) // 32 * 4) > len(data)
    if kind == "PNG":
        depth, color = data[24:25], data[25:26]
        bits = ord(depth or b"\1") * {b"\2": 3, b"\4": 2, b"\6": 4}.get(color, 1)
        # Each row begins with its filter.
        return size[1] * (1 + (size[0] * bits + 7) // 8) > _DEFLATE * len(data)
    return False


def _jpeg(data: bytes) -> bool:
    # After the last scan begins, its end must come; what follows that is not the picture's.
    return data.rfind(b"\xff\xd9") < max(data.rfind(b"\xff\xda"), 1)


def _gif(data: bytes) -> bool:
    return not data.rstrip(b"\0").endswith(b";")


def _webp(data: bytes) -> bool:
    return len(data) < 8 + int.from_bytes(data[4:8], "little")


def _bmp(data: bytes) -> bool:
    return len(data) < int.from_bytes(data[2:6], "little")


def _boxes(data: bytes) -> bool:
    """Return whether the last box of an ISO base media file (AVIF, HEIC) is longer than what is left."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:
            return False
        if size < 8:
            return False  # damaged, which is another matter
        at += size
    return at != len(data) and at > len(data)


def _tiff(data: bytes) -> bool:
    """Return whether the first page's samples, or the table that says where they are, lie beyond the end."""
    big = data[2:3] == b"+" or data[3:4] == b"+"
    order = "little" if data[:2] == b"II" else "big"
    table = int.from_bytes(data[8:16] if big else data[4:8], order)  # type: ignore[arg-type]
    if table + 2 > len(data):
        return True
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            page = tiff.pages[0]
            return any(start + count > len(data) for start, count in zip(page.dataoffsets, page.databytecounts, strict=False))
    except Exception:  # damaged headers make the reader raise anything
        return False


_CHECKS: Mapping[str, Callable[[bytes], bool]] = {
    "PNG": lambda data: not is_whole(data),
    "JPEG": _jpeg,
    "GIF": _gif,
    "WebP": _webp,
    "BMP": _bmp,
    "AVIF": _boxes,
    "HEIC": _boxes,
    "TIFF": _tiff,
}
