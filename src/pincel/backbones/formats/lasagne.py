"""Networks of Theano and Lasagne: a pickle of a list of parameters, mostly under ``param values`` in a dict, or an ``.npz`` archive.

Weights and biases in the order of the layers, without names: convolutions (out, in, rows, columns), fully connected layers (in, out). The
filters of networks that were converted from Caffe are Caffe's, not turned round as those of Theano's own convolution, and take BGR.

The pickles are those of Python 2, whose arrays ask for functions of NumPy that make them. They get :class:`_PickledArray` in their stead,
which is made only of bytes that are there. What else is in them, of whatever class, is left alone; see :mod:`.safe_pickle`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, BinaryIO, cast
from zipfile import ZipFile, ZipInfo

import numpy as np
from torch import Tensor

from pincel.backbones.formats.safe_pickle import Foreign, axes, ordered_dict, read_pickle, refused, sequence
from pincel.backbones.formats.weight_file import LONG, WeightFile, display_name, pair_weights, reading, to_tensor
from pincel.backbones.formats.zips import open_zip
from pincel.files import natural_key

# Where the list of parameters is in the files that are about, and what else is read of them.
VALUES, CLASSES, MEANS = ("param values", "param_values", "values", "params"), ("synset words", "classes"), ("mean value", "mean_value")
NUMBER, ORDER = re.compile(r"f[248]"), re.compile(r"[<>=|]")
# Names of classes that are read; ImageNet has 21,841.
MOST_CLASSES = 100_000


def read(path: Path) -> WeightFile:
    """Read a pickle or an archive of parameters.

    Raises:
        WeightsError: If it is not whole, asks for code, or holds other than convolutions and fully connected layers.
    """
    with reading(path, "Theano/Lasagne"), path.open("rb") as stream:
        zipped = stream.read(2) == b"PK"
        found = _archived(path) if zipped else _pickled(stream)
        table = found if isinstance(found, Mapping) else {VALUES[0]: found}
        values = _first(table, VALUES)
        if not isinstance(values, list | tuple) or not values:
            raise ValueError(f"it has no list of parameters under '{VALUES[0]}'")
        _check_size(values, path.stat().st_size)
        named = [(f"parameter {place}", _tensor(value)) for place, value in enumerate(values)]
        layers = tuple(pair_weights(path, [(name, numbers.T if numbers.ndim == 2 else numbers) for name, numbers in named]))
        return WeightFile(layers, "bgr", _texts(_first(table, CLASSES)), "lasagne", _mean(_first(table, MEANS)))


def _first(table: Mapping[Any, Any], names: Sequence[str]) -> Any:
    return next((table[name] for name in names if name in table), None)


def _check_size(values: Sequence[object], most: int) -> None:
    """Raise ValueError for arrays of the same bytes, each of which would be made of them again."""
    arrays = {id(value): value for value in values if isinstance(value, _PickledArray)}
    if sum(array.size for array in arrays.values()) > most:
        raise ValueError("its arrays have more bytes than it")


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or len(found) > MOST_CLASSES or not all(isinstance(each, str) for each in found):
        return ()
    # However long they are, no more is looked at than is shown.
    return tuple(display_name(each[: 2 * LONG].strip()) for each in found)


def _mean(found: object) -> tuple[float, float, float] | None:
    """Return the mean color, which is BGR, as RGB; a mean picture is none."""
    if not isinstance(found, _PickledArray) or prod(found.shape) != 3:
        return None
    blue, green, red = found.numbers.flatten().tolist()
    return red, green, blue


def _tensor(value: object) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, _PickledArray):
        return value.numbers
    if isinstance(value, Foreign):
        raise refused(value.name)
    raise TypeError(f"one of its parameters is a {type(value).__name__}, not an array")


def _pickled(stream: BinaryIO) -> Any:
    with mmap(stream.fileno(), 0, access=ACCESS_READ) as mapped:
        # It reads what there is, whatever is asked for.
        return read_pickle(cast("BinaryIO", mapped), TABLE)


def _archived(path: Path) -> list[Tensor]:
    with open_zip(path) as archive:
        members = sorted(archive.infolist(), key=lambda member: natural_key(member.filename))
        return [_saved(archive, member) for member in members]


def _saved(archive: ZipFile, member: ZipInfo) -> Tensor:
    """Read an array in NumPy's format, once as many bytes are seen as its shape needs."""
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = header(stream)
        return _arranged(stream.read(), str(dtype.byteorder), f"{dtype.kind}{dtype.itemsize}", shape, fortran=fortran)


