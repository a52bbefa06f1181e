"""Files of ``torch.save``: a pickle that says of each tensor its shape and where its numbers are, and the numbers.

They are zip files, or since before 2020 pickles one behind the other. ``torch.load(weights_only=True)`` refuses a whole file for one object
of a class that it does not know, and can be given classes only by importing them. Here the pickle is read by :mod:`.safe_pickle`, which
imports nothing: a tensor becomes a :class:`Numbers`, which is read when it is asked for, and everything else stays a name. Sizes are
compared with the file before memory is allocated.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias, cast
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import torch
from torch import Tensor

from pincel.backbones.formats.safe_pickle import Budget, Call, Foreign, axes, is_key, ordered_dict, read_pickle, whole
from pincel.backbones.formats.zips import open_zip

# Kind of storage, and of numbers.
KINDS = {
    "Float": torch.float32, "Double": torch.float64, "Half": torch.float16, "BFloat16": torch.bfloat16, "Byte": torch.uint8,
    "Char": torch.int8, "Short": torch.int16, "Int": torch.int32, "Long": torch.int64, "Bool": torch.bool,
}  # fmt: skip
# Characters of a name that count as a part.
NAME = 16


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers one behind the other, in a file.

    Attributes:
        key: What they are called there.
        kind: Of each.
        size: Bytes of them.
        start: The first of them, if they are part of another storage.
    """

    key: str
    kind: torch.dtype
    size: int
    start: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """What a file says of a tensor, unbelieved until its numbers are asked for.

    Attributes:
        storage: Where its numbers are.
        start: The place of the first in it.
        shape: Its shape.
        strides: Places from one to the next, along each axis.
    """

    storage: Storage
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class TorchContainer(Protocol):
    """A file as a pickle and the bytes of its storages."""

    def pickled(self) -> Any:
        """Return what the pickle holds."""

    def numbers(self, storage: Storage) -> bytearray:
        """Return the bytes of a storage; raises ValueError if there are none."""


class TorchFile:
    """A file of torch that is open.

    Attributes:
        found: What it holds: numbers, texts, lists, tuples and dicts; :class:`Numbers` for tensors, and :class:`.Foreign`.
    """

    def __init__(self, container: TorchContainer) -> None:
        self._container = container
        # Bytes of each storage, in this machine's order for numbers of so many.
        self._read: dict[tuple[str, int], bytearray] = {}
        self.found = container.pickled()

    def tensor(self, numbers: Numbers, name: str) -> Tensor:
        """Return a tensor; those of one storage share its memory.

        Raises:
            ValueError: If not all of its numbers are there, each at a place of its own.
        """
        storage, shape, strides = numbers.storage, numbers.shape, numbers.strides
        flat = self._flat(storage)
        size: int = prod(shape)
        last = numbers.start + sum((length - 1) * stride for length, stride in zip(shape, strides, strict=True))
        if min(*shape, *strides, numbers.start, 0) < 0 or size > len(flat) or (size and last >= len(flat)):
            raise ValueError(f"its {name} is {shape}, and not all of that is there")
        return torch.as_strided(flat, shape, strides, numbers.start) if size else torch.empty(shape, dtype=flat.dtype)

    def _flat(self, storage: Storage) -> Tensor:
        key = storage.key, storage.kind.itemsize
        if key not in self._read:
            self._read[key] = self._container.numbers(storage)
        data, begin = self._read[key], storage.start * storage.kind.itemsize
        if min(begin, storage.size) < 0 or begin + storage.size > len(data):
            raise ValueError(f"its part {storage.key} says it has {storage.size} bytes and has {len(data)}")
        count = storage.size // storage.kind.itemsize
        return torch.frombuffer(data, dtype=storage.kind, count=count, offset=begin) if count else torch.empty(0, dtype=storage.kind)


@contextmanager
def open_torch(path: Path) -> Iterator[TorchFile]:
    """Open a file and read what it holds, but for the numbers of its tensors.

    Raises:
        UnpicklingError: If it calls what runs code.
        ValueError: If it is not whole, or lies about its sizes.
    """
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as mapped:
        if mapped[:2] != b"PK":
            yield TorchFile(_LegacyContainer(mapped))
            return
    with open_zip(path) as archive:
        yield TorchFile(_ZipContainer(archive, path.stat().st_size))


