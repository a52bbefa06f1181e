"""The same objective with memory for a tile at a time.

Everything a loss wants to know of a layer is a sum over positions (:meth:`pincel.losses.base.Loss.statistic`). So the network can look at
one tile after the other, forget what it computed, and look again on the way back, when the slope of the objective with respect to those
sums is known: the Gram matrices stay those of the whole picture, and so does the gradient.

A tile is seen with the margin that its results depend on; on the way back with twice that, so that all that depends on the tile is there.
Margins go by the grain of what is computed together, tiles begin where blocks of Gram matrices do (:data:`pincel.types.BLOCK`), and
blocks are added up in float64: so the result is that of the whole picture to the last bit, but for the rare sum that lies on the edge
between two floats. Tiles smaller than a block give it but for rounding.

The network is cut, at poolings, into parts of some layers. What goes from part to part is kept whole, and small (8 numbers a pixel behind
the second pooling, where the layers before it hold over 100); so margins need not grow to the 78 pixels of relu5_1's receptive field, and
only the layers with the largest maps, which cost little time, need to be computed twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol, TypeAlias, TypeVar

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.backbones.cards import Card, Layer
from pincel.errors import OptionError
from pincel.types import BLOCK, Window

# Tiles begin at multiples of this in every layer: where Winograd's own tiles begin, so that they round as they do in the whole picture.
ALIGN = 4
REST = "rest"
# What the first layer is given, as if it were one.
PICTURE = Layer("picture", "picture", 3, 1, 1)

# What is reduced: (layer, features, window) → numbers by name, each a part of a sum over the positions of the layer.
Reduce: TypeAlias = Callable[[str, Tensor, Window], Mapping[Any, Tensor]]
T = TypeVar("T")


class Share(Protocol):
    """Whose work a tile is."""

    def mine(self, everything: Sequence[T]) -> Sequence[T]:
        """Return what this process does."""

    def summed(self, part: Tensor) -> Tensor:
        """Return the sum over all processes; ``part`` may be overwritten."""


class Alone:
    """All of it is done here."""

    def mine(self, everything: Sequence[T]) -> Sequence[T]:
        """Return all."""
        return everything

    def summed(self, part: Tensor) -> Tensor:
        """Return what there is."""
        return part


@dataclass(frozen=True)
class Part:
    """Some layers in a row.

    Attributes:
        before: What it is given, the layer before its first one.
        layers: Which, the last one included.
        side: Of a tile, in positions of what it is given; 0 for all at once.
        margin: Positions around a tile that its results depend on, to the last bit.
    """

    before: Layer
    layers: tuple[Layer, ...]
    side: int
    margin: int

    @property
    def stride(self) -> int:
        """Input pixels between neighbours in what it is given."""
        return self.before.stride

    @property
    def times(self) -> int:
        """How many times it shrinks what it is given."""
        return self.layers[-1].stride // self.stride

    def tiles(self, height: int, width: int) -> list[Tile]:
        """Cut (height, width) into tiles of equal size, but for the last ones."""
        return [Tile(top, bottom, left, right) for top, bottom in self._cuts(height) for left, right in self._cuts(width)]

    def outer(self, tile: Tile, height: int, width: int) -> Tile:
        """Return a tile with its margin."""
        unit = ALIGN * self.times
        bottom, right = (_up(end + self.margin, self.times) for end in (tile.bottom, tile.right))
        return Tile(
            max(0, tile.top - self.margin) // unit * unit,
            min(height, bottom),
            max(0, tile.left - self.margin) // unit * unit,
            min(width, right),
        )

    def _cuts(self, length: int) -> list[tuple[int, int]]:
        unit, block = ALIGN * self.times, BLOCK // self.stride
        blocks = self.side >= block and block % unit == 0
        count = math.ceil(length / max(self.side, unit))
        side = _up(math.ceil(length / count), block if blocks else unit)
        # A last tile of less than a unit would be nothing at all in the deepest layer, and for a small one libraries may add up in another
        # order than for large ones: the tile before takes it in.
        begins = range(0, max(length - (block // 2 if blocks else unit) + 1, 1), side)
        return list(pairwise([*begins, length]))


@dataclass(frozen=True)
class Tile:
    """A rectangle of positions, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, x: Tensor) -> Tensor:
        """Return that part of (B, C, H, W)."""
        return x[..., self.top : self.bottom, self.left : self.right]

    def within(self, outer: Tile) -> Tile:
        """Return where it is in another that contains it."""
        return Tile(self.top - outer.top, self.bottom - outer.top, self.left - outer.left, self.right - outer.left)


