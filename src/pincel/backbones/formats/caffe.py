"""Networks of Caffe: a message of Protocol Buffers, which names and numbers its fields and needs no prototxt beside it.

Three generations are about: ``layers`` that hold a ``layer`` each (2013), ``layers`` whose type is a number (the VGG networks), and
``layer`` whose type is a word. Of each only the name, the type and the blobs are read: weights (out, in / groups, rows, columns), or
(out, in) of a fully connected layer, and biases. A blob of the old kind says its size as four numbers, 1 where it has fewer. Filters take
BGR.

The messages are described here, as far as they are needed, rather than by Caffe's own description. Numbers of a blob are packed on the
wire as bytes are, and read as such: as a list each of them would become an object of Python's first.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from torch import Tensor

from pincel.backbones.formats.weight_file import StoredLayer, WeightFile, reading, to_tensor, unsupported_layer

CONVOLUTION, CONNECTED = "a convolution", "fully connected"
# Of Caffe's enumeration of 2014, its words of 2013 and today's.
KINDS = {"4": CONVOLUTION, "14": CONNECTED, "conv": CONVOLUTION, "innerproduct": CONNECTED}
KINDS |= {"Convolution": CONVOLUTION, "InnerProduct": CONNECTED}
# Each becomes an object of Python's, and takes three bytes of a file.
MOST_LAYERS = 10_000
# Message → (field, its number, its type, whether there are many).
MESSAGES: dict[str, list[tuple[str, int, str, bool]]] = {
    "Shape": [("dim", 1, "int64", True)],
    "Blob": [
        *((name, number, "int32", False) for number, name in enumerate(("num", "channels", "height", "width"), start=1)),
        ("data", 5, "bytes", True),
        ("shape", 7, "Shape", False),
        ("double_data", 8, "bytes", True),
    ],
    "Oldest": [("name", 1, "bytes", False), ("type", 2, "bytes", False), ("blobs", 50, "Blob", True)],
    "Old": [("layer", 1, "Oldest", False), ("name", 4, "bytes", False), ("type", 5, "int32", False), ("blobs", 6, "Blob", True)],
    "Layer": [("name", 1, "bytes", False), ("type", 2, "bytes", False), ("blobs", 7, "Blob", True)],
    "Network": [("layers", 2, "Old", True), ("layer", 100, "Layer", True)],
}


def read(path: Path) -> WeightFile:
    """Read the layers that have weights, in the order of the file.

    Raises:
        WeightsError: If it is not whole, or holds other layers with weights than convolutions and fully connected ones.
    """
    with reading(path, "Caffe"):
        network = network_class().FromString(path.read_bytes())
        if len(network.layers) + len(network.layer) > MOST_LAYERS:
            raise ValueError(f"it says it has {len(network.layers) + len(network.layer)} layers")
        found = [old.layer if old.HasField("layer") else old for old in network.layers]
        return WeightFile(tuple(_layers(path, [*found, *network.layer])), "bgr", format="caffe")


def _layers(path: Path, found: list[Any]) -> Iterator[StoredLayer]:
    for layer in found:
        if not layer.blobs:
            continue
        name, kind = _text(layer.name), _text(layer.type)
        if kind not in KINDS:
            raise unsupported_layer(path, name, f"of type {kind}")
        weight, *bias = (_numbers(blob, name) for blob in layer.blobs)
        if KINDS[kind] == CONNECTED:
            # Older ones say (1, 1, out, in).
            weight = weight.reshape(weight.shape[-2:])
        yield StoredLayer(name, weight, bias[0].flatten() if bias else None)


def _text(given: bytes | int) -> str:
    return given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)


def _numbers(blob: Any, name: str) -> Tensor:
    """Return the numbers of a blob in its shape; raises ValueError if there are more or fewer."""
    shape = tuple(blob.shape.dim) if blob.HasField("shape") else (blob.num, blob.channels, blob.height, blob.width)
    data, kind = (blob.double_data, "<f8") if blob.double_data else (blob.data, "<f4")
    numbers = np.frombuffer(b"".join(data), kind)
    if prod(shape) != numbers.size or min(shape, default=1) < 0:
        raise ValueError(f"a blob of its layer {name} says it is {shape} and has {numbers.size} numbers")
    return to_tensor(numbers.reshape(shape))


@cache
def network_class() -> Any:
    """Return the class of a whole file: ``layers`` and ``layer``, as above."""
    scalars = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="weights.proto", package="caffe")
    for message, fields in MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, number, kind, many in fields:
            label = scalars.LABEL_REPEATED if many else scalars.LABEL_OPTIONAL
            field = described.field.add(name=name, number=number, label=label)
            if kind in MESSAGES:
                field.type, field.type_name = scalars.TYPE_MESSAGE, f".caffe.{kind}"
            else:
                field.type = scalars.Type.Value(f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe.Network"))