class _ZipContainer:
    """A folder in a zip file, not compressed: ``data.pkl``, and ``data/KEY`` for each storage."""

    def __init__(self, archive: ZipFile, most: int) -> None:
        # The code of a script is compressed, and not read.
        plain = [member for member in archive.infolist() if member.compress_type == ZIP_STORED]
        self._names = {member.filename for member in plain}
        self._root = next((name for name in archive.namelist() if name.endswith("data.pkl")), "").removesuffix("data.pkl")
        if f"{self._root}data.pkl" not in self._names or sum(member.file_size for member in plain) > most:
            raise ValueError("it is compressed, as files of torch never are")
        self._archive = archive

    def pickled(self) -> Any:
        return read_pickle(BytesIO(self._archive.read(f"{self._root}data.pkl")), TABLE, _storage)

    def numbers(self, storage: Storage) -> bytearray:
        name = f"{self._root}data/{storage.key}"
        if name not in self._names:
            raise ValueError(f"it lacks its part {storage.key}")
        return _in_order(bytearray(self._archive.read(name)), storage, big=self._is_big())

    def _is_big(self) -> bool:
        name = f"{self._root}byteorder"
        return name in self._names and self._archive.read(name) == b"big"


class _LegacyContainer:
    """Five pickles, the fourth what was saved and the fifth the names of its storages; then of each its length and its numbers."""

    def __init__(self, mapped: mmap) -> None:
        self._mapped = mapped
        self._kinds: dict[str, torch.dtype] = {}
        self._places: dict[str, slice] = {}
        self._big = False

    def pickled(self) -> Any:
        # It reads what there is, whatever is asked for.
        stream = cast("BinaryIO", self._mapped)
        _, _, system, found, keys = (read_pickle(stream, TABLE, self._noted) for _ in range(5))
        self._big = isinstance(system, Mapping) and system.get("little_endian") is False
        for key in keys if isinstance(keys, list) else []:
            head = self._mapped.read(8)
            # What is not text may be anything, of any depth, and is not hashed.
            if len(head) < 8 or not isinstance(key, str) or key not in self._kinds:
                break
            (count,) = struct.unpack(">q" if self._big else "<q", head)
            begin = self._mapped.tell()
            end = begin + count * self._kinds[key].itemsize
            if not begin <= end <= len(self._mapped):
                raise ValueError(f"it ends {end - len(self._mapped)} bytes too early")
            self._places[key] = slice(begin, end)
            self._mapped.seek(end)
        return found

    def numbers(self, storage: Storage) -> bytearray:
        if storage.key not in self._places:
            raise ValueError(f"it ends before its part {storage.key}")
        return _in_order(bytearray(self._mapped[self._places[storage.key]]), storage, big=self._big)

    def _noted(self, said: Any) -> object:
        found = _storage(said)
        if isinstance(found, Storage):
            self._kinds.setdefault(found.key, found.kind)
        return found


def _storage(said: Any) -> object:
    """Return the storage that a pickle says is elsewhere: ``("storage", kind, key, where, count)``, before 2020 with a view of another.

    A class is elsewhere, too, in files of that time: ``("module", class, file, source)``.
    """
    if isinstance(said, tuple) and said[:1] == ("module",) and len(said) > 1:
        return said[1]
    if not isinstance(said, tuple) or not 5 <= len(said) <= 6 or said[0] != "storage":
        raise ValueError("a part of it is elsewhere")
    _, kind, key, _, *more = said
    if not isinstance(kind, torch.dtype) or not isinstance(key, str) or not is_key(key):
        raise ValueError("a part of it has no name, or no numbers")
    view = more[1] if len(more) > 1 else None
    _, start, count = view if isinstance(view, tuple) and len(view) == 3 else ("", 0, more[0])
    return Storage(key, kind, whole(count) * kind.itemsize, whole(start))


