"""Networks of MatConvNet: MATLAB files, in the cache that torch keeps for all programs.

A list ``layers`` of structures with a ``name``, a ``type`` and, of convolutions, fully connected ones included, filters (H, W, I, O) and
biases: together in ``weights``, or in older files apart, in ``filters`` and ``biases``. Axis 0 is the row of the picture and the
input is RGB, for the importer from Caffe transposes and swaps what was BGR by columns. Channels of a convolution in groups are dealt as in
Caffe: the first half of the filters sees the first half of the channels.

A MATLAB file holds values and no code; SciPy reads it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from torch import Tensor

from pincel.backbones.cards import Card
from pincel.backbones.formats.archive import check_file, first_line
from pincel.backbones.formats.torchvision import again, locate, other_network
from pincel.errors import WeightsError

# What SciPy raises for what is no MATLAB file, or not all of one.
UNREADABLE = (OSError, ValueError, TypeError, NotImplementedError, IndexError, KeyError, MatReadError, zlib.error)


def load(card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Find the file of a card, or download it, and read it; see :func:`read`.

    Raises:
        WeightsError: If it is not there and cannot be downloaded whole, or is not the file of the card.
    """
    return read(locate(card), card)


def read(path: Path, card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Read the convolutions and fully connected layers of the file.

    Args:
        path: The file.
        card: Says which file it must be, and which layers it must hold.

    Returns:
        ``conv1`` … → (weight of shape (out, in / groups, k, k), bias of shape (out,)), float32, RGB input.

    Raises:
        WeightsError: If the file cannot be read, its hash is not the card's, or it holds other layers.
    """
    check_file(path, card, again(card))
    try:
        # A list of one is read as what is in it.
        found = dict(_found(np.atleast_1d(loadmat(path, squeeze_me=True, struct_as_record=False, variable_names=["layers"])["layers"])))
    except UNREADABLE as error:
        raise WeightsError(f"Cannot read the weights of {card.name}, {path}: {first_line(error)}") from error
    weights, before = {}, 3
    for layer in card.layers:
        if layer.kind not in ("conv", "fc"):
            continue
        wanted = (layer.kernel, layer.kernel, before // layer.groups, layer.channels)
        pair = found.get(layer.name, ())
        shapes = tuple(each.shape for each in pair) or (None, None)
        if len(pair) != 2 or _squeezed(shapes[0]) != _squeezed(wanted) or pair[1].size != layer.channels:
            raise other_network(card, path, layer.name, shapes, layer, wanted)
        filters, biases = (np.ascontiguousarray(each, dtype=np.float32) for each in pair)
        weights[layer.name] = torch.from_numpy(filters).view(wanted).permute(3, 2, 0, 1), torch.from_numpy(biases).view(-1)
        before = layer.channels
    return weights


def _found(layers: np.ndarray[Any, Any]) -> Iterator[tuple[str, tuple[np.ndarray[Any, Any], ...]]]:
    """Yield the name of each layer that has weights, and what these are."""
    for layer in layers:
        if getattr(layer, "type", "") != "conv":
            continue
        pair = layer.weights if hasattr(layer, "weights") else (getattr(layer, "filters", ()), getattr(layer, "biases", ()))
        yield str(layer.name), tuple(np.asarray(each) for each in pair)


def _squeezed(shape: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return a shape without its ones, which MATLAB drops at the end and SciPy everywhere."""
    return tuple(length for length in shape or () if length != 1)
