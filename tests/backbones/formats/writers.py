"""Files of weights, written as their programs write them: the real library where one is here, else by the definition of the format."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.alexnet_specs import NORM_FIRST, POOL_FIRST, krizhevsky_layers, one_tower_layers
from pincel.backbones.specs import ModelSpec, fully_connected, vgg_layers
from tests.backbones.stand_ins import drawn_weights

Weights = Mapping[str, tuple[Tensor, Tensor]]

# The plans of the real networks with few channels: VGG with and without a classifier, AlexNet and CaffeNet in two groups, torchvision's.
FEW = (4, 6, 8, 8, 6)
TINY: dict[str, ModelSpec] = {
    name: replace(BACKBONES[like], name=f"tiny-{name}", layers=layers, channels="", classifier=())
    for name, like, layers in (
        ("vgg", "vgg19", vgg_layers([(1, 4), (2, 6)])),
        ("vgg-fc", "vgg19", vgg_layers([(1, 4), (2, 6)], fully_connected(3, 5, 7))),
        ("alexnet", "alexnet", krizhevsky_layers(NORM_FIRST, FEW, fully_connected(6, 5, 7))),
        ("caffenet", "caffenet", krizhevsky_layers(POOL_FIRST, FEW, fully_connected(6, 5, 7))),
        ("alexnet-torchvision", "alexnet-torchvision", one_tower_layers(FEW, fully_connected(6, 5, 7))),
    )
}


@cache
def weights_of(name: str) -> dict[str, tuple[Tensor, Tensor]]:
    """Return random weights of one of :data:`TINY`, as pincel has them: OIHW, red first."""
    return drawn_weights(TINY[name])


def as_bgr(weights: Weights) -> dict[str, tuple[Tensor, Tensor]]:
    """Return weights whose first convolution looks at blue first."""
    first = next(iter(weights))
    return {name: (weight.flip(1).contiguous() if name == first else weight, bias) for name, (weight, bias) in weights.items()}


def matrix(spec: ModelSpec, name: str, weight: Tensor) -> Tensor:
    """Return the weight of a fully connected layer as (out, in); others as they are."""
    return weight.flatten(1) if spec.layer(name).kind == "fc" else weight


def exact(found: Weights, wanted: Weights) -> None:
    """Assert that weights are the same to the last bit."""
    assert list(found) == list(wanted)
    for name, pair in wanted.items():
        for one, other in zip(found[name], pair, strict=True):
            assert one.dtype == torch.float32
            assert one.shape == other.shape, name
            assert torch.equal(one, other), name


# --- Torch7 -----------------------------------------------------------------------------------------------------------------------------


@dataclass
class Torch:
    """A torch object with fields: ``Torch("nn.Sequential", {"modules": {1: …}})``."""

    kind: str
    fields: dict[Any, Any] = field(default_factory=dict)


class Torch7Writer:
    """Writes what ``torch.save(path, object, mode)`` writes, by ``File.lua`` and ``DiskFile.c``.

    Args:
        text: Whether as ``'ascii'``.
        version: Whether a class has its version before it, as it has had since 2012.
        double: Whether tensors are ``torch.DoubleTensor`` rather than of floats.
    """

    def __init__(self, *, text: bool = False, version: bool = True, double: bool = False) -> None:
        self.data = bytearray()
        self._text, self._version, self._double = text, version, double
        self._numbers: dict[int, int] = {}
        # Of each storage its numbers, so that it is written once; whatever has a number is kept, or another would get it.
        self._storages: dict[int, np.ndarray[Any, Any]] = {}
        self._kept: list[object] = []

    def numbers(self, code: str, *values: float) -> None:
        """Write numbers of a kind of :mod:`struct`; a text file has a line for each call, and none for no numbers."""
        if not self._text:
            self.data += struct.pack(f"<{len(values)}{code}", *values)
        elif values:
            digits = {"f": ".9g", "d": ".17g"}.get(code, "d")
            self.data += b" ".join(format(value, digits).encode() for value in values) + b"\n"

    def string(self, text: str) -> None:
        data = text.encode()
        self.numbers("i", len(data))
        self.data += data + (b"\n" if self._text and data else b"")

    def write(self, value: Any) -> bytes:
        """Write an object, behind what was written before, and return all of it."""
        if value is None:
            self.numbers("i", 0)
        elif isinstance(value, bool):
            self.numbers("i", 5)
            self.numbers("i", int(value))
        elif isinstance(value, int | float):
            self.numbers("i", 1)
            self.numbers("d", value)
        elif isinstance(value, str):
            self.numbers("i", 2)
            self.string(value)
        else:
            self._numbered(value)
        return bytes(self.data)

    def _numbered(self, value: Any) -> None:
        self.numbers("i", 3 if isinstance(value, dict) else 4)
        known = id(value) in self._numbers
        number = self._numbers.setdefault(id(value), len(self._numbers) + 1)
        self._kept.append(value)
        self.numbers("i", number)
        if known:
            return
        if isinstance(value, dict):
            self.numbers("i", len(value))
            for key, each in value.items():
                self.write(key)
                self.write(each)
            return
        if self._version:
            self.string("V 1")
        if isinstance(value, Torch):
            self.string(value.kind)
            self.write(value.fields)
        else:
            self._tensor(value)

    def _tensor(self, value: Tensor | np.ndarray[Any, Any]) -> None:
        name, code = ("Double", "d") if self._double else ("Float", "f")
        if isinstance(value, np.ndarray):
            self.string(f"torch.{name}Storage")
            self.numbers("q", value.size)
            self.numbers(code, *value.tolist())
            return
        self.string(f"torch.{name}Tensor")
        self.numbers("i", value.ndim)
        self.numbers("q", *map(int, value.shape))
        self.numbers("q", *map(int, value.stride()))
        self.numbers("q", int(value.storage_offset()) + 1)
        whole = torch.empty(0, dtype=value.dtype).set_(value.untyped_storage())
        self.write(self._storages.setdefault(whole.data_ptr(), whole.numpy()) if value.numel() else None)


def torch7_network(spec: ModelSpec, weights: Weights, *, names: bool = False, matrices: bool = False, cudnn: bool = False) -> Torch:
    """Return a network as ``loadcaffe`` builds it: ``nn.Sequential`` of layers, here the classifier in a container of its own.

    Args:
        spec: The network.
        weights: As the file is to have them.
        names: Whether modules have a name.
        matrices: Whether filters are matrices, as those of ``nn.SpatialConvolutionMM`` are.
        cudnn: Whether convolutions are cudnn's.
    """
    bottom, top = list[Torch](), [Torch("nn.View", {"numElements": 1.0})]
    for layer in spec.layers:
        fields: dict[str, Any] = {"train": False, "output": torch.empty(0)} | ({"name": layer.name} if names else {})
        kind = {"relu": "nn.ReLU", "pool": "nn.SpatialMaxPooling", "norm": "nn.SpatialCrossMapLRN"}.get(layer.kind, "")
        if layer.name in weights:
            weight, bias = weights[layer.name]
            fields |= {"weight": matrix(spec, layer.name, weight), "bias": bias, "gradWeight": torch.empty(0)}
            kind = "nn.Linear"
        if layer.kind == "conv":
            out, inputs, rows, columns = weight.shape
            kind = "cudnn.SpatialConvolution" if cudnn else "nn.SpatialConvolutionMM" if matrices else "nn.SpatialConvolution"
            fields |= {"weight": weight.flatten(1) if matrices else weight, "kH": rows, "kW": columns}
            fields |= {"nOutputPlane": out, "nInputPlane": inputs * layer.groups, "groups": layer.groups}
        (top if layer.kind == "fc" or len(top) > 1 else bottom).append(Torch(kind, fields))
    if len(top) > 1:
        bottom.append(contained(top))
    return contained(bottom)


def contained(modules: Sequence[Torch], kind: str = "nn.Sequential") -> Torch:
    """Return modules in a container."""
    return Torch(kind, {"modules": dict(enumerate(modules, start=1)), "train": False})


# --- Theano and Lasagne -----------------------------------------------------------------------------------------------------------------


def lasagne_values(spec: ModelSpec, weights: Weights) -> list[np.ndarray[Any, Any]]:
    """Return parameters as ``lasagne.layers.get_all_param_values`` does."""
    values = list[np.ndarray[Any, Any]]()
    for name, (weight, bias) in weights.items():
        plain = matrix(spec, name, weight)
        values += [(plain.T if plain.ndim == 2 else plain).numpy(), bias.numpy()]
    return values


def python2_pickle(table: Mapping[str, Sequence[np.ndarray[Any, Any]] | Sequence[str]]) -> bytes:
    """Return what Python 2.7 with NumPy 1.11 pickles, by protocol 2, opcode by opcode: texts are bytes, and so is what arrays hold."""

    def text(value: bytes) -> bytes:
        return (b"U" + bytes([len(value)]) if len(value) < 256 else b"T" + struct.pack("<i", len(value))) + value

    def length(value: int) -> bytes:
        return b"K" + bytes([value]) if value < 256 else b"J" + struct.pack("<i", value)

    def array(value: np.ndarray[Any, Any]) -> bytes:
        made = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b") + b"\x87R"
        kind = b"cnumpy\ndtype\n" + text(value.dtype.str[1:].encode()) + b"K\x00K\x01\x87R"
        order = b"(K\x03" + text(value.dtype.str[:1].encode()) + b"NNN" + b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
        shape = b"(" + b"".join(map(length, value.shape)) + b"t"
        return made + b"(K\x01" + shape + kind + order + b"\x89" + text(value.tobytes()) + b"tb"

    def listed(values: Sequence[Any]) -> bytes:
        return b"](" + b"".join(text(value.encode()) if isinstance(value, str) else array(value) for value in values) + b"e"

    return b"\x80\x02}(" + b"".join(text(name.encode()) + listed(values) for name, values in table.items()) + b"u."


# --- Caffe ------------------------------------------------------------------------------------------------------------------------------

# By caffe.proto: message → field, number, type, whether there are many; with fields of no weights, which files have.
BLOBS = "BlobProto"
PROTO: dict[str, list[tuple[str, int, str, bool]]] = {
    "BlobShape": [("dim", 1, "int64", True)],
    BLOBS: [
        *((name, number, "int32", False) for number, name in enumerate(("num", "channels", "height", "width"), start=1)),
        ("data", 5, "float", True), ("diff", 6, "float", True), ("shape", 7, "BlobShape", False), ("double_data", 8, "double", True),
    ],
    "ConvolutionParameter": [("num_output", 1, "uint32", False), ("group", 5, "uint32", False)],
    "V0LayerParameter": [("name", 1, "string", False), ("type", 2, "string", False), ("blobs", 50, BLOBS, True)],
    "V1LayerParameter": [
        ("layer", 1, "V0LayerParameter", False), ("bottom", 2, "string", True), ("top", 3, "string", True), ("name", 4, "string", False),
        ("type", 5, "int32", False), ("blobs", 6, BLOBS, True), ("blobs_lr", 7, "float", True),
        ("convolution_param", 10, "ConvolutionParameter", False),
    ],
    "LayerParameter": [
        ("name", 1, "string", False), ("type", 2, "string", False), ("bottom", 3, "string", True), ("top", 4, "string", True),
        ("blobs", 7, BLOBS, True), ("convolution_param", 106, "ConvolutionParameter", False),
    ],
    "NetParameter": [
        ("name", 1, "string", False), ("layers", 2, "V1LayerParameter", True), ("input", 3, "string", True),
        ("input_dim", 4, "int32", True), ("layer", 100, "LayerParameter", True),
    ],
}  # fmt: skip


@cache
def caffe_network() -> Any:
    """Return the class of Caffe's ``NetParameter``, numbers as repeated floats, packed where caffe.proto has them so."""
    proto = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe")
    for message, fields in PROTO.items():
        described = file.message_type.add(name=message)
        for name, number, kind, many in fields:
            one = described.field.add(name=name, number=number, label=proto.LABEL_REPEATED if many else proto.LABEL_OPTIONAL)
            if kind in PROTO:
                one.type, one.type_name = proto.TYPE_MESSAGE, f".caffe.{kind}"
            else:
                one.type = proto.Type.Value(f"TYPE_{kind.upper()}")
            one.options.packed = many and message in (BLOBS, "BlobShape")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe.NetParameter"))