def _in_order(data: bytearray, storage: Storage, *, big: bool) -> bytearray:
    """Return numbers in this machine's order of bytes, in place."""
    if big != (sys.byteorder == "big"):
        size = storage.kind.itemsize
        np.frombuffer(data, f"u{size}", len(data) // size).byteswap(inplace=True)
    return data


# --- What a pickle of tensors may ask for -----------------------------------------------------------------------------------------------


def _tensor(storage: object, start: object, shape: object, strides: object, *_: object) -> Numbers:
    if not isinstance(storage, Storage):
        raise TypeError("a tensor of it has no numbers")
    made = Numbers(storage, whole(start), axes(shape), axes(strides))
    if len(made.shape) != len(made.strides):
        raise ValueError("a tensor of it has not one stride for each axis")
    return made


def _tensor_of_kind(storage: object, start: object, shape: object, strides: object, *more: object) -> Numbers:
    """Return a tensor whose storage is of bytes, and whose kind comes behind whether it is trained, and its hooks."""
    kind = more[2]
    if not isinstance(storage, Storage) or not isinstance(kind, torch.dtype):
        raise TypeError("a tensor of it has no numbers")
    return _tensor(replace(storage, kind=kind), start, shape, strides)


def _with_state(make: object, _: object, given: object, *__: object) -> Call:
    """Return how a tensor is made, without the attributes that were given to it."""
    return Call(make, given)


Table: TypeAlias = "dict[str, Any]"
TABLE: Table = {
    "collections.OrderedDict": ordered_dict,
    "collections.defaultdict": lambda *_: {},
    "torch.Size": axes,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_kind,
    "torch._tensor._rebuild_from_type": _with_state,
    "torch._tensor._rebuild_from_type_v2": _with_state,
    **dict.fromkeys(
        ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter"),
        lambda numbers, *_: numbers,
    ),
    **{f"torch.{kind}Storage": numbers for kind, numbers in KINDS.items()},
    **{f"torch.cuda.{kind}Storage": numbers for kind, numbers in KINDS.items()},
    "torch.storage.UntypedStorage": torch.uint8,
    **{str(numbers): numbers for numbers in KINDS.values()},
}


def named_tensors(found: object, budget: Budget) -> dict[str, Numbers | Foreign]:
    """Return the tensors of a dict, or of a module and the modules in it, by name, and what stands for tensors of other kinds.

    Raises:
        UnpicklingError: If there are more than there is a budget for.
        RecursionError: For modules in each other without end.
    """
    return dict(_named(found, "", set(), budget))


def _named(found: object, before: str, seen: set[int], budget: Budget) -> Iterator[tuple[str, Numbers | Foreign]]:
    for key, value in parts(found, budget).items():
        if isinstance(value, Numbers) or (isinstance(value, Foreign) and value.name.startswith("torch._utils._rebuild")):
            yield named(before, key, budget), value
        elif is_module(found) and isinstance(value, Foreign) and id(value) not in seen:
            seen.add(id(value))
            yield from _named(value, f"{named(before, key, budget)}.", seen, budget)


def named(before: str, key: object, budget: Budget) -> str:
    """Return the name of a part, behind that of what it is a part of: a long one, before many, is counted by its length."""
    name = f"{before}{key}"
    budget.charge(1 + len(name) // NAME)
    return name


def is_module(found: object) -> bool:
    """Tell whether something is a module, saved whole or as TorchScript."""
    state = found.state if isinstance(found, Foreign) and isinstance(found.state, Mapping) else {}
    return "_modules" in state or (isinstance(found, Foreign) and found.name.startswith("__torch__."))


def parts(found: object, budget: Budget) -> Mapping[Any, Any]:
    """Return what a dict or an object holds by name; of a module, its parameters, its other tensors and its modules.

    Many objects may have the same dict: it counts for each; raises UnpicklingError beyond the budget.
    """
    if not isinstance(found, Foreign):
        found = found if isinstance(found, Mapping) else {}
        budget.charge(len(found))
        return found
    state = found.state if isinstance(found.state, Mapping) else {}
    inside = [state[key] for key in ("_parameters", "_buffers", "_modules") if isinstance(state.get(key), Mapping)]
    # An object of any other class, and a module of TorchScript, has all of it side by side.
    inside = inside or [found.items or {}, state]
    budget.charge(sum(map(len, inside)))
    return {key: value for each in inside for key, value in each.items()}
