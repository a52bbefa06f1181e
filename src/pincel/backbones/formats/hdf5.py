"""What an HDF5 file says of itself, checked before its library, which makes room for it and then may crash, is asked for it.

Before it is opened: the heaps, and the texts in attributes that :mod:`.keras` reads: each is a length, the place of a heap and a number in
it. Before numbers in pieces are read: how large these are once unpacked, which the library does without end.

Paper:
    The HDF Group, "HDF5 File Format Specification", versions 1 and 3 of attributes, III.D, III.E and IV.A.2.m.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from math import prod
from mmap import mmap

import h5py

# Heaps of names, and of texts: a mark, a version, nothing, and then a length of eight bytes.
HEAPS = (b"HEAP\0\0\0\0", b"GCOL\1\0\0\0")
# Of the type of an attribute: a text or list of any length, and of these a text.
ANY_LENGTH, TEXT = 9, 1
MOST_NAMES = 10_000
# What may be done to pieces: compressed, their bytes ordered, a sum of them added.
PACKED, FILTERS = h5py.h5z.FILTER_DEFLATE, {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}


def check_hdf5(content: bytes | mmap, attributes: tuple[str, ...]) -> None:
    """Make sure that heaps are no longer than the file, and texts no longer than what is kept of them.

    Args:
        content: The file.
        attributes: Names of those that will be read.

    Raises:
        ValueError: If one is.
    """
    for mark in HEAPS:
        for place in _places(content, mark):
            if int.from_bytes(content[place + 8 : place + 16], "little") > len(content):
                raise ValueError("one of its heaps says it is longer than the file")
    known: dict[int, dict[int, int]] = {}
    for attribute in attributes:
        name = attribute.encode() + b"\0"
        for place in _places(content, name):
            for length, heap, number in _texts(content, place, len(name)):
                if heap not in known:
                    known[heap] = _lengths(content, heap)
                if length > known[heap].get(number, -1):
                    raise ValueError(f"a text in its attribute {attribute} says it is {length} bytes long")


def check_pieces(dataset: h5py.Dataset, most: int) -> None:
    """Make sure that no piece of some numbers is larger than it may be, or than it says once it is unpacked.

    Args:
        dataset: The numbers; whole ones are in no pieces.
        most: Bytes of a piece.

    Raises:
        ValueError: If one is, or they are packed in an unusual way.
    """
    if dataset.chunks is None:
        return
    size = prod(dataset.chunks) * dataset.dtype.itemsize
    made = dataset.id.get_create_plist()
    filters = [made.get_filter(place)[0] for place in range(made.get_nfilters())]
    if size > most or set(filters) - FILTERS or filters.count(PACKED) > 1:
        raise ValueError(f"its {dataset.name} is in pieces that are too large, or packed in an unusual way")
    if PACKED in filters and any(_unpacked(dataset, place, size, most) > size for place in range(dataset.id.get_num_chunks())):
        raise ValueError(f"a piece of its {dataset.name} would be larger unpacked than it says")


def _unpacked(dataset: h5py.Dataset, place: int, size: int, most: int) -> int:
    """Return how many bytes a piece is once unpacked, or one more than ``size``."""
    piece = dataset.id.get_chunk_info(place)
    if piece.size > most:
        raise ValueError(f"a piece of its {dataset.name} says it is longer than the file")
    return len(zlib.decompressobj().decompress(dataset.id.read_direct_chunk(piece.chunk_offset)[1], size + 1))


def _places(content: bytes | mmap, wanted: bytes) -> Iterator[int]:
    place = content.find(wanted)
    while place >= 0:
        yield place
        place = content.find(wanted, place + 1)


def _texts(content: bytes | mmap, place: int, width: int) -> Iterator[tuple[int, int, int]]:
    """Yield length, heap and number of each text of the attribute whose name is at ``place``; nothing if it is none of that kind."""
    for version, head, filled in ((1, 8, 8), (3, 9, 1)):
        begin = place - head
        said, _, named, typed, shaped = struct.unpack("<BBHHH", content[begin : begin + 8]) if begin >= 0 else (0,) * 5
        if (said, named) != (version, width):
            continue
        kind = place + _up(named, filled)
        shape = kind + _up(typed, filled)
        values = shape + _up(shaped, filled)
        if content[kind] & 15 != ANY_LENGTH:
            continue
        if content[kind + 1] & 15 != TEXT:
            raise ValueError("an attribute of it is neither text nor number")
        axes, start = content[shape + 1], shape + (8 if content[shape] == 1 else 4)
        count = prod(struct.unpack(f"<{axes}Q", content[start : start + 8 * axes]))
        if count > MOST_NAMES:
            raise ValueError(f"an attribute of it says that it has {count} texts")
        yield from (each for each in struct.iter_unpack("<IQI", content[values : values + 16 * count]) if each[0])


def _lengths(content: bytes | mmap, heap: int) -> dict[int, int]:
    """Return how long each text of a heap is, by its number; nothing if there is no heap."""
    if content[heap : heap + 4] != HEAPS[1][:4]:
        return {}
    place, end = heap + 16, heap + int.from_bytes(content[heap + 8 : heap + 16], "little")
    lengths: dict[int, int] = {}
    while place + 16 <= min(end, len(content)):
        number, _, _, length = struct.unpack("<HHIQ", content[place : place + 16])
        if number == 0 and length == 0:
            raise ValueError("what is left over in one of its heaps has no end")
        # What is left over has the number 0, and its length includes these bytes.
        place += length if number == 0 else 16 + _up(length, 8)
        if number and place <= end:
            lengths[number] = length
    return lengths


def _up(length: int, filled: int) -> int:
    return length + -length % filled
