"""What a run knows, as tensors and JSON, and back.

Values are None, booleans, numbers, texts, bytes, tensors, and lists, tuples, dictionaries and a few known classes of them. Nothing else is
written, and nothing else is made when reading: a file can name a class of :data:`KNOWN`, and no other.

In JSON a value that has no form of its own is an object with one key, its kind::

    {"tensor": ["3", [1, 3, 48, 64], [0, 1, 2, 3]]}     name, shape, dimensions from the slowest in memory to the quickest
    {"float": "inf"}                                    JSON has no infinity
    {"tuple": […]}   {"dict": {…}}   {"bytes": "4"}
    {"CurvaturePair": {"step": …, "change": …, "inverse": …}}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from pincel.engine.events import Stopped
from pincel.engine.loop import Best, LoopState
from pincel.engine.multiscale import MultiScaleState, Scale, ScaleResult
from pincel.engine.precision import Precision
from pincel.optim import OPTIMIZERS

KNOWN: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(kind for name in OPTIMIZERS for kind in OPTIMIZERS[name].state_types),
        Best,
        LoopState,
        MultiScaleState,
        ScaleResult,
        Scale,
        Stopped,
        Precision,
    )
}


def flatten(value: Any) -> tuple[Any, dict[str, Tensor]]:
    """Take a value apart.

    Returns:
        What is ready for JSON, and flat tensors by name, as they lie in memory; a tensor that occurs twice is there once.

    Raises:
        TypeError: For a value of any other type.
    """
    writer = _Writer()
    return writer.node(value), writer.tensors


def unflatten(node: Any, tensors: Mapping[str, Tensor], device: torch.device) -> Any:
    """Put together what :func:`flatten` took apart, its tensors on a device.

    Raises:
        ValueError: If it is nothing that :func:`flatten` makes.
    """
    try:
        return _Reader(tensors, device).value(node)
    except (LookupError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


class _Writer:
    """Names tensors in the order they are met."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._names: dict[tuple[int, int, torch.dtype], str] = {}
        self._kinds: Mapping[type[Any], Callable[[Any], Any]] = {
            **dict.fromkeys((type(None), bool, int, str), lambda value: value),
            float: lambda value: value if math.isfinite(value) else {"float": repr(value)},
            Tensor: lambda value: {"tensor": self._tensor(value)},
            bytes: lambda value: {"bytes": self._named(_bytes_as_tensor(value))},
            list: lambda value: [self.node(part) for part in value],
            tuple: lambda value: {"tuple": [self.node(part) for part in value]},
            dict: lambda value: {"dict": {_text(key): self.node(part) for key, part in value.items()}},
            **dict.fromkeys(KNOWN.values(), self._known),
        }

    def node(self, value: Any) -> Any:
        kind = self._kinds.get(type(value))
        if kind is None:
            raise TypeError(f"A snapshot holds no {type(value).__name__}.")
        return kind(value)

    def _known(self, value: Any) -> dict[str, Any]:
        return {type(value).__name__: {field.name: self.node(getattr(value, field.name)) for field in fields(value)}}

    def _tensor(self, tensor: Tensor) -> list[Any]:
        # The order in memory is kept: arithmetic takes another way, and ends in other last bits, where it differs.
        order = sorted(range(tensor.dim()), key=tensor.stride().__getitem__, reverse=True)
        return [self._named(tensor.detach().permute(order).contiguous().view(-1)), list(tensor.shape), order]

    def _named(self, flat: Tensor) -> str:
        place = (flat.data_ptr(), flat.numel(), flat.dtype)
        if place not in self._names or not flat.numel():
            self._names[place] = str(len(self.tensors))
            self.tensors[self._names[place]] = flat
        return self._names[place]


class _Reader:
    """Brings each tensor to the device once."""

    def __init__(self, tensors: Mapping[str, Tensor], device: torch.device) -> None:
        self._tensors, self._device = tensors, device
        self._moved: dict[str, Tensor] = {}
        self._kinds: Mapping[str, Callable[[Any], Any]] = {
            "float": float,
            "tensor": lambda content: self._tensor(*content),
            "bytes": lambda name: self._tensors[name].numpy().tobytes(),
            "tuple": lambda parts: tuple(self.value(part) for part in parts),
            "dict": lambda parts: {key: self.value(part) for key, part in parts.items()},
        }

    def value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.value(part) for part in node]
        if not isinstance(node, dict):
            return node
        ((kind, content),) = node.items()
        if kind in KNOWN:
            return KNOWN[kind](**{name: self.value(part) for name, part in content.items()})
        return self._kinds[kind](content)

    def _tensor(self, name: str, shape: list[int], order: list[int]) -> Tensor:
        if name not in self._moved:
            self._moved[name] = self._tensors[name].to(self._device)
        back = sorted(range(len(order)), key=order.__getitem__)
        return self._moved[name].view([shape[dimension] for dimension in order]).permute(back)


def _bytes_as_tensor(value: bytes) -> Tensor:
    # Nothing at all is the one buffer that torch does not take.
    return torch.frombuffer(bytearray(value), dtype=torch.uint8) if value else torch.empty(0, dtype=torch.uint8)


def _text(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"A snapshot holds no dictionary whose keys are {type(key).__name__}.")
    return key
