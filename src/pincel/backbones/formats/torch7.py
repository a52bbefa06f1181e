"""Networks of Torch7: a tree of modules, the file of any ``torch.save`` of a network, binary or text; see :mod:`.torch7_objects`.

Convolutions (``nn.SpatialConvolution``, those that keep their filters as a matrix, those of cudnn and its groups) and ``nn.Linear``, in the
order in which containers hold them, each inside the other. What ``loadcaffe`` made of Caffe's networks has Caffe's names and
takes BGR.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

from torch import Tensor

from pincel.backbones.formats.preprocessing import remove_preprocessing
from pincel.backbones.formats.torch7_objects import Module, read_object
from pincel.backbones.formats.weight_file import StoredLayer, WeightFile, floating, reading, unsupported_layer

CONVOLUTIONS = frozenset({"nn.SpatialConvolution", "nn.SpatialConvolutionMM", "cudnn.SpatialConvolution"})
CONNECTED = "nn.Linear"
# Characters of the place of a module: those of each table are before those of all that is in it.
MOST_NAME = 1000


def read(path: Path) -> WeightFile:
    """Read the layers that have weights, in the order of the network.

    Raises:
        WeightsError: If it is not whole, asks for code, or holds other layers with weights than convolutions and fully connected ones.
    """
    with reading(path, "Torch7"):
        found = read_object(path)
        if not isinstance(found, Module | dict):
            raise ValueError("it holds no network")
        layers, channels, mean = remove_preprocessing(tuple(_layers(path, found, "", set())), "bgr")
        if not layers:
            raise ValueError("it holds no layer with weights")
        return WeightFile(layers, channels, format="torch7", mean=mean)


def _layers(path: Path, found: Module | dict[Any, Any], place: str, seen: set[int]) -> Iterator[StoredLayer]:
    """Walk through containers and tables; ``place`` is where in them a module is, for those without a name."""
    if id(found) in seen:
        raise ValueError(f"its module {place or 'of all'} is in it more than once")
    if len(place) > MOST_NAME:
        raise ValueError("it is nested too deep")
    seen.add(id(found))
    fields = found.fields if isinstance(found, Module) else {"modules": found}
    inside, weight, name = fields.get("modules"), fields.get("weight"), fields.get("name")
    if isinstance(inside, dict):
        for key in sorted(inside, key=lambda key: key if isinstance(key, float) else inf):
            if isinstance(inside[key], Module | dict):
                yield from _layers(path, inside[key], f"{place}.{_spelled(key)}".lstrip("."), seen)
    elif isinstance(found, Module) and isinstance(weight, Tensor) and weight.numel():
        yield _layer(path, found, weight, name if isinstance(name, str) else place)


def _spelled(key: object) -> str:
    return f"{key:g}" if isinstance(key, float) else str(key)


def _layer(path: Path, module: Module, weight: Tensor, name: str) -> StoredLayer:
    bias = module.fields.get("bias")
    if module.kind in CONVOLUTIONS:
        outs, rows, columns = (int(module.fields[field]) for field in ("nOutputPlane", "kH", "kW"))
        # A matrix, or with an axis for the groups: the order of the numbers is the same.
        weight = weight.reshape(outs, -1, rows, columns)
    elif module.kind != CONNECTED:
        raise unsupported_layer(path, name, module.kind)
    return StoredLayer(name, floating(weight), floating(bias).flatten() if isinstance(bias, Tensor) else None)
