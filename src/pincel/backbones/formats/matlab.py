"""MATLAB files of version 5 to 7, as far as they hold numbers, texts, cells and structures: neither objects nor functions are made.

A header of 128 bytes, then elements: a type, a length and so many bytes, filled up to eight; those of four bytes or fewer keep both numbers
in one. An array is an element of elements: its class, its size, its name, and its values, columns first. Cells and structures hold arrays.
An element may be compressed as a whole.

SciPy reads such files too, but not those of strangers, as it says itself: it makes room for whatever size a list of cells says it has, and
an element of an unknown type ends the process (scipy 1.17; issues 25166 and 25349).

Paper:
    The MathWorks, "MAT-File Format", level 5.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from pincel.backbones.formats.weight_file import MOST

HEADER, ARRAY, COMPRESSED = 128, 14, 15
# An empty array takes eight bytes, fewer where they are compressed.
MOST_ARRAYS = 100_000
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXTS = {16: "utf-8", 17: "utf-16", 18: "utf-32", 1: "latin-1", 2: "latin-1", 4: "utf-16"}
CELLS, STRUCTURE, OBJECT, TEXT = 1, 2, 3, 4
# Class of an array of numbers → the type they have once read; they may be kept in fewer bytes.
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}


def read_matlab(path: Path, names: frozenset[str]) -> dict[str, Any]:
    """Read variables of a file.

    Args:
        path: The file.
        names: Which variables.

    Returns:
        name → an array of numbers; a str; a list of cells, columns first; a dict by field, or a list of such, for structures.
        What is none of these is None.

    Raises:
        ValueError: If it is not whole, or says a size that it has not.
        OSError: If it cannot be read.
    """
    data = path.read_bytes()
    order = "<" if data[126:128] == b"IM" else ">"
    found = {}
    left = iter(range(MOST_ARRAYS))
    for kind, content in _Elements(memoryview(data)[HEADER:], order):
        whole = content
        if kind == COMPRESSED:
            # As much as its name needs, and the rest only of what is asked for.
            start = memoryview(zlib.decompressobj().decompress(content, 1024))
            if _Array(start[8:], order, left).name not in names:
                continue
            ((_, whole),) = _Elements(memoryview(_unpacked(content, MOST * len(content))), order)
        array = _Array(whole, order, left)
        if array.name in names:
            found[array.name] = array.value()
    return found


def _unpacked(content: memoryview, most: int) -> bytes:
    unpacking = zlib.decompressobj()
    unpacked = unpacking.decompress(content, most)
    if not unpacking.eof:
        raise ValueError(f"it is cut off, or would be more than {MOST} times as large unpacked")
    return unpacked


class _Elements:
    """Elements one behind the other; each raises ValueError if it says it is longer than what there is."""

    def __init__(self, data: memoryview, order: str) -> None:
        self._data, self._order, self.place = data, order, 0

    def __iter__(self) -> Iterator[tuple[int, memoryview]]:
        while self.place < len(self._data):
            yield self.next()

    def next(self) -> tuple[int, memoryview]:
        """Return the type and the bytes of the next one."""
        if self.place + 8 > len(self._data):
            raise ValueError("it ends in the middle of an element")
        first, second = (int(each) for each in np.frombuffer(self._data, f"{self._order}u4", 2, self.place))
        short = first >> 16
        kind, length, start = (first & 0xFFFF, short, self.place + 4) if short else (first, second, self.place + 8)
        if start + length > len(self._data) or (short and short > 4):
            raise ValueError(f"it ends {start + length - len(self._data)} bytes too early")
        # Compressed elements are not filled up.
        self.place = self.place + 8 if short else start + (length if kind == COMPRESSED else length + -length % 8)
        return kind, self._data[start : start + length]


class _Array:
    """An array of anything, of which only what it is is read at first; ``left`` yields as often as there may be another."""

    def __init__(self, content: memoryview, order: str, left: Iterator[int]) -> None:
        if next(left, None) is None:
            raise ValueError(f"it holds more than {MOST_ARRAYS} arrays")
        self._order, self._left = order, left
        self._elements = elements = _Elements(content, order)
        # One without anything is how an empty cell is written.
        self.kind, self.name = 0, ""
        self.shape: tuple[int, ...] = (0, 0)
        if len(content):
            self.kind = int(_numbers(elements.next(), order)[0]) & 0xFF
            self.shape = tuple(int(length) for length in _numbers(elements.next(), order))
            self.name = bytes(elements.next()[1]).decode("latin-1")

    def value(self) -> Any:
        """Return what it holds; see :func:`read_matlab`."""
        if self.kind == CELLS:
            return [self._inner() for _ in range(prod(self.shape))]
        if self.kind in (STRUCTURE, OBJECT):
            return self._structures()
        if self.kind == TEXT:
            return self._text() if prod(self.shape) else ""
        if self.kind not in CLASSES:
            return None
        numbers = _numbers(self._elements.next(), self._order)
        if numbers.size != prod(self.shape) or min(self.shape, default=1) < 0:
            raise ValueError(f"one of its arrays says it is {self.shape} and has {numbers.size} numbers")
        return numbers.astype(CLASSES[self.kind], copy=False).reshape(self.shape, order="F")

    def _inner(self) -> Any:
        kind, content = self._elements.next()
        if kind != ARRAY:
            raise ValueError(f"a cell of it holds an element of type {kind}")
        return _Array(content, self._order, self._left).value()

    def _structures(self) -> Any:
        if self.kind == OBJECT:
            self._elements.next()
        width = int(_numbers(self._elements.next(), self._order)[0])
        names = bytes(self._elements.next()[1])
        fields = [names[start : start + width].partition(b"\0")[0].decode("latin-1") for start in range(0, len(names), width)]
        # One without fields would take no bytes, however many there are said to be.
        found = [{field: self._inner() for field in fields} for _ in range(prod(self.shape) if fields else 0)]
        return found[0] if len(found) == 1 else found

    def _text(self) -> str:
        kind, content = self._elements.next()
        encoding = TEXTS[kind]
        byte_order = {"<": "-le", ">": "-be"}[self._order] if encoding in ("utf-16", "utf-32") else ""
        return bytes(content).decode(encoding + byte_order, "replace")


def _numbers(element: tuple[int, memoryview], order: str) -> np.ndarray[Any, Any]:
    kind, content = element
    if kind not in NUMBERS:
        raise ValueError(f"an element of it is of type {kind}, which holds no numbers")
    return np.frombuffer(content, order + NUMBERS[kind])
