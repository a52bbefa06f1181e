"""Networks of MatConvNet: MATLAB files.

A list ``layers`` of structures with a ``name``, a ``type`` and, of convolutions, fully connected ones included, filters (H, W, I, O) and
biases: together in ``weights``, or in older files apart, in ``filters`` and ``biases``. Axis 0 is the row of the picture and the
input is RGB, for the importer from Caffe transposes and swaps what was BGR by columns. Channels of a convolution in groups are dealt as in
Caffe: the first half of the filters sees the first half of the channels. What the classes are called is in ``meta``, or in older files
beside it; all of this may be in one structure ``net``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pincel.backbones.formats.matlab import read_matlab
from pincel.backbones.formats.weight_file import StoredLayer, WeightFile, display_name, reading, to_tensor, unsupported_layer

CONVOLUTION = "conv"


def read(path: Path) -> WeightFile:
    """Read the convolutions and fully connected layers of the file.

    Raises:
        WeightsError: If it is not whole, or holds other layers with weights than convolutions and fully connected ones.
    """
    with reading(path, "MatConvNet"):
        found = read_matlab(path, frozenset({"layers", "meta", "classes", "net"}))
        network = found["net"] if isinstance(found.get("net"), dict) else found
        layers = network.get("layers")
        each = [layers] if isinstance(layers, dict) else layers
        if not isinstance(each, list):
            raise ValueError("it holds no list of layers")
        held = tuple(_layer(path, layer, numbers) for layer in each if isinstance(layer, dict) and (numbers := _weights(layer)))
        if not held:
            raise ValueError("none of its layers has weights")
        return WeightFile(held, "rgb", _classes(network), "matconvnet")


def _weights(layer: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    """Return filters and biases, or what other layers have in their place; nothing of a layer without."""
    found = layer.get("weights", [layer.get("filters"), layer.get("biases")])
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, np.ndarray) and each.size]


def _layer(path: Path, layer: dict[str, Any], numbers: list[np.ndarray[Any, Any]]) -> StoredLayer:
    name = str(layer.get("name", ""))
    if layer.get("type") != CONVOLUTION:
        raise unsupported_layer(path, name, f"of type {layer.get('type')}")
    filters, *biases = numbers
    # MATLAB drops ones at the end of a shape.
    whole = filters.reshape(filters.shape + (1,) * (4 - filters.ndim), order="F")
    return StoredLayer(name, to_tensor(whole.transpose(3, 2, 0, 1)), to_tensor(biases[0].reshape(-1)) if biases else None)


def _classes(network: dict[str, Any]) -> tuple[str, ...]:
    meta = network.get("meta")
    classes = (meta if isinstance(meta, dict) else network).get("classes")
    names = classes.get("description") if isinstance(classes, dict) else None
    return tuple(display_name(str(name)) for name in names) if isinstance(names, list) else ()
