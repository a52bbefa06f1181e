"""A network of convolutions written as Caffe, Torch7, Theano and Keras have it: what the page on tools reads again.

Each writer takes filters (out, in, rows, columns), blue first, as all of these files have it, and puts them in its own order.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

from pincel.backbones.formats.caffe import network_class

Arrays = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Name of a layer → filters (out, in, rows, columns) and biases (out,)."""


def write_caffe(path: Path, layers: Arrays) -> tuple[int, ...]:
    """Write a ``.caffemodel``: a message of Protocol Buffers. Returns the shape of the first filters in the file."""
    network = network_class()()
    for name, arrays in layers.items():
        layer = network.layer.add(name=name.encode(), type=b"Convolution")
        for values in arrays:
            blob = layer.blobs.add(data=[values.astype("<f4").tobytes()])
            blob.shape.dim.extend(values.shape)
    path.write_bytes(network.SerializeToString())
    return tuple(network.layer[0].blobs[0].shape.dim)


def write_theano(path: Path, layers: Arrays) -> tuple[int, ...]:
    """Write the ``.pkl`` that users of Lasagne pass around: a list of parameters, without names. Returns as :func:`write_caffe` does."""
    values = [values for arrays in layers.values() for values in arrays]
    path.write_bytes(pickle.dumps({"param values": values}, protocol=2))
    return values[0].shape


def write_keras(path: Path, layers: Arrays) -> tuple[int, ...]:
    """Write an ``.h5`` of HDF5: (rows, columns, in, out), as TensorFlow multiplies. Returns as :func:`write_caffe` does."""
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in layers]
        for name, (filters, biases) in layers.items():
            layer = group.create_group(name)
            kinds = {f"{name}/kernel:0": filters.transpose(2, 3, 1, 0), f"{name}/bias:0": biases}
            layer.attrs["weight_names"] = [kind.encode() for kind in kinds]
            for kind, values in kinds.items():
                layer[kind] = values
        first = next(iter(layers))
        return tuple(group[f"{first}/{first}/kernel:0"].shape)


def write_torch7(path: Path, layers: Arrays) -> tuple[int, ...]:
    """Write a ``.t7``: objects of Lua, a ``nn.SpatialConvolution`` a layer. Returns as :func:`write_caffe` does."""
    stream = _Torch7Stream()
    modules = {}
    for place, (name, (filters, biases)) in enumerate(layers.items(), start=1):
        planes = {"nOutputPlane": filters.shape[0], "nInputPlane": filters.shape[1], "kH": filters.shape[2], "kW": filters.shape[3]}
        steps = {"dH": 1, "dW": 1, "padH": filters.shape[2] // 2, "padW": filters.shape[3] // 2}
        modules[place] = ("nn.SpatialConvolution", {"name": name, "weight": filters, "bias": biases, **planes, **steps})
    stream.write(("nn.Sequential", {"modules": modules}))
    path.write_bytes(bytes(stream.data))
    return next(iter(layers.values()))[0].shape


class _Torch7Stream:
    """What ``torch.save`` of Lua writes: a kind, then the value; tables and objects are numbered (``File.lua``)."""

    def __init__(self) -> None:
        self.data, self._count = bytearray(), 0

    def write(self, value: object) -> None:
        """Write a number, a text, a table, an array, or an object: its class and its fields."""
        if isinstance(value, str):
            self._pack("i", 2)
            self._text(value)
        elif isinstance(value, int):
            self._pack("i", 1)
            self._pack("d", value)
        elif isinstance(value, dict):
            self._pack("i", 3)
            self._number()
            self._pack("i", len(value))
            for key, each in value.items():
                self.write(key)
                self.write(each)
        elif isinstance(value, tuple):
            self._object(value[0])
            self.write(value[1])
        elif isinstance(value, np.ndarray):
            self._array(value)

    def _array(self, values: NDArray[np.float32]) -> None:
        strides = torch.from_numpy(values).stride()
        self._object("torch.FloatTensor")
        self._pack("i", values.ndim)
        self._pack("q", *values.shape, *strides, 1)
        self._object("torch.FloatStorage")
        self._pack("q", values.size)
        self.data += values.astype("<f4").tobytes()

    def _object(self, kind: str) -> None:
        self._pack("i", 4)
        self._number()
        self._text("V 1")
        self._text(kind)

    def _number(self) -> None:
        self._count += 1
        self._pack("i", self._count)

    def _text(self, text: str) -> None:
        self._pack("i", len(text.encode()))
        self.data += text.encode()

    def _pack(self, kind: str, *values: float) -> None:
        self.data += struct.pack(f"<{len(values)}{kind}", *values)


WRITERS: Mapping[str, Callable[[Path, Arrays], tuple[int, ...]]] = {
    "vgg19.caffemodel": write_caffe,
    "vgg19.t7": write_torch7,
    "vgg19.pkl": write_theano,
    "vgg19.h5": write_keras,
}
"""Name of a file → its writer."""
