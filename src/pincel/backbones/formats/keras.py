"""Networks of Keras: HDF5 files of two layouts, the newer one also inside the zip file ``.keras``; Keras itself is not needed.

- Old, ``.h5``: a group a layer, in the file or in ``model_weights``. The file lists the layers in order, each group its weights.
- New, ``.weights.h5`` and ``.keras``: groups called after the kind of layer and counted, ``layers/conv2d_1/vars/0``.

Filters are (rows, columns, in, out), matrices (in, out), and a map is flattened position by position. The networks that Keras offers were
converted from Caffe and take BGR.
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

from pincel.backbones.formats.hdf5 import MOST_NAMES, check_hdf5, check_pieces
from pincel.backbones.formats.weight_file import LONG, MOST, WeightFile, display_name, pair_weights, reading, to_tensor
from pincel.backbones.formats.zips import open_zip
from pincel.files import natural_key

# Where layers are in a file of the new layout, and where the first version of it had them.
LAYERS = ("layers", "_layer_checkpoint_dependencies")
INSIDE = "model.weights.h5"
# Attributes with texts.
ATTRIBUTES = ("layer_names", "weight_names", "name")


def read(path: Path) -> WeightFile:
    """Read the layers that have weights, in the order of the file.

    Raises:
        WeightsError: If it is not whole, or holds other layers with weights than convolutions and fully connected ones.
    """
    with reading(path, "Keras"), h5py.File(_checked(path), "r") as opened:
        group = _inside(opened, "model_weights") if "model_weights" in opened else opened
        named = list(_old(group) if "layer_names" in group.attrs else _new(group, set()))
        foreign = next((found.name for _, found in named if not _is_own(found)), None)
        if foreign is not None:
            raise ValueError(f"its {foreign} is no weight of this file")
        most = MOST * path.stat().st_size
        if sum(dataset.nbytes for _, dataset in named) > most:
            raise ValueError("its sizes say that there are more numbers than the file can hold")
        for _, dataset in named:
            check_pieces(dataset, most)
        values = [(name, _tensor(dataset)) for name, dataset in named if dataset.dtype.kind == "f"]
        if "layer_names" not in group.attrs:
            # Kinds of layers come in the order of their names.
            values = _matrices_last(values)
        layers = tuple(pair_weights(path, values, "hwc"))
        if not layers:
            raise ValueError("it holds no layers of Keras")
        return WeightFile(layers, "bgr", format="keras")


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
        for name in _texts(_inside(group, layer), "weight_names"):
            # A network inside another is one layer with many weights.
            yield name.split("/")[-2] if "/" in name else layer, _inside(group, f"{layer}/{name}")


def _inside(group: h5py.Group, path: str) -> Any:
    """Return what is at a path in a group of this file; raises ValueError where a link leads out of it, before it is followed."""
    for name in filter(None, path.split("/")):
        if not isinstance(group, h5py.Group) or not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"its {display_name(name)} is not in this file")
        group = group[name]
    return group


def _texts(group: h5py.Group, name: str) -> list[str]:
    """Return a list of names; raises ValueError if it says that it has more, or longer ones, than any network."""
    attribute = group.attrs.get_id(name)
    count = prod(attribute.shape)
    if count > MOST_NAMES or count * attribute.dtype.itemsize > MOST_NAMES * LONG:
        raise ValueError(f"it says that it has {count} names")
    return [each.decode() if isinstance(each, bytes) else str(each) for each in np.atleast_1d(group.attrs[name])]


def _new(group: h5py.Group, seen: set[int]) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield weights of the new layout, those of networks inside the network too; ``seen`` are the groups that were walked through."""
    address = h5py.h5o.get_info(group.id).addr
    if address in seen:
        raise ValueError(f"its {group.name} is in it more than once")
    seen.add(address)
    place = next((name for name in LAYERS if name in group), None)
    inside: Any = {} if place is None else _inside(group, place)
    for layer in sorted(inside, key=natural_key):
        each = _inside(inside, layer)
        variables: Any = _inside(each, "vars") if "vars" in each else {}
        name = _texts(variables, "name")[0] if variables and "name" in variables.attrs else layer
        for variable in sorted(variables, key=natural_key):
            yield name, _inside(variables, variable)
        yield from _new(each, seen)


def _matrices_last(values: list[tuple[str, Tensor]]) -> list[tuple[str, Tensor]]:
    """Put convolutions before fully connected layers, each with its bias behind it."""
    layers = dict[str, bool]()
    for name, numbers in values:
        layers.setdefault(name, numbers.ndim == 2)
    return sorted(values, key=lambda value: layers[value[0]])


def _is_own(found: object) -> bool:
    """Tell whether something is numbers of this file, and no view of others."""
    return isinstance(found, h5py.Dataset) and not found.external and not found.is_virtual


def _tensor(dataset: h5py.Dataset) -> Tensor:
    """Return the numbers of a weight, those of a kernel as torch orders them."""
    values = np.asarray(dataset[()])
    orders = {2: (1, 0), 4: (3, 2, 0, 1)}
    return to_tensor(values.transpose(orders.get(values.ndim, range(values.ndim))))
