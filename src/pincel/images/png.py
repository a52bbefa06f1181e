"""PNG chunks: what is no pixel is read within bounds, so that no picture is lost to a long comment or a large profile.

Pillow refuses a whole picture for one text or profile of more than a mebibyte, or for a checksum of a chunk that it does not need.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pincel.translation import Note
from pincel.translation import gettext_lazy as _

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT_LIMIT = 1 << 20
"""Bytes of text, unpacked, that are read; Pillow's own bound."""
PROFILE_LIMIT = 1 << 25
"""Bytes of a color profile, unpacked, that are read: the largest of printers have a few million."""
_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_ANIMATION = (b"acTL", b"fcTL", b"fdAT")


@dataclass(frozen=True)
class PngParts:
    """A PNG taken apart.

    Attributes:
        data: The file without long texts, damaged chunks that are no pixels, and its color profile.
        icc: The profile, if it has one within the bound.
        cicp: Primaries, transfer function, matrix and full-range flag by the numbers of ITU-T H.273, if it names them.
        notes: What was left unread.
    """

    data: bytes
    icc: bytes | None = None
    cicp: tuple[int, int, int, int] | None = None
    notes: tuple[str, ...] = ()


def split_png(data: bytes) -> PngParts:
    """Take a PNG apart; one that breaks off is kept as it is from there on."""
    kept, damaged = [data[:8]], set[bytes]()
    profiles: list[bytes] = []
    cicp: tuple[int, int, int, int] | None = None
    text = unread = 0
    end = 8
    for name, start, end in _chunks(data):
        body = data[start + 8 : end - 4]
        if name == b"cICP" and len(body) == 4:
            cicp = (body[0], body[1], body[2], body[3])
        elif name == b"iCCP":
            profiles.append(body)
        elif name in _TEXT and (text > TEXT_LIMIT or (text := text + _unpacked(name, body)) > TEXT_LIMIT):
            unread += len(body)
        elif name[:1].isupper() or name in _ANIMATION or (name.isalpha() and _is_sound(data[start:end])):
            kept.append(data[start:end])
        else:
            damaged.add(name)
    icc, notes = _profile(profiles[0]) if profiles else (None, [])
    if unread:
        notes.append(Note(_("{size} KiB of text in the file not read"), size=max(1, unread >> 10)))
    if damaged:
        shown = ", ".join(sorted(name.decode() for name in damaged if name.isalpha())[:3]) or _("a part")
        notes.append(Note(_("{chunks} of the file ignored: it is damaged"), chunks=shown))
    return PngParts(b"".join([*kept, data[end:]]), icc, cicp, tuple(notes))


def is_whole(data: bytes) -> bool:
    """Return whether a PNG has its last chunk."""
    return any(name == b"IEND" for name, _, _ in _chunks(data))


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each whole chunk with where it starts and ends."""
    start = 8
    while start + 12 <= len(data):
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")
        if end > len(data):
            return
        yield data[start + 4 : start + 8], start, end
        start = end


def _is_sound(chunk: bytes) -> bool:
    return zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _unpacked(name: bytes, body: bytes) -> int:
    """Return how long a text is, or more than the bound for one that goes beyond it."""
    _, _, rest = body.partition(b"\0")
    packed = rest[1:] if name == b"zTXt" else rest.split(b"\0", 3)[-1] if name == b"iTXt" and rest[:1] == b"\1" else None
    if packed is None:
        return len(body)
    return len(_inflated(packed, TEXT_LIMIT) or b"")


def _profile(body: bytes) -> tuple[bytes | None, list[str]]:
    rest = body.partition(b"\0")[2]
    profile = _inflated(rest[1:], PROFILE_LIMIT)
    if profile is None:
        return None, [Note(_("color profile ignored: it is damaged"))]
    if len(profile) > PROFILE_LIMIT:
        return None, [Note(_("color profile ignored: it is larger than {most} MiB"), most=PROFILE_LIMIT >> 20)]
    return profile, []


def _inflated(packed: bytes, limit: int) -> bytes | None:
    """Unpack to at most a byte more than a limit; None for what cannot be unpacked."""
    try:
        return zlib.decompressobj().decompress(packed, limit + 1)
    except zlib.error:
        return None
