"""What the serialization of Torch7 wrote: objects, each behind a number that says of which kind it is; binary, or the same as text.

=  ==================  ==========================================================================================
0  nil
1  a number            float64
2  a text              its length, then its bytes
3  a table             its number, and if that is new how many pairs it has, then key and value of each
4  a torch object      its number, and if that is new a version (``V 1``), its class, then a tensor, a storage or a table of fields
5  a boolean           0 or 1
6  a function          compiled code of Lua, here refused; so are 7 and 8, kinds of it
=  ==================  ==========================================================================================

A number that is not new stands for the object that had it first. In a binary file whole numbers have 4 bytes, sizes and places 8, all with
the lowest first; in a text file there are blanks between them and a line break behind each group.

The package torchfile reads binary files only, makes room for whatever size a text says it has, and follows tables to any depth.

Paper:
    The Torch7 package, ``File.lua``, ``DiskFile.c``, ``generic/Tensor.c`` and ``generic/Storage.c``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

# Class → numbers of its tensors and storages; those of a GPU are written as the others are.
NUMBERS = {"Byte": "u1", "Char": "i1", "Short": "i2", "Int": "i4", "Long": "i8", "Half": "f2", "Float": "f4", "Double": "f8"}
NUMBERS |= {f"Cuda{name}": kind for name, kind in NUMBERS.items()} | {"Cuda": "f4"}
NIL, NUMBER, TEXT, TABLE, TORCH, BOOLEAN = range(6)
FUNCTIONS = (6, 7, 8)
ARRAY, WORD = re.compile(r"torch\.(\w+?)(Tensor|Storage)"), re.compile(rb"\s*(\S+)")


@dataclass(eq=False)
class Module:
    """A torch object that is neither tensor nor storage.

    Attributes:
        kind: Its class: ``nn.Sequential``.
        fields: What it holds by name, ``modules`` and ``weight`` among it.
    """

    kind: str
    fields: dict[Any, Any] = field(default_factory=dict)


class Source(Protocol):
    """A file of numbers and texts, read from its beginning to its end; each raises EOFError where it has fewer than asked for."""

    def whole(self) -> int:
        """Read a whole number."""

    def number(self) -> float:
        """Read a float64."""

    def text(self) -> str:
        """Read a length and as many bytes."""

    def values(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        """Read so many numbers of a kind of NumPy's, as an array that may be written to."""


def read_object(path: Path) -> Any:
    """Read the first object of a file, which is all of it.

    Returns:
        A :class:`Module`, or a dict for a table, float, str, bool, tensor or None.

    Raises:
        ValueError: For functions, and for what is said in no other way.
        EOFError: If the file is not whole.
        OSError: If it cannot be read.
    """
    data = np.fromfile(path, np.uint8)
    source: Source = _Text(data.tobytes()) if bytes(data[1:2]) == b"\n" else _Binary(data)
    return _ObjectReader(source).object()


class _ObjectReader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[int, Any] = {}

    def object(self) -> Any:
        kind = self._source.whole()
        if kind in FUNCTIONS:
            raise ValueError("it holds a function, and pincel runs no code of a file")
        if kind not in range(6):
            raise ValueError(f"it holds an object of kind {kind}, which there is not")
        if kind == NIL:
            return None
        if kind == NUMBER:
            return self._source.number()
        if kind == TEXT:
            return self._source.text()
        if kind == BOOLEAN:
            return self._source.whole() == 1
        return self._numbered(kind)

    def _numbered(self, kind: int) -> Any:
        place = self._source.whole()
        if place in self._known:
            return self._known[place]
        return self._table(place, {}) if kind == TABLE else self._torch_object(place)

    def _table(self, place: int, table: dict[Any, Any]) -> dict[Any, Any]:
        self._known[place] = table
        for _ in range(self._source.whole()):
            key = self.object()
            # Lua's tables take anything for a key.
            table[key if isinstance(key, float | str | bool) else id(key)] = self.object()
        return table

    def _torch_object(self, place: int) -> Any:
        name = self._source.text()
        if name.startswith("V "):
            name = self._source.text()
        numbers = ARRAY.fullmatch(name)
        if numbers and numbers[1] in NUMBERS:
            found = self._known[place] = self._tensor() if numbers[2] == "Tensor" else self._storage(NUMBERS[numbers[1]])
            return found
        module = self._known[place] = Module(name)
        fields = self.object()
        module.fields = fields if isinstance(fields, dict) else {}
        return module

    def _storage(self, kind: str) -> Tensor:
        (count,) = self._source.values("i8", 1)
        return torch.from_numpy(self._source.values(kind, int(count)))

    def _tensor(self) -> Tensor:
        count = self._source.whole()
        shape, strides = (tuple(int(each) for each in self._source.values("i8", count)) for _ in range(2))
        # The first place is 1.
        start = int(self._source.values("i8", 1)[0]) - 1
        storage = self.object()
        if storage is None or count == 0:
            return torch.empty(0)
        size: int = prod(shape)
        last = start + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
        if min(*shape, *strides, start) < 0 or size > len(storage) or (size and last >= len(storage)):
            raise ValueError(f"one of its tensors says it is {shape} and has {len(storage)} numbers")
        return torch.as_strided(storage, shape, strides, start)


class _Binary:
    def __init__(self, data: np.ndarray[Any, Any]) -> None:
        self._data, self._place = data, 0

    def whole(self) -> int:
        return int(self.values("i4", 1)[0])

    def number(self) -> float:
        return float(self.values("f8", 1)[0])

    def text(self) -> str:
        return self.values("u1", self.whole()).tobytes().decode("utf-8", "replace")

    def values(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        # Python's own numbers are of any length, and a product of them is what it says.
        length = np.dtype(kind).itemsize * count
        if not 0 <= length <= self._data.size - self._place:
            raise EOFError(f"it ends {self._place + length - self._data.size} bytes too early" if length > 0 else "a length is negative")
        self._place += length
        found = self._data[self._place - length : self._place].view(f"<{kind}")
        # Numbers may begin anywhere in the file, but torch wants them where their size says.
        return found if found.flags.aligned else found.copy()


class _Text:
    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def whole(self) -> int:
        return int(self._words(1)[0])

    def number(self) -> float:
        return float(self._words(1)[0])

    def text(self) -> str:
        return self._bytes(self.whole()).decode("utf-8", "replace")

    def values(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        # Single bytes are written as they are, in a text too.
        if kind in ("u1", "i1"):
            return np.frombuffer(bytearray(self._bytes(count)), kind)
        words = self._words(count)
        return np.array([int(word) for word in words] if kind[0] == "i" else [float(word) for word in words], kind)

    def _bytes(self, count: int) -> bytes:
        if not 0 <= count <= len(self._data) - self._place:
            raise EOFError("it ends too early")
        self._place += count
        found = self._data[self._place - count : self._place]
        self._end_line(count)
        return found

    def _words(self, count: int) -> list[bytes]:
        # Each has a character at least, and a blank before the next.
        if not 0 <= 2 * count - 1 <= len(self._data) - self._place and count:
            raise EOFError("it ends too early")
        found = []
        for _ in range(count):
            word = WORD.match(self._data, self._place)
            if word is None:
                raise EOFError("it ends too early")
            found.append(word[1])
            self._place = word.end()
        self._end_line(count)
        return found

    def _end_line(self, count: int) -> None:
        """Skip the line break behind what was read; behind nothing there is none."""
        if count and self._data[self._place : self._place + 1] == b"\n":
            self._place += 1
