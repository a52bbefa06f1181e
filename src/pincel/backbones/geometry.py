"""Receptive fields of the modules of a network of another library, found by tracing one forward pass.

The network is run once with tensors of torch's device ``meta``, which have a shape and no values, and every operation is recorded: a
convolution or a pooling enlarges receptive fields by its kernel, sums and concatenations have the union of theirs, pointwise operations
change nothing. What is not known here, such as a mean over the image or attention, depends on the whole image.

A map with a position every ``stride`` pixels has ⌊(n + over)/stride⌋ of them on a side of n pixels, for ⌊⌊(n + a)/s⌋ + b)/t⌋ is
⌊(n + a + b·s)/(s·t)⌋; so one number describes any stack of convolutions and poolings, at every size.
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
    """Receptive fields of the positions of a map: that of position i has ``field`` pixels from ``start + i · stride`` on.

    Attributes:
        stride: Pixels between neighboring positions.
        field: Side of the receptive field in pixels.
        start: First pixel of that of position 0, negative beyond the border.
        over: Pixels added to a side before its positions are counted.
        whole: Whether each position depends on all of the image besides.
        axes: Dimensions of the tensor that are rows and columns; one for both, row by row.
    """

    stride: int = 1
    field: int = 1
    start: int = 0
    over: int = 0
    whole: bool = False
    axes: tuple[int, ...] = (2, 3)

    def positions(self, length: int) -> int:
        """Return the positions of a side of ``length`` pixels.

        Example:
            >>> MapGeometry(stride=2, field=3, start=-1, over=1).positions(7)
            4
        """
        return max(0, (length + self.over) // self.stride)

    def windowed(self, kernel: int, step: int, pad: int, dilation: int = 1, *, up: bool = False) -> MapGeometry:
        """Return the geometry of windows over this map.

        Args:
            kernel: Positions of a window on a side.
            step: Positions between neighboring windows.
            pad: Positions added on each side.
            dilation: Positions between those of a window.
            up: Whether the number of windows is rounded up.
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
    """The output of a module of a network.

    Attributes:
        name: Of the module, ``layer1.0.conv1``.
        module: The module.
        shape: Of the output.
        geometry: Of the output as a map; None if it is none, or its positions are unknown.
    """

    name: str
    module: nn.Module
    shape: tuple[int, ...]
    geometry: MapGeometry | None


def trace(network: nn.Module, height: int, width: int) -> list[ModuleOutput]:
    """Run a network once, and return the outputs of its modules.

    Args:
        network: On the device ``meta``.
        height: Of the image; unlike its width and no multiple of the stride, so that mistakes show.
        width: Of the image.

    Returns:
        Of the modules that return a tensor, once, in the order of computation.
    """
    image = torch.empty(1, 3, height, width, device="meta")
    tracer = Tracer(image)
    outputs: list[ModuleOutput] = []
    called: list[str] = []

    def record(name: str, module: nn.Module, output: Any) -> None:
        called.append(name)
        if isinstance(output, Tensor):
            outputs.append(ModuleOutput(name, module, tuple(output.shape), tracer.known.get(output)))

    hooks = [
        module.register_forward_hook(lambda module, _, output, name=name: record(name, module, output))
        for name, module in network.named_modules()
        if name
    ]
    try:
        with torch.no_grad(), tracer:
            network(image)
    finally:
        for hook in hooks:
            hook.remove()
    return [output for output in outputs if called.count(output.name) == 1]


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records the geometry of each tensor that depends on an image.

    Attributes:
        known: Tensor → its geometry; None where it is unknown.
    """

    def __init__(self, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known: Any = WeakTensorKeyDictionary()
        self.known[image] = MapGeometry()
        self.size = (image.shape[2], image.shape[3])

    def __torch_dispatch__(self, operation: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do what torch would do, and record the geometry of the results."""
        result = operation(*args, **(kwargs or {}))
        sources = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor) and each in self.known]
        if sources:
            geometry = self._geometry(operation, args, sources, result)
            for each in tree_leaves(result):
                if isinstance(each, Tensor):
                    self.known[each] = geometry if geometry and self._fits(geometry, each) else None
        return result

    def _geometry(self, operation: Any, args: Any, sources: list[Tensor], result: Any) -> MapGeometry | None:
        before = self.known[sources[0]]
        name = operation.overloadpacket.__name__.rstrip("_")
        if torch.Tag.pointwise in operation.tags or name in UNCHANGED:
            return merge([self.known[source] for source in sources])
        if before is None:
            return None
        if name in REARRANGEMENTS:
            return REARRANGEMENTS[name](before, sources[0], result, args)
        return WINDOWS[name](before, args) if name in WINDOWS and before.axes == (2, 3) else None

    def _fits(self, geometry: MapGeometry, tensor: Tensor) -> bool:
        """Return whether a tensor has as many positions as its geometry says."""
        sides = [geometry.positions(side) for side in self.size]
        expected = sides if len(geometry.axes) == 2 else [prod(sides)]
        return tensor.dim() > geometry.axes[-1] and [tensor.shape[axis] for axis in geometry.axes] == expected


