"""Networks of PyTorch: tensors by name (``features.0.weight``, ``conv1_1.bias``), in a file of :mod:`.torch_file`.

A weight of four axes is a convolution (out, in / groups, rows, columns), one of two a fully connected layer (out, in). Names are those of
torchvision, those of VGG's authors, or numbers of a ``Sequential``, and come in the order of the layers. Networks converted with the names
of VGG's authors take BGR, those of torchvision at RGB, and those that begin with AdaIN's first layer at what that gives; see
:mod:`.preprocessing`.

A training leaves more: the tensors may be under ``net``, ``model_ema`` or any name, dicts inside dicts or attributes of objects, beside
settings, scores and the state of an optimizer, and behind ``module.``. All such places are found, and those that hold layers are networks;
a module that was saved whole is one too, read as data. Which of several is meant says the architecture that is asked for, see
:mod:`.match_layers`; where several have it, the average of the training's weights is taken, as other programs do, then the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from pincel.backbones.formats.fuse_fire import fuse_fire
from pincel.backbones.formats.preprocessing import remove_preprocessing
from pincel.backbones.formats.safe_pickle import Budget, Foreign, refused
from pincel.backbones.formats.torch_file import Numbers, TorchFile, is_module, named, named_tensors, open_torch, parts
from pincel.backbones.formats.weight_file import Channels, StoredLayer, WeightFile, display_name, floating, reading, unsupported_layer
from pincel.errors import WeightsError

# Names of averages over the steps of a training, and of what has the shapes of weights and is none.
AVERAGE = re.compile(r"(?<![a-z])(ema|swa|avg|averaged?)(?![a-z])", re.IGNORECASE)
NO_WEIGHTS = re.compile(r"(?<![a-z])(optim|grad|moment|velocit|exp_avg|sched)", re.IGNORECASE)
# What parallel and compiled modules put before each name.
WRAPPED = re.compile(r"^((module|_orig_mod)\.)+")
AUTHORS = re.compile(r"(.*\.)?conv[1-5]_[1-4]")
# Names one inside the other, and networks, that are looked at.
DEEPEST, MOST = 4, 32


def read(path: Path) -> WeightFile:
    """Read the layers of all networks in a file.

    Returns:
        The first network; the others are in its ``others``.

    Raises:
        WeightsError: If it is not whole, calls what runs code, or holds other layers with weights than convolutions and fully connected
            ones.
    """
    with reading(path, "PyTorch"), open_torch(path) as opened:
        networks, errors = list[WeightFile](), list[WeightsError | ValueError | TypeError]()
        for place, state in _states(opened.found):
            try:
                network = read_layers(path, _read(opened, state), "pytorch")
            except (WeightsError, ValueError, TypeError) as error:
                errors.append(error)
            else:
                networks.append(replace(network, inside=display_name(place)))
        if not networks:
            raise errors[0] if errors else _holds_none(opened.found)
        return replace(networks[0], others=tuple(networks[1:]))


def read_state(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file that torch saved, by name, and run no code of it.

    Raises:
        UnpicklingError: If it calls what runs code.
        ValueError: If it lies about its sizes, or holds no tensors.
    """
    with open_torch(path) as opened:
        _, state = next(iter(_states(opened.found)), ("", None))
        if state is None:
            raise _holds_none(opened.found)
        return _read(opened, state)


def _states(found: object) -> list[tuple[str, Mapping[str, Numbers | Foreign]]]:
    """Return all that may be a network: where it is (``model_ema.module``), and its tensors by name; the likeliest first."""
    states, seen = list[tuple[str, Mapping[str, Numbers | Foreign]]](), set[int]()
    level, budget = [("", found)], Budget()
    for _ in range(DEEPEST):
        inner = list[tuple[str, object]]()
        for place, each in level:
            if id(each) in seen or len(states) >= MOST or NO_WEIGHTS.search(place):
                continue
            seen.add(id(each))
            tensors = named_tensors(each, budget)
            if any(name.endswith("weight") or len(tensors) > 1 for name in tensors):
                states.append((place, tensors))
            # The modules in a module are parts of it.
            if not is_module(each):
                before = f"{place}." if place else ""
                within = parts(each, budget).items()
                inner += [(named(before, key, budget), value) for key, value in within if isinstance(value, Mapping | Foreign)]
        level = inner
    return sorted(states, key=lambda state: not AVERAGE.search(state[0]))


def _read(opened: TorchFile, state: Mapping[str, Numbers | Foreign]) -> dict[str, Tensor]:
    tensors = {}
    for key, each in state.items():
        name = WRAPPED.sub("", key)
        if isinstance(each, Foreign):
            raise TypeError(f"its {name} is no plain tensor, but made by {each.name}")
        tensors[name] = opened.tensor(each, name)
    return tensors


def _holds_none(found: object) -> Exception:
    return refused(found.name) if isinstance(found, Foreign) else TypeError("it holds no tensors that are called weights")


def read_layers(path: Path, state: Mapping[str, Tensor], format: str) -> WeightFile:  # noqa: A002 - what it is called everywhere
    """Return what a dict of tensors holds."""
    layers = fuse_fire(tuple(_layers(path, state)))
    if not layers:
        raise ValueError("it holds no layer with weights")
    usual: Channels = "bgr" if any(AUTHORS.fullmatch(layer.name) for layer in layers) else "rgb"
    layers, channels, mean = remove_preprocessing(layers, usual)
    return WeightFile(layers, channels, format=format, mean=mean)


def _layers(path: Path, state: Mapping[str, Tensor]) -> Iterator[StoredLayer]:
    for key, weight in state.items():
        name, _, part = key.rpartition(".")
        if part != "weight":
            continue
        if weight.ndim not in (2, 4):
            raise unsupported_layer(path, name, f"one whose weights have {weight.ndim} dimensions")
        bias = state.get(f"{name}.bias")
        yield StoredLayer(name, floating(weight), None if bias is None else floating(bias))
