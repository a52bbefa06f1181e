"""Networks of PyTorch: a dict of tensors by name (``features.0.weight``, ``conv1_1.bias``), as a zip file or as it was before these.

A weight of four axes is a convolution (out, in / groups, rows, columns), one of two a fully connected layer (out, in). Names are those of
torchvision, those of VGG's authors, or numbers of a ``Sequential``, and come in the order of the layers. ``state_dict`` and ``model``
around them, and ``module.`` before them, are what training leaves. Networks converted with the names of VGG's authors look at BGR, those of
torchvision at RGB, and those that begin with AdaIN's first layer at what that gives; see :mod:`.preprocessed`.

Nothing but numbers is read: what is saved as a whole module asks for code, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from mmap import ACCESS_READ, mmap
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, BinaryIO, cast
from zipfile import ZipFile

import torch
from torch import Tensor

from pincel.backbones.formats.fire import joined
from pincel.backbones.formats.held import Channels, Held, HeldLayer, floating, reading, unusable
from pincel.backbones.formats.pickles import look_through, refused
from pincel.backbones.formats.preprocessed import without_preprocessing

# What a trained network may be under, in a file that holds more.
INSIDE = ("state_dict", "model_state_dict", "model", "params")
AUTHORS = re.compile(r"(.*\.)?conv[1-5]_[1-4]")


def read(path: Path) -> Held:
    """Read the layers of a dict of tensors.

    Args:
        path: The file.

    Raises:
        WeightsError: If it is not whole, asks for code, or holds other layers with weights than convolutions and fully connected ones.
    """
    with reading(path, "PyTorch"):
        return held(path, read_state(path), "pytorch")


def read_state(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file that torch saved, by name, and run no code of it.

    Raises:
        UnpicklingError: If it holds more than tensors.
        ValueError: If it lies about its sizes, or holds no dict of tensors.
    """
    _look(path)
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        asked = re.search(r"GLOBAL ([\w.]+)", str(error))
        raise refused(asked[1]) if asked else UnpicklingError("it holds more than tensors") from error
    for name in INSIDE:
        found = found[name] if isinstance(found, Mapping) and isinstance(found.get(name), Mapping) else found
    if not isinstance(found, Mapping):
        raise TypeError("it holds no dict of tensors")
    state = {str(name).removeprefix("module."): each for name, each in found.items() if isinstance(each, Tensor)}
    hollow = next((name for name, each in state.items() if not _is_solid(each)), None)
    if hollow is not None:
        raise ValueError(f"its {hollow} is {tuple(state[hollow].shape)}, and not all of that is there")
    return state


def held(path: Path, state: Mapping[str, Tensor], format: str) -> Held:  # noqa: A002 - what it is called everywhere
    """Return what a dict of tensors holds."""
    layers = joined(tuple(_layers(path, state)))
    if not layers:
        raise ValueError("it holds no layer with weights")
    usual: Channels = "bgr" if any(AUTHORS.fullmatch(layer.name) for layer in layers) else "rgb"
    layers, channels, mean = without_preprocessing(layers, usual)
    return Held(layers, channels, format=format, mean=mean)


def _layers(path: Path, state: Mapping[str, Tensor]) -> Iterator[HeldLayer]:
    for key, weight in state.items():
        name, _, part = key.rpartition(".")
        if part != "weight":
            continue
        if weight.ndim not in (2, 4):
            raise unusable(path, name, f"one whose weights have {weight.ndim} dimensions")
        bias = state.get(f"{name}.bias")
        yield HeldLayer(name, floating(weight), None if bias is None else floating(bias))


def _look(path: Path) -> None:
    """Look at all sizes a file speaks of before torch makes room for them.

    Raises:
        ValueError: If one is larger than the file, or the file is compressed, as those of torch never are.
    """
    with path.open("rb") as stream, mmap(stream.fileno(), 0, access=ACCESS_READ) as mapped:
        if mapped[:2] != b"PK":
            # It reads what there is, whatever is asked for. The numbers of the first pickles are no sizes.
            for names in (False, False, False, True, False):
                look_through(cast("BinaryIO", mapped), len(mapped), numbers=names)
            return
        with ZipFile(stream) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > len(mapped):
                raise ValueError("it is compressed, as files of torch never are")
            for member in members:
                if member.filename.endswith("data.pkl"):
                    look_through(BytesIO(archive.read(member)), len(mapped), numbers=True)


def _is_solid(numbers: Tensor) -> bool:
    """Tell whether all numbers of a tensor are there, each at its own place."""
    if numbers.layout != torch.strided or numbers.device.type != "cpu" or numbers.is_quantized:
        return False
    return numbers.numel() * numbers.element_size() <= numbers.untyped_storage().nbytes()