def caffe_model(spec: ModelSpec, weights: Weights, *, generation: int = 2, double: bool = False, old_shapes: bool = False) -> bytes:
    """Return a ``.caffemodel``.

    Args:
        spec: The network.
        weights: As the file is to have them.
        generation: 0 for that of 2013, 1 for that of 2014, 2 for today's.
        double: Whether numbers are doubles.
        old_shapes: Whether a blob says its size as four numbers.
    """
    network = caffe_network()(name=spec.name, input=["data"], input_dim=[1, 3, 227, 227])
    words = {"conv": ("conv", 4, "Convolution"), "fc": ("innerproduct", 14, "InnerProduct"), "relu": ("relu", 18, "ReLU")}
    for layer in spec.layers:
        place = network.layer.add() if generation == 2 else network.layers.add()
        if generation > 0:
            place.bottom.append("data")
        written = place.layer if generation == 0 else place
        written.name = layer.name
        written.type = words.get(layer.kind, ("pool", 17, "Pooling"))[generation]
        for numbers in weights.get(layer.name, ()):
            blob, plain = written.blobs.add(), matrix(spec, layer.name, numbers) if numbers.ndim == 4 else numbers
            (blob.double_data if double else blob.data).extend(plain.flatten().tolist())
            blob.diff.extend([0.5] * plain.numel())
            if old_shapes:
                blob.num, blob.channels, blob.height, blob.width = (1,) * (4 - plain.ndim) + tuple(plain.shape)
            else:
                blob.shape.dim.extend(plain.shape)
    data: bytes = network.SerializeToString()
    return data


