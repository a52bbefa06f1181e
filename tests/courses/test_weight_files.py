"""The files of four tools: read by others as they were written, and told apart when they are read wrongly."""

from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
import torchfile

from pincel.backbones.formats import open_weights
from pincel.courses.file_writers import WRITERS, Arrays
from pincel.courses.weight_files import weight_files
from pincel.studies.report import Sheet, Table
from tests.backbones.formats.writers import caffe_network


@pytest.fixture
def layers() -> Arrays:
    """Return two convolutions whose numbers are all different."""
    numbers = np.arange(5 * 3 * 3 * 3 + 5 + 7 * 5 * 3 * 3 + 7, dtype=np.float32)
    shapes = {"one": ((5, 3, 3, 3), (5,)), "two": ((7, 5, 3, 3), (7,))}
    made, begin = {}, 0
    for name, pair in shapes.items():
        parts = []
        for shape in pair:
            count = int(np.prod(shape))
            parts.append(numbers[begin : begin + count].reshape(shape))
            begin += count
        made[name] = (parts[0], parts[1])
    return made


@pytest.mark.parametrize("file", WRITERS)
def test_what_is_written_is_read_again_to_the_bit(file: str, layers: Arrays, tmp_path: Path) -> None:
    path = tmp_path / file
    shape = WRITERS[file](path, layers)
    assert sorted(shape) == [3, 3, 3, 5]
    held = open_weights(path)
    assert held.channels == "bgr"
    for layer, (filters, biases) in zip(held.layers, layers.values(), strict=True):
        assert torch.equal(layer.weight, torch.from_numpy(filters))
        assert layer.bias is not None
        assert torch.equal(layer.bias, torch.from_numpy(biases))


def test_other_readers_read_the_same(layers: Arrays, tmp_path: Path) -> None:
    for file, write in WRITERS.items():
        write(tmp_path / file, layers)
    filters, biases = layers["two"]
    module = torchfile.load(str(tmp_path / "vgg19.t7"))[b"modules"][1]
    assert (module._typename, module[b"name"]) == (b"nn.SpatialConvolution", b"two")
    assert (module[b"weight"] == filters).all()
    values = pickle.loads((tmp_path / "vgg19.pkl").read_bytes())["param values"]
    assert (values[2] == filters).all()
    assert (values[3] == biases).all()
    with h5py.File(tmp_path / "vgg19.h5") as opened:
        kernel = opened["model_weights/two/two/kernel:0"]
        assert kernel.shape == (3, 3, 5, 7)
        assert (kernel[1, 2, 4] == filters[:, 4, 1, 2]).all()
    # By caffe.proto, where numbers of a blob are floats.
    network = caffe_network().FromString((tmp_path / "vgg19.caffemodel").read_bytes())
    assert [layer.name for layer in network.layer] == ["one", "two"]
    assert list(network.layer[1].blobs[0].data) == filters.flatten().tolist()


def test_the_page_says_what_is_in_the_files_and_what_a_mistake_does() -> None:
    formats, readings, seen, distances = weight_files("sample:harbour", "cpu")
    assert isinstance(formats, Table)
    assert [row["shape"].text("en") for row in formats.rows] == ["64×3×3×3", "64×3×3×3", "64×3×3×3", "3×3×3×64"]
    assert [row["name"].text("en") for row in formats.rows] == ["conv1_1", "conv1_1", "parameter 0", "conv1_1"]
    assert all(row["apart"] == 0 for row in formats.rows)
    assert isinstance(readings, Sheet)
    assert isinstance(seen, Sheet)
    assert (len(readings.cells), len(seen.cells)) == (4, 6)
    assert isinstance(distances, Table)
    right, *wrong = [row["distance"] for row in distances.rows]
    assert right == 0
    assert min(wrong) > 0.1
