"""Networks of MatConvNet; their files are written by SciPy, those that lie byte by byte. See also ``test_alexnet.py``."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.io import savemat

from pincel.backbones.formats import open_weights
from pincel.backbones.formats.matlab import read_matlab
from pincel.backbones.weights import read_weights
from pincel.errors import WeightsError
from tests.backbones.formats.writers import TINY, exact, weights_of
from tests.backbones.stand_ins import matconvnet_layers

CLASSES = ["tench, Tinca tinca", "goldfish, Carassius", "añejo"]


def cells(values: list[Any]) -> np.ndarray[Any, Any]:
    """Return a row of cells."""
    row = np.empty((1, len(values)), dtype=object)
    for place, value in enumerate(values):
        row[0, place] = value
    return row


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("layout", ["new", "old", "one structure"])
@pytest.mark.parametrize("name", ["vgg", "vgg-fc", "alexnet", "caffenet"])
def test_files_of_every_layout(name: str, layout: str, compressed: bool, tmp_path: Path) -> None:
    spec, weights = TINY[name], weights_of(name)
    layers = cells(matconvnet_layers(spec, weights, old=layout == "old"))
    classes = {"name": cells(["n01440764"] * 3), "description": cells(CLASSES)}
    meta = {"normalization": {"averageImage": np.zeros((2, 2, 3), np.float32)}, "classes": classes}
    content: dict[str, Any] = {"layers": layers, "classes": classes} if layout == "old" else {"meta": meta, "layers": layers}
    content = {"net": content} if layout == "one structure" else content
    savemat(tmp_path / "a.mat", {"other": np.ones(9), **content}, do_compression=compressed)
    held = open_weights(tmp_path / "a.mat")
    assert (held.format, held.channels, held.classes) == ("matconvnet", "rgb", tuple(CLASSES))
    assert [layer.name for layer in held.layers] == list(weights)
    exact(read_weights(tmp_path / "a.mat", spec), weights)


def test_ones_that_matlab_drops_at_the_end_of_a_shape(tmp_path: Path) -> None:
    # One filter, of one row and one column, for three colors: MATLAB says 1×1×3.
    layer = {
        "type": "conv",
        "name": "conv1",
        "weights": cells([np.arange(3, dtype=np.float32).reshape(1, 1, 3), np.full((1, 1), 5, np.float32)]),
    }
    savemat(tmp_path / "a.mat", {"layers": cells([layer])})
    (found,) = open_weights(tmp_path / "a.mat").layers
    assert found.weight.tolist() == [[[[0]], [[1]], [[2]]]]
    assert found.bias is not None
    assert found.bias.tolist() == [5]


def test_doubles_and_numbers_kept_in_fewer_bytes(tmp_path: Path) -> None:
    # MATLAB keeps whole doubles in bytes: class 6 of type 2.
    body = array(6, (2, 2), b"x", element(2, bytes([1, 2, 3, 4])))
    (tmp_path / "a.mat").write_bytes(HEADER + body)
    assert read_matlab(tmp_path / "a.mat", frozenset({"x"}))["x"].tolist() == [[1, 3], [2, 4]]
    weight = np.random.default_rng(0).normal(size=(3, 3, 3, 4))
    savemat(tmp_path / "b.mat", {"layers": cells([{"type": "conv", "name": "conv1", "weights": cells([weight, np.zeros((4, 1))])}])})
    found = open_weights(tmp_path / "b.mat").layers[0].weight
    assert torch.equal(found, torch.from_numpy(weight.transpose(3, 2, 0, 1).astype(np.float32)))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_file_of_another_machine(order: str, tmp_path: Path) -> None:
    mark = struct.pack(f"{order}H", 0x0100) + (b"IM" if order == "<" else b"MI")
    header = b"MATLAB 5.0 MAT-file".ljust(124) + mark
    (tmp_path / "a.mat").write_bytes(header + array(7, (1, 3), b"ab", element(7, struct.pack(f"{order}3f", 1, 2, 3), order), order))
    assert read_matlab(tmp_path / "a.mat", frozenset({"ab"}))["ab"].tolist() == [[1, 2, 3]]


def test_other_layers_with_weights_are_refused(tmp_path: Path) -> None:
    layer = {"type": "bnorm", "name": "bn1", "weights": cells([np.ones((4, 1)), np.ones((4, 1))])}
    savemat(tmp_path / "a.mat", {"layers": cells([layer])})
    with pytest.raises(WeightsError, match=r"^weights: the layer bn1 is of type bnorm, which no network of pincel has · given "):
        open_weights(tmp_path / "a.mat")


# --- Files that lie, by the definition of the format ------------------------------------------------------------------------------------

HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"


def element(kind: int, content: bytes, order: str = "<", length: int | None = None) -> bytes:
    return struct.pack(f"{order}II", kind, len(content) if length is None else length) + content + bytes(-len(content) % 8)


def array(kind: int, shape: tuple[int, ...], name: bytes, values: bytes, order: str = "<") -> bytes:
    head = element(6, struct.pack(f"{order}II", kind, 0), order) + element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return element(14, head + element(1, name, order) + values, order)


def lies() -> dict[str, bytes]:
    numbers = element(7, struct.pack("<4f", 1, 2, 3, 4))
    bomb = zlib.compress(array(7, (1000, 1000), b"layers", element(7, bytes(4 * 10**6))), 9)
    deep = b""
    for _ in range(2000):
        deep = array(1, (1, 1), b"", deep)
    fields = element(5, struct.pack("<i", 8)) + element(1, b"name\0\0\0\0")
    return {
        "cells": array(1, (2**30, 2**30), b"layers", b""),
        "cells that fit": array(1, (2**14, 2**14), b"layers", b""),
        "structures": array(2, (2**14, 2**14), b"layers", fields),
        "structures of nothing": array(2, (2**14, 2**14), b"layers", element(5, struct.pack("<i", 8)) + element(1, b"")),
        "names of no length": array(2, (1, 1), b"layers", element(5, struct.pack("<i", 0)) + element(1, b"name")),
        "a shape": array(7, (2**30, 2**30), b"layers", numbers),
        "a negative shape": array(7, (-2, -2), b"layers", numbers),
        "numbers": array(7, (2, 2), b"layers", element(7, struct.pack("<4f", 1, 2, 3, 4), length=2**32 - 16)),
        # SciPy reads what is at an address beyond its table of types.
        "a type that is none": array(7, (2, 2), b"layers", element(8, struct.pack("<4f", 1, 2, 3, 4))),
        "a type beyond all": array(7, (2, 2), b"layers", element(1000, struct.pack("<4f", 1, 2, 3, 4))),
        "an array": element(14, b"", length=2**32 - 16),
        "a bomb": struct.pack("<II", 15, len(bomb)) + bomb,
        "half of what is compressed": struct.pack("<II", 15, len(bomb) // 2) + bomb[: len(bomb) // 2],
        "more arrays than any network": array(1, (1, 100_000), b"layers", element(14, b"") * 100_000),
        "depth": array(1, (1, 1), b"layers", deep),
        "a short element of eight bytes": struct.pack("<I", 8 << 16 | 1) + bytes(8),
        "another variable": array(7, (2, 2), b"weights", numbers),
        "no layers": array(1, (0, 0), b"layers", b""),
        "a function": array(16, (1, 1), b"layers", b""),
    }


@pytest.mark.parametrize("lie", lies())
def test_sizes_that_lie_are_refused(lie: str, tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(HEADER + lies()[lie])
    with pytest.raises(WeightsError, match=r"^weights: cannot be read as MatConvNet, [^\n]+ · given '.*a\.mat' · accepted: [^\n]+$"):
        open_weights(tmp_path / "a.mat")


def test_more_arrays_than_any_network_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(HEADER + lies()["more arrays than any network"])
    with pytest.raises(WeightsError, match=r"it holds more than 100000 arrays · "):
        open_weights(tmp_path / "a.mat")


def test_a_type_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(HEADER + lies()["a type that is none"])
    with pytest.raises(WeightsError, match=r"an element of it is of type 8, which holds no numbers · "):
        open_weights(tmp_path / "a.mat")


def test_a_file_of_matlab_7_3_is_told_how_to_be_saved(tmp_path: Path) -> None:
    # Its first 512 bytes are a text, and the rest is HDF5.
    for data in (
        b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(100),
        b"MATLAB 7.3".ljust(124) + b"\x00\x02IM" + bytes(512),
    ):
        (tmp_path / "a.mat").write_bytes(data)
        with pytest.raises(WeightsError, match=r"it is a MATLAB 7\.3 file · .* · try: in MATLAB, load it and save it with the option -v7$"):
            open_weights(tmp_path / "a.mat")