@dataclass(frozen=True)
class Layout:
    """How a network is cut.

    Attributes:
        cuts: pooling → side of a tile in pixels of the picture, for the layers up to it, shallow to deep; ``rest`` for those behind the
            last. What is not named is computed all at once.

    Example:
        >>> parse_layout("pool2=512,rest=1024").cuts
        {'pool2': 512, 'rest': 1024}
    """

    cuts: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return ",".join(f"{name}={side}" for name, side in self.cuts.items()) or "whole"

    def checked(self, card: Card) -> Layout:
        """Return it if a network has all the poolings it names.

        Raises:
            UnknownNameError: For one it has not, with the closest match.
        """
        for name in self.cuts:
            if name != REST:
                card.layer(name, "tile layer")
        return self

    def parts(self, backbone: Backbone, wanted: frozenset[str]) -> list[Part]:
        """Cut what is needed of a network."""
        card, needed = backbone.card, backbone.card.up_to(wanted)
        parts: list[Part] = []
        begin = 0
        for name, side in [*self.cuts.items(), (REST, 0)]:
            end = len(needed) if name == REST else min(card.names.index(name) + 1, len(needed))
            if end > begin:
                before = needed[begin - 1] if begin else PICTURE
                parts.append(Part(before, needed[begin:end], side // before.stride, _margin(backbone, before, needed[begin:end])))
                begin = end
        return parts


def _margin(backbone: Backbone, before: Layer, layers: Sequence[Layer]) -> int:
    """Go from the last layer back to what the first is given; tiles begin and end where poolings and grains do."""
    margin = 0
    for shallow, deep in reversed(list(pairwise([before, *layers]))):
        reach = (deep.receptive_field - shallow.receptive_field) // 2 // shallow.stride
        margin = _up(margin, backbone.grain(deep.name)) * (deep.stride // shallow.stride) + reach
    return margin


WHOLE = Layout()


def parse_layout(text: str) -> Layout:
    """Read what ``str(layout)`` wrote: ``whole``, or ``pool2=512,pool3=1024,rest=2048``.

    Raises:
        OptionError: For anything else.
    """
    if text == "whole":
        return WHOLE
    try:
        cuts = {name: int(side) for name, side in (entry.split("=") for entry in text.split(","))}
    except ValueError:
        cuts = {}
    poolings = sorted(name for name in cuts if name != REST)
    if (
        not cuts
        or min(cuts.values()) < 1
        or list(cuts) != poolings + [REST] * (REST in cuts)
        or not all(name.startswith("pool") for name in poolings)
    ):
        raise OptionError(f"Tiles are given as whole, or pool2=512,pool3=1024,rest=2048 (sides in pixels), not '{text}'.")
    return Layout(cuts)


def observe(
    backbone: Backbone, pixels: Tensor, layers: frozenset[str], reduce: Reduce, layout: Layout = WHOLE, share: Share | None = None
) -> dict[Any, Tensor]:
    """Look at a picture, and reduce what is seen at some layers.

    Args:
        backbone: The eye.
        pixels: (B, 3, H, W), in its pixel units.
        layers: Those to be reduced.
        reduce: Whose results are sums over windows.
        layout: How to cut the network.
        share: Of the tiles; without, all are looked at here.

    Returns:
        What ``reduce`` returned, its mean over the positions of the layer; gradients flow to ``pixels``.
    """
    x = backbone.fed(pixels)
    found: dict[Any, Tensor] = {}
    parts = layout.parts(backbone, layers)
    for part in parts:
        # The last one hands nothing on.
        look = _Look(backbone, part, layers, reduce, share or Alone(), (x.shape[-2], x.shape[-1]), passes=part is not parts[-1])
        if part.side:
            results = _Tiled.apply(x, look)  # type: ignore[no-untyped-call]
            values, after = dict(zip(look.keys, results, strict=False)), results[len(look.keys) :]
        else:
            values, rest = look(x, look.everything)
            after = (rest,) if look.passes else ()
        found.update({key: value / look.positions[key] for key, value in values.items()})
        x = after[0] if after else x
    return found


@dataclass
class _Look:
    """A part of a network, looked through for the sake of some layers."""

    backbone: Backbone
    part: Part
    layers: frozenset[str]
    reduce: Reduce
    share: Share
    size: tuple[int, int]
    passes: bool
    keys: list[Any] = field(default_factory=list)
    positions: dict[Any, int] = field(default_factory=dict)

    @property
    def everything(self) -> Tile:
        return Tile(0, self.size[0], 0, self.size[1])

    @property
    def tiles(self) -> Sequence[Tile]:
        return self.share.mine(self.part.tiles(*self.size))

    def outer(self, tile: Tile) -> Tile:
        return self.part.outer(tile, *self.size)

    def __call__(self, x: Tensor, tile: Tile) -> tuple[dict[Any, Tensor], Tensor]:
        """Look at a tile with its margin; return the reduced layers, and what the last layer answers for the tile itself."""
        last = self.part.layers[-1]
        wanted = self.layers | ({last.name} if self.passes else frozenset())
        strides = {layer.name: layer.stride // self.part.stride for layer in self.part.layers}
        found: dict[Any, Tensor] = {}
        answer = x
        for name, seen in self.backbone.through(self.part.layers, x, wanted):
            window = self.window(tile, strides[name])
            answer = _inside(seen, window, self.outer(tile), strides[name])
            if name in self.layers:
                parts = self.reduce(name, answer, window)
                found.update(parts)
                self.positions.update(dict.fromkeys(parts, math.prod(window.whole)))
        return found, answer

    def window(self, tile: Tile, times: int) -> Window:
        """Return where a tile is in a layer with so many times the stride."""
        height, width = (self.backbone.shrunk(length, times) for length in self.size)
        top, left = tile.top // times, tile.left // times
        bottom = height if tile.bottom == self.size[0] else tile.bottom // times
        right = width if tile.right == self.size[1] else tile.right // times
        return Window(top, left, bottom - top, right - left, (height, width), self.part.stride * times)


def _inside(seen: Tensor, window: Window, outer: Tile, times: int) -> Tensor:
    """Cut the margin off."""
    top, left = window.top - outer.top // times, window.left - outer.left // times
    return seen[..., top : top + window.height, left : left + window.width]


class _Tiled(torch.autograd.Function):
    """A part of a network, tile by tile, in either direction: (x) → (sums …, what goes to the next part)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, look: _Look) -> tuple[Tensor, ...]:
        ctx.save_for_backward(x)
        ctx.look = look
        sums: dict[Any, Tensor] = {}
        whole: Tensor | None = None
        for tile in look.tiles:
            found, answer = look(look.outer(tile).of(x), tile)
            sums = {key: sums[key] + value for key, value in found.items()} if sums else found
            if look.passes:
                window = look.window(tile, look.part.times)
                whole = _blank(answer, window) if whole is None else whole
                whole[..., window.rows, window.columns] = answer
        look.keys.extend(sums)
        return tuple(look.share.summed(each) for each in (*sums.values(), *([] if whole is None else [whole])))

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        look: _Look = ctx.look
        back = torch.zeros_like(x)
        count = len(look.keys)
        for tile in look.tiles:
            # All that depends on the tile, and all that depends on.
            near = look.outer(tile)
            outer = look.outer(near)
            with torch.enable_grad():
                leaf = outer.of(x).detach().requires_grad_()
                found, answer = look(leaf, near)
            results, given = list(found.values()), list(slopes[:count])
            if look.passes:
                window = look.window(near, look.part.times)
                results, given = [*results, answer], [*given, slopes[count][..., window.rows, window.columns]]
            (slope,) = torch.autograd.grad(results, leaf, given)
            tile.of(back).copy_(tile.within(outer).of(slope))
        return look.share.summed(back), None


def _blank(answer: Tensor, window: Window) -> Tensor:
    """Return zeros for the whole layer of which a window was seen."""
    shape = (*answer.shape[:2], *window.whole)
    return torch.zeros(shape, dtype=answer.dtype, device=answer.device).contiguous(memory_format=torch.channels_last)


def _up(length: int, unit: int) -> int:
    return math.ceil(length / unit) * unit
