"""Networks of Caffe."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pincel.backbones.formats import open_weights
from pincel.backbones.weights import read_weights
from pincel.errors import WeightsError
from tests.backbones.formats.writers import TINY, as_bgr, caffe_model, caffe_network, exact, weights_of


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("generation", [0, 1, 2], ids=["2013", "2014", "today"])
@pytest.mark.parametrize("how", [{}, {"double": True}, {"old_shapes": True}], ids=str)
@pytest.mark.parametrize("name", ["vgg", "vgg-fc", "alexnet", "caffenet"])
def test_models_of_each_generation(name: str, how: dict[str, bool], generation: int, tmp_path: Path) -> None:
    spec, weights = TINY[name], weights_of(name)
    path = written(tmp_path / "a.caffemodel", caffe_model(spec, as_bgr(weights), generation=generation, **how))
    held = open_weights(path)
    assert (held.format, held.channels) == ("caffe", "bgr")
    # Layers without weights are not there.
    assert [layer.name for layer in held.layers] == list(weights)
    exact(read_weights(path, spec), weights)


def field(number: int, kind: int, content: bytes | int) -> bytes:
    """Write a field of a message, of fewer than 2 097 152 bytes."""

    def whole(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + whole(value >> 7)

    tag = whole(number << 3 | kind)
    return tag + (whole(content) if isinstance(content, int) else (whole(len(content)) if kind == 2 else b"") + content)


def test_a_model_byte_by_byte(tmp_path: Path) -> None:
    # One convolution of 1×1 for three colors, of 2014, and one fully connected layer, of today.
    shape = b"".join(field(number, 0, length) for number, length in ((1, 2), (2, 3), (3, 1), (4, 1)))
    weight = shape + field(5, 2, struct.pack("<6f", 1, 2, 3, 4, 5, 6))
    bias = field(1, 0, 1) + field(2, 0, 1) + field(3, 0, 1) + field(4, 0, 2) + field(5, 2, struct.pack("<2f", 7, 8))
    old = field(2, 2, b"data") + field(4, 2, b"conv") + field(5, 0, 4) + field(6, 2, weight) + field(6, 2, bias)
    matrix = field(7, 2, field(1, 2, b"\x01\x02")) + field(5, 2, struct.pack("<f", 9)) + field(5, 2, struct.pack("<f", 10))
    new = field(1, 2, b"fc") + field(2, 2, b"InnerProduct") + field(7, 2, matrix)
    path = written(tmp_path / "a", field(1, 2, b"mine") + field(2, 2, old) + field(100, 2, new))
    conv, fc = open_weights(path).layers
    assert conv.weight.tolist() == [[[[1]], [[2]], [[3]]], [[[4]], [[5]], [[6]]]]
    assert conv.bias is not None
    assert (conv.name, conv.bias.tolist()) == ("conv", [7, 8])
    # Its numbers are in two pieces, as the format allows.
    assert (fc.name, fc.weight.tolist(), fc.bias) == ("fc", [[9, 10]], None)


@pytest.mark.parametrize("first", ["name", "input", "layer"])
def test_what_comes_first_does_not_matter(first: str, tmp_path: Path) -> None:
    network = caffe_network().FromString(caffe_model(TINY["vgg"], as_bgr(weights_of("vgg"))))
    if first != "name":
        network.ClearField("name")
    if first == "layer":
        network.ClearField("input")
        network.ClearField("input_dim")
    exact(read_weights(written(tmp_path / "a", network.SerializeToString()), TINY["vgg"]), weights_of("vgg"))


@pytest.mark.parametrize("kind", ["BatchNorm", "Scale", "Deconvolution", ""])
def test_other_layers_with_weights_are_refused(kind: str, tmp_path: Path) -> None:
    network = caffe_network().FromString(caffe_model(TINY["vgg"], weights_of("vgg")))
    network.layer[0].type = kind
    with pytest.raises(WeightsError, match=rf"^weights: the layer conv1_1 is of type {kind}, which no network of pincel has · given "):
        open_weights(written(tmp_path / "a", network.SerializeToString()))


def lies() -> dict[str, bytes]:
    network = caffe_network()()
    layer = network.layer.add(name="conv", type="Convolution")
    blob = layer.blobs.add(data=[1, 2])
    blob.shape.dim.extend([10**15])
    many = network.SerializeToString()
    blob.shape.ClearField("dim")
    blob.shape.dim.extend([-1, -2])
    negative = network.SerializeToString()
    blob.ClearField("shape")
    none = network.SerializeToString()
    whole = caffe_model(TINY["vgg"], weights_of("vgg"))
    return {
        "a shape": many,
        "a negative shape": negative,
        "no shape": none,
        "a length": whole[:100] + b"\xff\xff\xff\xff\x07" + whole[104:],
        "a layer": b"\x12\xff\xff\xff\xff\x07ab",
        "a name": b"\x0a\xff\xff\xff\xff\x07ab",
        "a number without an end": b"\x0a" + b"\xff" * 30,
        "more layers than any network": b"\xa2\x06\x00" * 10_001,
        "half": whole[: len(whole) // 2],
    }


@pytest.mark.parametrize("lie", lies())
def test_sizes_that_lie_are_refused(lie: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"^weights: cannot be read[^\n]+ · given '.*a' · accepted: [^\n]+$"):
        open_weights(written(tmp_path / "a", lies()[lie]))