def merge(parts: Iterable[MapGeometry | None]) -> MapGeometry | None:
    """Return the geometry of a value of several tensors; one that is no map makes it depend on the whole image."""
    given = list(parts)
    maps = [part for part in given if part is not None]
    if not maps:
        return None
    start, end = min(each.start for each in maps), max(each.start + each.field for each in maps)
    whole = len(maps) < len(given) or any(each.whole for each in maps)
    same = {(each.stride, each.over, each.axes) for each in maps}
    # Maps of different strides have equal sizes only by accident.
    return replace(maps[0], start=start, field=end - start, whole=whole) if len(same) == 1 else None


def _single(value: Any, fallback: int) -> int:
    """Return the number that rows and columns share; raises ValueError if they do not."""
    numbers = set(value) if isinstance(value, list | tuple) else {value}
    if len(numbers) > 1:
        raise ValueError("rows and columns are treated unlike each other")
    return int(next(iter(numbers), fallback))


def _convolution(before: MapGeometry, args: Any) -> MapGeometry | None:
    _, weight, _, step, pad, dilation, transposed = args[:7]
    if transposed or weight.dim() != 4:
        return None
    try:
        return before.windowed(_single(weight.shape[2:], 1), _single(step, 1), _single(pad, 0), _single(dilation, 1))
    except ValueError:
        return replace(before, whole=True) if _same_size(weight.shape[2:], step, pad, dilation) else None


def _same_size(kernel: Any, step: Any, pad: Any, dilation: Any) -> bool:
    """Return whether windows that are not square keep the size of a map: positions are known then, if not the field."""
    sides = zip(kernel, step, pad, dilation, strict=True)
    return all(stride == 1 and 2 * border == gap * (length - 1) for length, stride, border, gap in sides)


def _pooling(before: MapGeometry, args: Any, *, dilation: int, up: int) -> MapGeometry | None:
    """Read the arguments of a pooling; ``dilation`` and ``up`` are the indices of dilation and rounding among them."""
    given = [*args[1:], *[[]] * 6]
    try:
        kernel = _single(given[0], 1)
        spread = _single(given[dilation], 1) if dilation else 1
        return before.windowed(kernel, _single(given[1], kernel), _single(given[2], 0), spread, up=bool(given[up]))
    except ValueError:
        return None


def _padded(before: MapGeometry, _: Tensor, __: Any, args: Any) -> MapGeometry | None:
    """Add a constant border, the same for rows and columns."""
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


def _reshaped(before: MapGeometry, tensor: Tensor, result: Tensor, _: Any) -> MapGeometry | None:
    """Find rows and columns in the new shape: as many numbers before them, and as many of them."""
    if before.axes[-1] - before.axes[0] not in (0, 1):
        return None
    outside = prod(tensor.shape[: before.axes[0]])
    inside = prod(tensor.shape[axis] for axis in before.axes)
    height_width = before.axes if len(before.axes) == 2 else None
    for axis in range(result.dim()):
        if prod(result.shape[:axis]) != outside:
            continue
        if result.shape[axis] == inside:
            return replace(before, axes=(axis,))
        kept = height_width is None or result.shape[axis] == tensor.shape[height_width[0]]
        if axis + 1 < result.dim() and prod(result.shape[axis : axis + 2]) == inside and kept:
            return replace(before, axes=(axis, axis + 1))
    return None


def _normalized(before: MapGeometry, tensor: Tensor, _: Any, args: Any) -> MapGeometry | None:
    """Normalization over the last dimensions keeps the geometry if these are not rows and columns."""
    return before if max(before.axes) < tensor.dim() - len(args[1]) else None


def _multiplied(before: MapGeometry, tensor: Tensor, _: Any, args: Any) -> MapGeometry | None:
    """A product with a matrix on the right keeps the geometry of rows."""
    left = next(each for each in args if isinstance(each, Tensor) and each.dim() == 2)
    return before if left is tensor and max(before.axes) == 0 else None


def _sliced(before: MapGeometry, _: Tensor, __: Any, args: Any, *, index: int) -> MapGeometry | None:
    """A part of one dimension keeps the geometry if that is neither rows nor columns."""
    axis = args[index] if len(args) > index else 0
    return None if axis in before.axes else before


# Operations that keep positions; cat does along channels, and otherwise the size does not fit.
UNCHANGED = frozenset(
    ("native_batch_norm", "cat", "clone", "_to_copy", "detach", "alias", "hardswish", "expand", "bernoulli", "lift_fresh")
)
# (geometry, tensor, result, arguments) → geometry of the result.
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
    "split_with_sizes": partial(_sliced, index=2),
    "split": partial(_sliced, index=2),
    "slice": partial(_sliced, index=1),
}
# (geometry, arguments) → geometry of the result.
WINDOWS: Mapping[str, Callable[[MapGeometry, Any], MapGeometry | None]] = {
    "convolution": _convolution,
    "max_pool2d_with_indices": partial(_pooling, dilation=3, up=4),
    "avg_pool2d": partial(_pooling, dilation=0, up=3),
}
