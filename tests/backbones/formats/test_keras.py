"""Networks of Keras: files that Keras itself wrote, recorded by ``scripts/record_weights.py``, and those of its older versions."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import h5py
import numpy as np
import pytest
import torch

from pincel.backbones.formats import open_weights
from pincel.backbones.vgg import VGG
from pincel.backbones.weights import read_weights
from pincel.errors import WeightsError
from record_weights import FED, FOLDER, counted
from tests.backbones.formats.writers import TINY, as_bgr, exact, matrix, weights_of
from tests.tensors import assert_close

FILES = ("whole.h5", "whole.keras", "new.weights.h5", "old.h5", "nested.h5", "nested.keras")
CARD = TINY["vgg-fc"]


@pytest.mark.parametrize("name", FILES)
def test_files_that_keras_wrote(name: str) -> None:
    held = open_weights(FOLDER / name)
    assert (held.format, held.channels) == ("keras", "bgr")
    assert [layer.name for layer in held.layers] == ["block1_conv1", "block2_conv1", "block2_conv2", "fc1", "fc2", "predictions"]
    # Kernels in the order that Keras numbered them, (H, W, I, O).
    weights = read_weights(FOLDER / name, CARD)
    first = torch.from_numpy(counted((3, 3, 3, 4), 0)).permute(3, 2, 0, 1).flip(1)
    assert torch.equal(weights["conv1_1"][0], first)
    assert torch.equal(weights["conv2_2"][0], torch.from_numpy(counted((3, 3, 6, 6), 4)).permute(3, 2, 0, 1))
    # A map is flattened position by position: row, column, channel.
    assert torch.equal(weights["fc6"][0], torch.from_numpy(counted((54, 5), 6)).view(3, 3, 6, 5).permute(3, 2, 0, 1))
    assert torch.equal(weights["fc8"][0].view(7, 5), torch.from_numpy(counted((5, 7), 10)).T)
    assert torch.equal(weights["fc8"][1], torch.from_numpy(counted((7,), 11)))


@pytest.mark.parametrize("name", FILES)
def test_it_computes_what_keras_does(name: str) -> None:
    network = VGG(CARD, read_weights(FOLDER / name, CARD))
    answered = json.loads((FOLDER / "keras.json").read_text())["answered"]
    # Keras was fed blue first and no mean is subtracted there; the first layer is fed what it saw.
    fed = torch.from_numpy(counted(FED, 100)).permute(0, 3, 1, 2).flip(1)
    ((_, found),) = network.forward_layers(CARD.layers, fed.contiguous(memory_format=torch.channels_last), frozenset({"fc8"}))
    assert_close(found.flatten(), torch.tensor(answered), rtol=1e-5, atol=1e-5)


# --- Older layouts, by their definition -------------------------------------------------------------------------------------------------


def kernels() -> dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Return weights as Keras keeps them."""
    found = {}
    for name, (weight, bias) in as_bgr(weights_of("vgg-fc")).items():
        plain = matrix(CARD, name, weight.permute(0, 2, 3, 1)) if name.startswith("fc") else weight
        found[name] = (plain.T if plain.ndim == 2 else plain.permute(2, 3, 1, 0)).numpy(), bias.numpy()
    return found


@pytest.mark.parametrize("text", [bytes, str])
@pytest.mark.parametrize("root", ["", "model_weights"])
def test_files_of_2016(root: str, text: type, tmp_path: Path) -> None:
    # As those of keras.applications: block1_conv1/block1_conv1_W_1:0, lists of names as bytes.
    def names(values: list[str]) -> Any:
        return [value.encode() for value in values] if text is bytes else values

    with h5py.File(tmp_path / "a.h5", "w") as opened:
        group = opened.require_group(root) if root else opened
        called = {"conv1_1": "block1_conv1", "conv2_1": "block2_conv1", "conv2_2": "block2_conv2", "fc6": "fc1", "fc7": "fc2"}
        group.attrs["layer_names"] = names(["input_1", *(called.get(name, "predictions") for name in kernels())])
        group.create_group("input_1").attrs["weight_names"] = names([])
        for name, pair in reversed(kernels().items()):
            layer = called.get(name, "predictions")
            inner = group.create_group(layer)
            inner.attrs["weight_names"] = names([f"{layer}_W_1:0", f"{layer}_b_1:0"])
            for place, numbers in zip("Wb", pair, strict=True):
                inner[f"{layer}_{place}_1:0"] = numbers
    held = open_weights(tmp_path / "a.h5")
    assert [layer.name for layer in held.layers][:2] == ["block1_conv1", "block2_conv1"]
    exact(read_weights(tmp_path / "a.h5", CARD), weights_of("vgg-fc"))