def _arranged(data: object, order: str, kind: str, shape: Sequence[int], *, fortran: bool) -> Tensor:
    """Return the numbers in some bytes.

    Raises:
        ValueError: If there are more or fewer than the shape says, or they are no floating-point numbers.
    """
    if not isinstance(data, bytes | bytearray) or not NUMBER.fullmatch(kind) or not ORDER.fullmatch(order):
        raise ValueError("one of its arrays is not of floating-point numbers")
    if prod(shape) * int(kind[1:]) != len(data) or min(shape, default=1) < 0:
        raise ValueError(f"one of its arrays says it is {tuple(shape)} and has {len(data)} bytes")
    return to_tensor(np.frombuffer(data, (order + kind).replace("|", "<")).reshape(tuple(shape), order="F" if fortran else "C"))


class _PickledType:
    """Stands for a type of numbers: ``f4`` and so on, and which byte comes first."""

    def __init__(self, name: object, *_: object) -> None:
        self.name, self.order = _text(name), "="

    def build(self, state: Sequence[Any]) -> None:
        """Take what NumPy says of a type; all that matters is its order of bytes."""
        self.order = _text(state[1])


def _text(found: object) -> str:
    # Whatever else it is, of whatever depth, it is not made a text of.
    if not isinstance(found, str):
        raise TypeError
    return found


class _PickledArray:
    """Stands for an array: what is said of it, unbelieved until its numbers are asked for."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.kind, self.fortran = _PickledType(""), False
        self._data: object = b""

    def build(self, state: Sequence[Any]) -> None:
        """Take what NumPy says of an array."""
        _, shape, kind, fortran, self._data = sequence(state, 5)
        if not isinstance(kind, _PickledType):
            raise TypeError
        self.shape, self.kind, self.fortran = axes(shape), kind, bool(fortran)

    @property
    def size(self) -> int:
        """Bytes that it is made of."""
        return len(self._data) if isinstance(self._data, str | bytes | bytearray) else 0

    @cached_property
    def numbers(self) -> Tensor:
        """Its numbers, there once however often a list has it; raises ValueError if they are not as said."""
        # What was bytes in Python 2 is read as a text of as many characters.
        data = self._data.encode("latin1") if isinstance(self._data, str) else self._data
        return _arranged(data, self.kind.order, self.kind.name, self.shape, fortran=self.fortran)


def _from_buffer(data: object, kind: object, shape: object, order: object = "C") -> _PickledArray:
    array = _PickledArray()
    array.build((1, shape, kind, order == "F", data))
    return array


# What a pickle of arrays may ask for.
TABLE: dict[str, Any] = {
    "numpy.ndarray": "an array",
    "numpy.dtype": _PickledType,
    "collections.OrderedDict": ordered_dict,
    # How Python 3 writes bytes for Python 2: the text is what Python 2 wrote itself, and no copy of it.
    "_codecs.encode": lambda text, *_: text,
}
for core in ("core", "_core"):
    TABLE[f"numpy.{core}.multiarray._reconstruct"] = lambda *_: _PickledArray()
    # A single number, which no weight is.
    TABLE[f"numpy.{core}.multiarray.scalar"] = lambda *_: None
    TABLE[f"numpy.{core}.numeric._frombuffer"] = _from_buffer