# --- PyTorch ----------------------------------------------------------------------------------------------------------------------------


def parts(weights: Weights) -> Iterator[tuple[str, str, Tensor]]:
    """Yield layer, ``weight`` or ``bias``, and its numbers."""
    for name, pair in weights.items():
        yield from ((name, part, each) for part, each in zip(("weight", "bias"), pair, strict=True))


def named_state(weights: Weights) -> dict[str, Tensor]:
    """Return a dict of tensors as ``vgg_conv.pth`` has them: ``conv1_1.weight`` …"""
    return {f"{name}.{part}": each for name, part, each in parts(weights)}


def adain_state(weights: Weights, mean: tuple[float, float, float]) -> dict[str, Tensor]:
    """Return an encoder as that of AdaIN for PyTorch: numbers of a ``Sequential``, its first layer what is done to a picture."""
    first = {"0.weight": 255 * torch.eye(3).flip(1).view(3, 3, 1, 1), "0.bias": -torch.tensor(mean).flip(0)}
    numbers = {name: 3 * place + 2 for place, name in enumerate(weights)}
    return first | {f"{numbers[name]}.{part}": each for name, part, each in parts(as_bgr(weights))}


def saved(path: Path, state: object, *, old: bool = False) -> Path:
    """Write a file of torch, of the kind before zip files if ``old``."""
    torch.save(state, path, _use_new_zipfile_serialization=not old)
    return path
