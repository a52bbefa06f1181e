"""What each part of a network sees, found by following one picture of no pixels through it.

The network is walked through once with tensors that have a shape and nothing in it (torch's device ``meta``), while every operation is
noted: a convolution or a pooling widens what is seen by its kernel, sums and concatenations see what any of their parts sees, what works
number by number changes nothing. What is not known here, such as a mean over the picture or attention, is taken to see all of it.

A map with a position every ``stride`` pixels has ⌊(n + over)/stride⌋ of them on a side of n pixels, for ⌊⌊(n + a)/s⌋ + b)/t⌋ is
⌊(n + a + b·s)/(s·t)⌋; so one number says it for any stack of convolutions and poolings, at every size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary


@dataclass(frozen=True)
class MapGeometry:
    """What the positions of a map see: position i sees ``field`` pixels from ``start + i · stride`` on.

    Attributes:
        stride: Pixels between neighboring positions.
        field: Pixels on a side.
        start: First pixel that position 0 sees, negative for one beyond the border.
        over: How many pixels longer or shorter a side counts when its positions are counted.
        whole: Whether each sees all of the picture besides.
        axes: Which dimensions of the tensor are rows and columns; one alone for both, row by row.
    """

    stride: int = 1
    field: int = 1
    start: int = 0
    over: int = 0
    whole: bool = False
    axes: tuple[int, ...] = (2, 3)

    def positions(self, length: int) -> int:
        """Return how many positions a side of so many pixels has.

        Example:
            >>> Seen(stride=2, field=3, start=-1, over=1).positions(7)
            4
        """
        return max(0, (length + self.over) // self.stride)

    def through(self, kernel: int, step: int, pad: int, dilation: int = 1, *, up: bool = False) -> MapGeometry:
        """Return what a window of this map sees.

        Args:
            kernel: Positions it sees on a side.
            step: Positions between neighboring windows.
            pad: Positions added on each side.
            dilation: Positions between those that it sees.
            up: Whether what is left over gets a window too.
        """
        reach = dilation * (kernel - 1)
        return MapGeometry(
            stride=self.stride * step,
            field=self.field + reach * self.stride,
            start=self.start - pad * self.stride,
            over=self.over + (2 * pad - reach - 1 + step + (step - 1 if up else 0)) * self.stride,
            whole=self.whole,
            axes=self.axes,
        )


@dataclass(frozen=True)
class ModuleOutput:
    """What a module of a network answers.

    Attributes:
        name: Of the module, ``layer1.0.conv1``.
        module: It.
        shape: Of the answer.
        seen: What its positions see; None if they are no map, or none whose place is known.
    """

    name: str
    module: nn.Module
    shape: tuple[int, ...]
    seen: MapGeometry | None


def trace(network: nn.Module, height: int, width: int) -> list[ModuleOutput]:
    """Walk a picture through a network, and say what each of its modules sees.

    Args:
        network: On the device ``meta``.
        height: Of the picture; better not that of its width, nor a multiple of the stride, so that mistakes show.
        width: Of the picture.

    Returns:
        Modules that answer with a tensor, and that answer once, in the order in which they are done.
    """
    picture = torch.empty(1, 3, height, width, device="meta")
    walk = Tracer(picture)
    parts: list[ModuleOutput] = []
    called: list[str] = []

    def note(name: str, module: nn.Module, answer: Any) -> None:
        called.append(name)
        if isinstance(answer, Tensor):
            parts.append(ModuleOutput(name, module, tuple(answer.shape), walk.known.get(answer)))

    hooks = [
        module.register_forward_hook(lambda module, _, answer, name=name: note(name, module, answer))
        for name, module in network.named_modules()
        if name
    ]
    try:
        with torch.no_grad(), walk:
            network(picture)
    finally:
        for hook in hooks:
            hook.remove()
    return [part for part in parts if called.count(part.name) == 1]


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes what each tensor sees of a picture.

    Attributes:
        known: Tensor → what it sees; None for all of the picture, in no order. What does not depend on the picture is not there.
    """

    def __init__(self, picture: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known: Any = WeakTensorKeyDictionary()
        self.known[picture] = MapGeometry()
        self.size = (picture.shape[2], picture.shape[3])

    def __torch_dispatch__(self, operation: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do what torch would do, and note what comes of it."""
        answer = operation(*args, **(kwargs or {}))
        sources = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor) and each in self.known]
        if sources:
            seen = self._seen(operation, args, sources, answer)
            for each in tree_leaves(answer):
                if isinstance(each, Tensor):
                    self.known[each] = seen if seen and self._fits(seen, each) else None
        return answer

    def _seen(self, operation: Any, args: Any, sources: list[Tensor], answer: Any) -> MapGeometry | None:
        before = self.known[sources[0]]
        name = operation.overloadpacket.__name__.rstrip("_")
        if torch.Tag.pointwise in operation.tags or name in UNCHANGED:
            return merge([self.known[source] for source in sources])
        if before is None:
            return None
        if name in REARRANGEMENTS:
            return REARRANGEMENTS[name](before, sources[0], answer, args)
        return WINDOWS[name](before, args) if name in WINDOWS and before.axes == (2, 3) else None

    def _fits(self, seen: MapGeometry, tensor: Tensor) -> bool:
        """Tell whether a map has as many positions as it should; where torch counts otherwise, nothing is claimed."""
        sides = [seen.positions(side) for side in self.size]
        wanted = sides if len(seen.axes) == 2 else [prod(sides)]
        return tensor.dim() > seen.axes[-1] and [tensor.shape[axis] for axis in seen.axes] == wanted


def merge(parts: Iterable[MapGeometry | None]) -> MapGeometry | None:
    """Return what is seen by what depends on several tensors; those that are no map are spread over those that are."""
    given = list(parts)
    maps = [part for part in given if part is not None]
    if not maps:
        return None
    start, end = min(each.start for each in maps), max(each.start + each.field for each in maps)
    whole = len(maps) < len(given) or any(each.whole for each in maps)
    same = {(each.stride, each.over, each.axes) for each in maps}
    # Maps of unlike strides are never added up but by accident of this one size.
    return replace(maps[0], start=start, field=end - start, whole=whole) if len(same) == 1 else None


def _single(value: Any, fallback: int) -> int:
    """Return the one number that rows and columns share; raises ValueError if they do not."""
    numbers = set(value) if isinstance(value, list | tuple) else {value}
    if len(numbers) > 1:
        raise ValueError("rows and columns are treated unlike each other")
    return int(next(iter(numbers), fallback))


def _convolution(before: MapGeometry, args: Any) -> MapGeometry | None:
    _, weight, _, step, pad, dilation, transposed = args[:7]
    if transposed or weight.dim() != 4:
        return None
    try:
        return before.through(_single(weight.shape[2:], 1), _single(step, 1), _single(pad, 0), _single(dilation, 1))
    except ValueError:
        return replace(before, whole=True) if _same_size(weight.shape[2:], step, pad, dilation) else None


def _same_size(kernel: Any, step: Any, pad: Any, dilation: Any) -> bool:
    """Tell whether a window wider than high leaves a map its size: what it sees is no square then, but its place is known."""
    sides = zip(kernel, step, pad, dilation, strict=True)
    return all(stride == 1 and 2 * border == gap * (length - 1) for length, stride, border, gap in sides)


def _pooling(before: MapGeometry, args: Any, *, dilation: int, up: int) -> MapGeometry | None:
    """Read the arguments of a pooling; which of them are its dilation and its way of rounding differs."""
    given = [*args[1:], *[[]] * 6]
    try:
        kernel = _single(given[0], 1)
        spread = _single(given[dilation], 1) if dilation else 1
        return before.through(kernel, _single(given[1], kernel), _single(given[2], 0), spread, up=bool(given[up]))
    except ValueError:
        return None


def _padded(before: MapGeometry, _: Tensor, __: Any, args: Any) -> MapGeometry | None:
    """Follow a border of constants, as wide before columns as above rows; one that depends on the size is taken as it is at this one."""
    left, right, top, bottom = (*args[1], 0, 0, 0, 0)[:4]
    if before.axes != (2, 3) or (left, right) != (top, bottom) or len(args[1]) > 4:
        return None
    return replace(before, start=before.start - left * before.stride, over=before.over + (left + right) * before.stride)


def _permuted(before: MapGeometry, _: Tensor, __: Any, args: Any) -> MapGeometry | None:
    order = [axis % len(args[1]) for axis in args[1]]
    return replace(before, axes=tuple(order.index(axis) for axis in before.axes))


def _transposed(before: MapGeometry, tensor: Tensor, _: Any, args: Any) -> MapGeometry | None:
    order = list(range(tensor.dim()))
    one, two = (axis % tensor.dim() for axis in (args[1:3] if len(args) > 2 else (0, 1)))
    order[one], order[two] = two, one
    return _permuted(before, tensor, None, (tensor, order))


def _reshaped(before: MapGeometry, tensor: Tensor, answer: Tensor, _: Any) -> MapGeometry | None:
    """Find rows and columns again, in their order: as many numbers before them, and as many of them."""
    if before.axes[-1] - before.axes[0] not in (0, 1):
        return None
    outside = prod(tensor.shape[: before.axes[0]])
    inside = prod(tensor.shape[axis] for axis in before.axes)
    height_width = before.axes if len(before.axes) == 2 else None
    for axis in range(answer.dim()):
        if prod(answer.shape[:axis]) != outside:
            continue
        if answer.shape[axis] == inside:
            return replace(before, axes=(axis,))
        kept = height_width is None or answer.shape[axis] == tensor.shape[height_width[0]]
        if axis + 1 < answer.dim() and prod(answer.shape[axis : axis + 2]) == inside and kept:
            return replace(before, axes=(axis, axis + 1))
    return None


def _normalized(before: MapGeometry, tensor: Tensor, _: Any, args: Any) -> MapGeometry | None:
    """Follow what is normalized along its last dimensions: place by place, if these are none of rows and columns."""
    return before if max(before.axes) < tensor.dim() - len(args[1]) else None


def _multiplied(before: MapGeometry, tensor: Tensor, _: Any, args: Any) -> MapGeometry | None:
    """Follow a matrix that is multiplied from the right: row by row."""
    left = next(each for each in args if isinstance(each, Tensor) and each.dim() == 2)
    return before if left is tensor and max(before.axes) == 0 else None


def _parted(before: MapGeometry, _: Tensor, __: Any, args: Any) -> MapGeometry | None:
    """Follow a part of what stands in one dimension, if that is none of rows and columns."""
    axis = args[2] if len(args) > 2 else 0
    return None if axis in before.axes else before


def _sliced(before: MapGeometry, _: Tensor, __: Any, args: Any) -> MapGeometry | None:
    axis = args[1] if len(args) > 1 else 0
    return None if axis in before.axes else before


# What changes nothing about where numbers are; cat only where it puts channels behind channels, for else the size would not fit.
UNCHANGED = frozenset(
    ("native_batch_norm", "cat", "clone", "_to_copy", "detach", "alias", "hardswish", "expand", "bernoulli", "lift_fresh")
)
# (what is seen, tensor, answer, arguments) → what is seen then.
REARRANGEMENTS: Mapping[str, Callable[[MapGeometry, Tensor, Any, Any], MapGeometry | None]] = {
    "constant_pad_nd": _padded,
    "permute": _permuted,
    "transpose": _transposed,
    "t": _transposed,
    "view": _reshaped,
    "unsafe_view": _reshaped,
    "reshape": _reshaped,
    "native_layer_norm": _normalized,
    "addmm": _multiplied,
    "mm": _multiplied,
    "split_with_sizes": _parted,
    "split": _parted,
    "slice": _sliced,
}
# (what is seen, arguments) → what is seen then.
WINDOWS: Mapping[str, Callable[[MapGeometry, Any], MapGeometry | None]] = {
    "convolution": _convolution,
    "max_pool2d_with_indices": partial(_pooling, dilation=3, up=4),
    "avg_pool2d": partial(_pooling, dilation=0, up=3),
}
