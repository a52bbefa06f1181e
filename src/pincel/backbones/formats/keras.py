"""Networks of Keras: HDF5 files of two layouts, the newer one also inside the zip file ``.keras``; Keras itself is not needed.

- Old, ``.h5``: a group a layer, in the file or in ``model_weights``. The file lists the layers in order, each group its weights.
- New, ``.weights.h5`` and ``.keras``: groups called after the kind of layer and counted, ``layers/conv2d_1/vars/0``.

Filters are (rows, columns, in, out), matrices (in, out), and a map is flattened position by position. The networks that Keras offers were
converted from Caffe and look at BGR.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from torch import Tensor

from pincel.backbones.formats.hdf5 import MOST_NAMES, check_hdf5
from pincel.backbones.formats.held import MOST, Held, natural, paired, reading, to_tensor
from pincel.backbones.formats.zips import open_zip

# Where layers are in a file of the new layout, and where the first version of it had them.
LAYERS = ("layers", "_layer_checkpoint_dependencies")
INSIDE = "model.weights.h5"
# Attributes with texts.
ATTRIBUTES = ("layer_names", "weight_names", "name")


def read(path: Path) -> Held:
    """Read the layers that have weights, in the order of the file.

    Args:
        path: The file.

    Raises:
        WeightsError: If it is not whole, or holds other layers with weights than convolutions and fully connected ones.
    """
    with reading(path, "Keras"), h5py.File(_checked(path), "r") as opened:
        group = opened.get("model_weights", opened)
        named = list(_old(group) if "layer_names" in group.attrs else _new(group))
        foreign = next((found.name for _, found in named if not _is_own(found, opened)), None)
        if foreign is not None:
            raise ValueError(f"its {foreign} is no weight of this file")
        if sum(dataset.nbytes for _, dataset in named) > MOST * path.stat().st_size:
            raise ValueError("its sizes say that there are more numbers than the file can hold")
        values = [(name, _tensor(dataset)) for name, dataset in named if dataset.dtype.kind == "f"]
        if "layer_names" not in group.attrs:
            # Kinds of layers come in the order of their names.
            values = _matrices_last(values)
        layers = tuple(paired(path, values, "hwc"))
        if not layers:
            raise ValueError("it holds no layers of Keras")
        return Held(layers, "bgr", format="keras")


def _checked(path: Path) -> Path | BytesIO:
    """Return what HDF5 may open, a file or what is in a zip file; raises ValueError for those that lie about their heaps."""
    if h5py.is_hdf5(path):
        with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as mapped:
            check_hdf5(mapped, ATTRIBUTES)
        return path
    with open_zip(path) as archive:
        content = archive.read(INSIDE)
    check_hdf5(content, ATTRIBUTES)
    return BytesIO(content)


def _old(group: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield weights of the old layout, each with the name of its layer."""
    for layer in _texts(group, "layer_names"):
        for name in _texts(group[layer], "weight_names"):
            # A network inside another is one layer with many weights.
            yield name.split("/")[-2] if "/" in name else layer, group[layer][name]


def _texts(group: h5py.Group, name: str) -> list[str]:
    """Return a list of names; raises ValueError if it says that it has more than any network."""
    count = prod(group.attrs.get_id(name).shape)
    if count > MOST_NAMES:
        raise ValueError(f"it says that it has {count} names")
    return [each.decode() if isinstance(each, bytes) else str(each) for each in np.atleast_1d(group.attrs[name])]


def _new(group: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield weights of the new layout, those of networks inside the network too."""
    inside: Any = next((group[name] for name in LAYERS if name in group), {})
    for layer in sorted(inside, key=natural):
        variables = inside[layer].get("vars", {})
        name = _texts(variables, "name")[0] if variables and "name" in variables.attrs else layer
        for variable in sorted(variables, key=natural):
            yield name, variables[variable]
        yield from _new(inside[layer])


def _matrices_last(values: list[tuple[str, Tensor]]) -> list[tuple[str, Tensor]]:
    """Put convolutions before fully connected layers, each with its bias behind it."""
    layers = dict[str, bool]()
    for name, numbers in values:
        layers.setdefault(name, numbers.ndim == 2)
    return sorted(values, key=lambda value: layers[value[0]])


def _is_own(found: object, opened: h5py.File) -> bool:
    """Tell whether something is numbers of this file, and no link or view of others."""
    if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
        return False
    return bool(found.file.filename == opened.filename)


def _tensor(dataset: h5py.Dataset) -> Tensor:
    """Return the numbers of a weight, those of a kernel as torch orders them."""
    values = np.asarray(dataset[()])
    orders = {2: (1, 0), 4: (3, 2, 0, 1)}
    return to_tensor(values.transpose(orders.get(values.ndim, range(values.ndim))))