@pytest.mark.parametrize("root", ["layers", "_layer_checkpoint_dependencies"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_first_files_of_keras_3(root: str, packed: bool, tmp_path: Path) -> None:
    # Without names, and with layers as they are counted: conv2d, conv2d_1, …; a state that is no weight; compressed.
    counts: dict[str, int] = {}
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        for name, pair in kernels().items():
            kind = "dense" if name.startswith("fc") else "conv2d"
            counts[kind] = counts.get(kind, -1) + 1
            for place, numbers in enumerate(pair):
                where = f"{root}/{kind}{f'_{counts[kind]}' if counts[kind] else ''}/vars/{place}"
                opened.create_dataset(where, data=numbers, compression="gzip" if packed else None)
        opened[f"{root}/dropout/seed_generator/vars/0"] = np.array([1, 2], np.uint32)
        opened["optimizer/vars/0"] = np.ones((3, 3, 3, 4), np.float32)
    exact(read_weights(tmp_path / "a.h5", CARD), weights_of("vgg-fc"))


def test_eleven_convolutions_come_in_the_order_they_are_counted(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        for place in range(12):
            opened[f"layers/conv2d{f'_{place}' if place else ''}/vars/0"] = np.full((1, 1, 1, 1), place, np.float32)
    assert [int(layer.weight) for layer in open_weights(tmp_path / "a.h5").layers] == list(range(12))


# --- What is refused --------------------------------------------------------------------------------------------------------------------


def packed_twice(opened: h5py.File) -> None:
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((32, 32))
    for _ in range(2):
        made.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    group = opened.create_group("layers/dense/vars")
    h5py.h5d.create(group.id, b"0", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((32, 32)), made)
    group["0"].id.write_direct_chunk((0, 0), zlib.compress(zlib.compress(bytes(10**6))))


def doubled(opened: h5py.File) -> None:
    for depth in range(40):
        inner = opened.create_group(f"{depth}/layers")
        inner["a"] = inner["b"] = opened.require_group(f"{depth + 1}")
    opened["layers"] = opened["0/layers"]


def in_other_ways(folder: Path) -> dict[str, Any]:
    def led_outside(opened: h5py.File) -> None:
        # Opening a pipe waits for who writes to it: the link must not be followed at all.
        if hasattr(os, "mkfifo"):
            os.mkfifo(folder / "pipe")
        opened["layers"] = h5py.ExternalLink(str(folder / "pipe"), "/layers")

    def led_about(opened: h5py.File) -> None:
        opened["layers/dense/vars/0"] = h5py.SoftLink("/elsewhere")
        opened["elsewhere"] = np.ones((2, 2), np.float32)

    def large_pieces(opened: h5py.File) -> None:
        opened.create_dataset("layers/dense/vars/0", shape=(4, 4), maxshape=(None, None), dtype="f4", chunks=(2**14, 2**14))

    def packed_anyhow(opened: h5py.File) -> None:
        opened.create_dataset("layers/dense/vars/0", data=np.ones((4, 4), np.float32), compression="lzf")

    def piece_bomb(opened: h5py.File) -> None:
        numbers = opened.create_dataset("layers/dense/vars/0", shape=(4, 4), dtype="f4", chunks=(4, 4), compression="gzip")
        numbers.id.write_direct_chunk((0, 0), zlib.compress(bytes(10**8)))

    return {
        "a link on the way": led_outside,
        "a link inside": led_about,
        "large pieces": large_pieces,
        "packed anyhow": packed_anyhow,
        "a piece that is a bomb": piece_bomb,
        "packed twice": packed_twice,
        "groups that are there twice": doubled,
    }


def lies(folder: Path) -> dict[str, Any]:
    def bomb(opened: h5py.File) -> None:
        opened.create_dataset("layers/conv2d/vars/0", shape=(1000, 1000), dtype="f4", chunks=True, compression="gzip", fillvalue=0)
        opened["layers/conv2d/vars/0"][:] = 0

    def outside(opened: h5py.File) -> None:
        (folder / "secret").write_bytes(bytes(64))
        opened.create_dataset("layers/dense/vars/0", shape=(4, 4), dtype="f4", external=[(str(folder / "secret"), 0, 64)])

    def linked(opened: h5py.File) -> None:
        opened["layers/dense/vars/0"] = h5py.ExternalLink(str(FOLDER / "old.h5"), "fc1/sequential/fc1/kernel")

    def virtual(opened: h5py.File) -> None:
        layout = h5py.VirtualLayout((5, 7), "f4")
        layout[:] = h5py.VirtualSource(str(FOLDER / "old.h5"), "predictions/sequential/predictions/kernel", shape=(5, 7))
        opened.create_group("layers/dense/vars").create_virtual_dataset("0", layout)

    def many(opened: h5py.File) -> None:
        opened["layers/dense/vars/0"] = np.ones((64, 64), np.float32)
        for place in range(3000):
            opened[f"layers/dense/vars/{place + 1}"] = opened["layers/dense/vars/0"]

    return {
        "a shape without numbers": lambda opened: opened.create_dataset("layers/conv2d/vars/0", shape=(10**5,) * 3, dtype="f4"),
        "a bomb": bomb,
        "one weight by many names": many,
        "numbers in another file": outside,
        "a link": linked,
        **in_other_ways(folder),
        "a view of another file": virtual,
        "a group for a weight": lambda opened: opened.create_group("layers/conv2d/vars/0"),
        "a name without a weight": lambda opened: opened.attrs.update({"layer_names": ["a"]}),
        "no layers": lambda opened: opened.create_group("measurements"),
        "whole numbers": lambda opened: opened.create_dataset("layers/conv2d/vars/0", data=np.ones((1, 1, 1, 1), np.int32)),
    }


@pytest.mark.parametrize("lie", lies(Path()))
def test_what_lies_is_refused(lie: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        lies(tmp_path)[lie](opened)
    with pytest.raises(WeightsError, match=r"^weights: cannot be read as Keras, [^\n]+ · given '.*a\.h5' · accepted: [^\n]+$"):
        open_weights(tmp_path / "a.h5")


def test_normalized_batches_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as opened:
        for place in range(4):
            opened[f"layers/batch_normalization/vars/{place}"] = np.ones(4, np.float32)
    with pytest.raises(WeightsError, match=r"^weights: the layer batch_normalization is one whose first weight has 1 dimensions"):
        open_weights(tmp_path / "a.h5")


def test_zip_files_of_other_things(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "bomb.keras", "w", ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(10**7))
    with pytest.raises(WeightsError, match="as a zip file, it would be more than 100 times as large unpacked"):
        open_weights(tmp_path / "bomb.keras")
    with ZipFile(tmp_path / "text.keras", "w") as archive:
        archive.writestr("model.weights.h5", "no numbers")
    with pytest.raises(WeightsError, match="cannot be read as Keras, "):
        open_weights(tmp_path / "text.keras")
    data = (FOLDER / "whole.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(data[:-1000])
    with pytest.raises(WeightsError, match="cannot be read as a zip file, File is not a zip file"):
        open_weights(tmp_path / "cut.keras")


# --- Places that HDF5 believes ----------------------------------------------------------------------------------------------------------


def behind(data: bytes, mark: bytes, offset: int, change: bytes) -> bytes:
    """Overwrite some bytes at a distance from the first place of a mark."""
    place = data.index(mark) + offset
    return data[:place] + change + data[place + len(change) :]


# How far behind its name an attribute's type, number of texts, and first text are, in the file that was recorded.
TYPE, COUNT, FIRST = 17, 48, 64


@pytest.mark.parametrize(
    ("mark", "offset", "change", "message"),
    [
        (b"weight_names", FIRST, b"\xff\xff\xff\x7f", "a text in its attribute weight_names says it is 2147483647 bytes long"),
        (b"weight_names", FIRST + 4, b"\x08\x09", "a text in its attribute weight_names says it is 30 bytes long"),
        (b"weight_names", COUNT, b"\xff" * 4, "an attribute of it says that it has 4294967295 texts"),
        (b"weight_names", TYPE, b"\x0f", "an attribute of it is neither text nor number"),
        (b"layer_names", COUNT, b"\xff" * 5, "an attribute of it says that it has"),
        (b"HEAP", 8, b"\xff" * 6, "one of its heaps says it is longer than the file"),
        (b"GCOL", 8, b"\xff" * 6, "one of its heaps says it is longer than the file"),
        (b"sequential/predictions/kernel", 40, b"\0\0", "what is left over in one of its heaps has no end"),
    ],
)
def test_what_the_library_believes_is_looked_at_before(mark: bytes, offset: int, change: bytes, message: str, tmp_path: Path) -> None:
    data = (FOLDER / "old.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(behind(data, mark, offset, change))
    with pytest.raises(WeightsError, match=f"^weights: cannot be read as Keras, {message}"):
        open_weights(tmp_path / "a.h5")
    with ZipFile(tmp_path / "a.keras", "w") as archive:
        archive.writestr("model.weights.h5", behind(data, mark, offset, change))
    with pytest.raises(WeightsError, match=f"^weights: cannot be read as Keras, {message}"):
        open_weights(tmp_path / "a.keras")
