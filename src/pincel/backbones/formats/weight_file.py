"""The content of a weight file: its layers in its own order and under its own names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from pincel.errors import WeightsError
from pincel.files import one_line, printable, quoted

Channels = Literal["rgb", "bgr"]
Flat = Literal["chw", "hwc"]
# Largest ratio of unpacked to compressed size: weights compress little, and a larger ratio is an attack.
MOST = 100
# Characters of a name of a file, in messages.
LONG = 160
KINDS = "a whole file of Torch7, Theano/Lasagne, Caffe, MatConvNet, Keras, PyTorch or safetensors"


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """A convolution or a fully connected layer, as a file has it.

    Attributes:
        name: In the file.
        weight: (out, in / groups, rows, columns) of a convolution, (out, in) of a fully connected layer; of whatever precision.
        bias: (out,); none if the file has none.
        flat: How the inputs of a fully connected layer that sees a map are ordered: ``chw``, channel by channel the rows, or ``hwc``,
            position by position the channels.
    """

    name: str
    weight: Tensor
    bias: Tensor | None = None
    flat: Flat = "chw"


@dataclass(frozen=True, eq=False)
class WeightFile:
    """All that is read from a weight file.

    Attributes:
        layers: In the file's order.
        channels: Order of colors in the first convolution, in files of this kind.
        classes: Names of the outputs of the last layer, if the file has them.
        format: Of the file, one of :data:`pincel.backbones.formats.FORMATS`.
        mean: Mean color that the file itself subtracts from the input, RGB, on the 0-255 scale.
        inside: Where in the file the network is, ``model_ema.module``; empty if it is all of the file.
        others: Further networks in the same file.
    """

    layers: tuple[StoredLayer, ...]
    channels: Channels
    classes: tuple[str, ...] = ()
    format: str = ""
    mean: tuple[float, float, float] | None = None
    inside: str = ""
    others: tuple[WeightFile, ...] = ()


@contextmanager
def reading(path: Path, format: str) -> Iterator[None]:  # noqa: A002 - what it is called everywhere
    """Raise WeightsError, one line about the file, for any error in the block; ``format`` is the name of its format for users."""
    try:
        yield
    except WeightsError:
        raise
    except Exception as error:
        # Libraries raise anything, and never say what, about bytes that are not what they claim to be.
        raise unreadable(path, _reason(error), format=format) from error


def unreadable(path: Path, reason: str, hint: str = "get the file again and compare its size and hash", format: str = "") -> WeightsError:  # noqa: A002
    """Build the error for a file that cannot be read; ``format`` where it is known what it should be."""
    failed = f"weights: cannot be read{f' as {format}' if format else ''}, {display_name(reason)}"
    return WeightsError(one_line(failed, quoted(path), KINDS, hint))


def unsupported_layer(path: Path, layer: str, kind: str) -> WeightsError:
    """Build the error for a layer with weights that is neither convolution nor fully connected: without it the others mean nothing."""
    failed = f"weights: the layer {display_name(layer)} is {display_name(kind)}, which no network of pincel has"
    return WeightsError(
        one_line(failed, quoted(path), "convolutions and fully connected layers", "a network without it: pincel weights list")
    )


def display_name(text: str) -> str:
    """Return a name from a file for messages: no longer than a line, without control characters."""
    return printable(text[:LONG]) + ("…" if len(text) > LONG else "")


def pair_weights(path: Path, values: Sequence[tuple[str, Tensor]], flat: Flat = "chw") -> Iterator[StoredLayer]:
    """Combine each weight with the bias after it, if there is one.

    Args:
        path: The file, for messages.
        values: Name of a layer, and numbers: weights as in :class:`StoredLayer`, biases of one axis.
        flat: As there.

    Raises:
        WeightsError: For anything else.
    """
    place = 0
    while place < len(values):
        name, weight = values[place]
        bias = next((after for _, after in values[place + 1 : place + 2] if after.ndim == 1), None)
        if weight.ndim not in (2, 4):
            raise unsupported_layer(path, name, f"one whose first weight has {weight.ndim} dimensions")
        yield StoredLayer(name, weight, bias, flat)
        place += 1 if bias is None else 2


def to_tensor(values: np.ndarray[Any, Any]) -> Tensor:
    """Return floating-point numbers as float32: exactly those that fit in it, others rounded.

    Raises:
        TypeError: For numbers of another kind.
    """
    if values.dtype.kind != "f":
        raise TypeError(f"its numbers are {values.dtype}, not floating-point")
    with np.errstate(over="ignore"):
        return torch.from_numpy(np.array(values, dtype=np.float32, order="C"))


def floating(numbers: Tensor) -> Tensor:
    """Return numbers as they are; raises TypeError if they are not floating-point."""
    if not numbers.is_floating_point():
        raise TypeError(f"its numbers are {numbers.dtype}, not floating-point")
    return numbers


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, KeyError) and str(error.args[0]).isidentifier():
        return f"it lacks {error}"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (next(iter(said.splitlines()), "") or type(error).__name__).rstrip(".")
