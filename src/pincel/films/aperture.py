"""The crop of stored pixels in a film's container, which FFmpeg does not expose.

MP4 and QuickTime have a clean aperture (``clap``, ISO/IEC 14496-12, 12.1.4), Matroska and WebM have PixelCrop (RFC 9559, 5.1.4.1.28.8).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, TypeAlias

# Left, top, right, bottom.
Crop: TypeAlias = tuple[int, int, int, int]
WHOLE: Crop = (0, 0, 0, 0)

EBML = b"\x1a\x45\xdf\xa3"
SEGMENT, TRACKS, TRACK, TRACK_TYPE, VIDEO = 0x18538067, 0x1654AE6B, 0xAE, 0x83, 0xE0
# Left, top, right, bottom.
SIDES = (0x54CC, 0x54BB, 0x54DD, 0x54AA)
VIDEO_TRACK = 1
# Bytes of a sample entry before what is in it.
ENTRY = 78


def find_crop(path: str, width: int, height: int) -> Crop:
    """Return the crop of a film's frames in its container.

    Args:
        path: The file.
        width: Of its pictures as they are decoded.
        height: Likewise.

    Returns:
        Pixels to crop; none where it is missing or invalid.
    """
    crop = WHOLE
    # A truncated or invalid file has no crop.
    with suppress(OSError, struct.error, ValueError, ZeroDivisionError, OverflowError), Path(path).open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        crop = _matroska(file, size) if file.read(4) == EBML else _mp4(file, size, width, height)
    left, top, right, bottom = crop
    return crop if min(crop) >= 0 and left + right < width and top + bottom < height else WHOLE


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the boxes of an MP4 between two positions: name, begin and end of the content."""
    while start + 8 <= end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", file.read(8)), 16
        stop = end if size == 0 else start + size
        if stop < start + head or stop > end:
            return
        yield name, start + head, stop
        start = stop


def _inside(file: BinaryIO, start: int, end: int, *names: bytes) -> Iterator[tuple[int, int]]:
    """Yield begin and end of boxes with nested names."""
    for name, inner, stop in _boxes(file, start, end):
        if name == names[0]:
            if len(names) == 1:
                yield inner, stop
            else:
                yield from _inside(file, inner, stop, *names[1:])


def _mp4(file: BinaryIO, size: int, width: int, height: int) -> Crop:
    for track in _inside(file, 0, size, b"moov", b"trak", b"mdia"):
        handler = next(_inside(file, *track, b"hdlr"), None)
        if handler is None:
            continue
        file.seek(handler[0] + 8)
        if file.read(4) != b"vide":
            continue
        for start, stop in _inside(file, *track, b"minf", b"stbl", b"stsd"):
            for _, entry, end in _boxes(file, start + 8, stop):
                for place, _ in _inside(file, entry + ENTRY, end, b"clap"):
                    file.seek(place)
                    return _aperture(struct.unpack(">8i", file.read(32)), width, height)
        return WHOLE
    return WHOLE


def _aperture(numbers: tuple[int, ...], width: int, height: int) -> Crop:
    """Return the crop of a clean aperture: its width, height, and the offset of its center."""
    wide, high, across, down = (Fraction(numbers[index], numbers[index + 1]) for index in (0, 2, 4, 6))
    left, top = round(across + (width - wide) / 2), round(down + (height - high) / 2)
    return left, top, width - left - round(wide), height - top - round(high)


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the elements of a Matroska file between two positions: name, begin and end of the content."""
    while start < end:
        file.seek(start)
        name, _ = _number(file, marked=True)
        size, unknown = _number(file, marked=False)
        inner = file.tell()
        stop = end if unknown else inner + size
        if stop > end:
            return
        yield name, inner, stop
        start = stop


def _number(file: BinaryIO, *, marked: bool) -> tuple[int, bool]:
    """Read a number of variable length; return it, with or without the marker of its length, and whether all its bits are 1."""
    first = file.read(1)
    if not first or not first[0]:
        raise ValueError("no number of this kind")
    length = 9 - first[0].bit_length()
    value = int.from_bytes(first + file.read(length - 1), "big")
    plain = value & ((1 << 7 * length) - 1)
    return (value if marked else plain), plain == (1 << 7 * length) - 1


def _matroska(file: BinaryIO, size: int) -> Crop:
    for name, start, stop in _elements(file, 0, size):
        if name != SEGMENT:
            continue
        for inner, begin, end in _elements(file, start, stop):
            if inner == TRACKS:
                tracks = (_track(file, *place) for number, *place in _elements(file, begin, end) if number == TRACK)
                shown = next((track for track in tracks if track.get(TRACK_TYPE) == VIDEO_TRACK), {})
                left, top, right, bottom = (shown.get(side, 0) for side in SIDES)
                return left, top, right, bottom
    return WHOLE


def _track(file: BinaryIO, start: int, stop: int) -> Mapping[int, int]:
    """Return the integers in a track and in its video settings."""
    found = _integers(file, start, stop)
    for name, begin, end in _elements(file, start, stop):
        if name == VIDEO:
            found |= _integers(file, begin, end)
    return found


def _integers(file: BinaryIO, start: int, stop: int) -> dict[int, int]:
    found = {}
    for name, begin, end in _elements(file, start, stop):
        if end - begin <= 8:
            file.seek(begin)
            found[name] = int.from_bytes(file.read(end - begin), "big")
    return found
