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

Where several processes share one picture, each keeps what it computed of its own tiles, and nothing is computed twice. Tiles then have no
more margin than their results depend on, and slopes in overlapping margins add up: quicker, and the same but for rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.backbones.cards import Card, Layer
from pincel.errors import OptionError
from pincel.types import BLOCK, Window

# Tiles begin at multiples of this in every layer: where Winograd's own tiles begin, so that they round as they do in the whole picture.
ALIGN = 4
REST = "rest"
# Words behind the cuts of a layout, in this order.
TIGHT, KEEP = "tight", "keep"
# What the first layer is given, as if it were one.
PICTURE = Layer("picture", "picture", 3, 1, 1)

# What is reduced: (layer, features, window) → numbers by name, each a part of a sum over the positions of the layer.
Reduce: TypeAlias = Callable[[str, Tensor, Window], Mapping[Any, Tensor]]
# How a part is cut: the side of its square tiles, or how many tiles (down, across); 0 for not at all.
Cut: TypeAlias = int | tuple[int, int]


class Share(Protocol):
    """Whose work a tile is."""

    def show(self, pixels: Tensor) -> None:
        """Let the others know that this picture is about to be looked at, and whether for its slopes (``requires_grad``)."""

    def mine(self, everything: Sequence[Tile]) -> Sequence[Tile]:
        """Return what this process does."""

    def summed(self, part: Tensor) -> Tensor:
        """Return the sum over all processes; ``part`` may be overwritten."""


class Alone:
    """All of it is done here."""

    def show(self, pixels: Tensor) -> None:
        """There is nobody to show it to."""

    def mine(self, everything: Sequence[Tile]) -> Sequence[Tile]:
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
        side: Of a tile, in positions of what it is given; 0 where that is not what it is cut by.
        margin: Positions around a tile that its results depend on; to the last bit, unless the layout is tight.
        grid: How many tiles (down, across); None where that is not what it is cut by.
        align: Tiles begin at multiples of this in every layer.
    """

    before: Layer
    layers: tuple[Layer, ...]
    side: int
    margin: int
    grid: tuple[int, int] | None = None
    align: int = ALIGN

    @property
    def tiled(self) -> bool:
        """Whether it is cut at all."""
        return bool(self.side or self.grid)

    @property
    def stride(self) -> int:
        """Input pixels between neighbours in what it is given."""
        return self.before.stride

    @property
    def times(self) -> int:
        """How many times it shrinks what it is given."""
        return self.layers[-1].stride // self.stride

    @property
    def unit(self) -> int:
        """Tiles begin at multiples of this, in positions of what it is given."""
        return self.align * self.times

    def tiles(self, height: int, width: int) -> list[Tile]:
        """Cut (height, width) into tiles of equal size, as nearly as they can begin where they should."""
        down, across = (
            (self._spread(n, of) for n, of in zip((height, width), self.grid, strict=True))
            if self.grid
            else (self._cuts(height), self._cuts(width))
        )
        return [Tile(top, bottom, left, right) for top, bottom in down for left, right in across]

    def outer(self, tile: Tile, height: int, width: int) -> Tile:
        """Return a tile with its margin."""
        unit = self.unit
        bottom, right = (_up(end + self.margin, self.times) for end in (tile.bottom, tile.right))
        return Tile(
            max(0, tile.top - self.margin) // unit * unit,
            min(height, bottom),
            max(0, tile.left - self.margin) // unit * unit,
            min(width, right),
        )

    def _cuts(self, length: int) -> list[tuple[int, int]]:
        unit, block = self.unit, BLOCK // self.stride
        blocks = self.side >= block and block % unit == 0
        count = math.ceil(length / max(self.side, unit))
        side = _up(math.ceil(length / count), block if blocks else unit)
        # A last tile of less than a unit would be nothing at all in the deepest layer, and for a small one libraries may add up in another
        # order than for large ones: the tile before takes it in.
        begins = range(0, max(length - (block // 2 if blocks else unit) + 1, 1), side)
        return list(pairwise([*begins, length]))

    def _spread(self, length: int, count: int) -> list[tuple[int, int]]:
        """Cut a side into so many, or as many as there are units; the last takes in what is no whole unit."""
        units = max(length // self.unit, 1)
        count = min(count, units)
        return list(pairwise([*(round(index * units / count) * self.unit for index in range(count)), length]))


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

    @property
    def area(self) -> int:
        """Number of positions."""
        return (self.bottom - self.top) * (self.right - self.left)


@dataclass(frozen=True)
class Layout:
    """How a network is cut.

    Attributes:
        cuts: pooling → side of a tile in pixels of the picture, or how many tiles (down, across), for the layers up to it, shallow to
            deep; ``rest`` for those behind the last. What is not named is computed all at once.
        tight: Tiles begin at any position, with no more margin than their results depend on. Convolutions that compute squares of positions
            together (Winograd) then round as they do for a picture of another size, and slopes in margins are added up in another order.
        keep: What was computed of a tile is kept for the way back, and not computed again: more memory, less time. Slopes in margins are
            added up likewise.

    Example:
        >>> parse_layout("pool2=512,rest=1024").cuts
        {'pool2': 512, 'rest': 1024}
        >>> parse_layout("pool2=3x2,keep")
        Layout(cuts={'pool2': (3, 2)}, tight=False, keep=True)
    """

    cuts: Mapping[str, Cut] = field(default_factory=dict)
    tight: bool = False
    keep: bool = False

    def __str__(self) -> str:
        cuts = [f"{name}={cut if isinstance(cut, int) else f'{cut[0]}x{cut[1]}'}" for name, cut in self.cuts.items()]
        return ",".join([*cuts, *[TIGHT] * self.tight, *[KEEP] * self.keep]) if cuts else "whole"

    @property
    def exact(self) -> bool:
        """Whether the result is that of the whole to the last bit, if tiles are not smaller than a block."""
        return not (self.tight or self.keep)

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
        for name, cut in [*self.cuts.items(), (REST, 0)]:
            end = len(needed) if name == REST else min(card.names.index(name) + 1, len(needed))
            if end > begin:
                before = needed[begin - 1] if begin else PICTURE
                parts.append(self._part(backbone, before, needed[begin:end], cut))
                begin = end
        return parts

    def _part(self, backbone: Backbone, before: Layer, layers: tuple[Layer, ...], cut: Cut) -> Part:
        align = 1 if self.tight else ALIGN
        # Of a grid of one tile, the picture is the whole margin.
        grid = None if isinstance(cut, int) or cut == (1, 1) else cut
        return Part(
            before, layers, cut // before.stride if isinstance(cut, int) else 0, _margin(backbone, before, layers, align), grid, align
        )

    def tiled(self, backbone: Backbone, wanted: frozenset[str]) -> frozenset[str]:
        """Return the layers that are seen in tiles where some are wanted."""
        return frozenset(layer.name for part in self.parts(backbone, wanted) if part.tiled for layer in part.layers)


def _margin(backbone: Backbone, before: Layer, layers: Sequence[Layer], align: int) -> int:
    """Go from the last layer back to what the first is given; tiles begin and end where poolings and grains up to ``align`` do."""
    margin = 0
    for shallow, deep in reversed(list(pairwise([before, *layers]))):
        reach = (deep.receptive_field - shallow.receptive_field) // 2 // shallow.stride
        margin = _up(margin, min(backbone.grain(deep.name), align)) * (deep.stride // shallow.stride) + reach
    return margin


WHOLE = Layout()


def parse_layout(text: str) -> Layout:
    """Read what ``str(layout)`` wrote: ``whole``, ``pool2=512,pool3=1024,rest=2048``, or ``pool2=2x1,rest=2x1,tight,keep``.

    Raises:
        OptionError: For anything else.
    """
    if text == "whole":
        return WHOLE
    entries = text.split(",")
    keep = entries[-1] == KEEP
    entries = entries[: len(entries) - keep]
    tight = entries[-1:] == [TIGHT]
    entries = entries[: len(entries) - tight]
    try:
        cuts = {name: _cut(how) for name, how in (entry.split("=") for entry in entries)}
    except ValueError:
        cuts = {}
    poolings = sorted(name for name in cuts if name != REST)
    if not cuts or list(cuts) != poolings + [REST] * (REST in cuts) or not all(name.startswith("pool") for name in poolings):
        raise OptionError(
            "Tiles are given as whole, or pool2=512,pool3=1024,rest=2048 (sides in pixels), or pool2=2x3,rest=2x3,tight,keep "
            f"(tiles down and across), not '{text}'."
        )
    return Layout(cuts, tight, keep)


def _cut(text: str) -> Cut:
    """Read a side or a number of tiles; raises ValueError."""
    if "x" not in text:
        return _count(text)
    down, across = text.split("x")
    return _count(down), _count(across)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(text)
    return int(text)


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
        passes, keeps = part is not parts[-1], layout.keep and torch.is_grad_enabled() and x.requires_grad
        look = _Look(backbone, part, layers, reduce, share or Alone(), (x.shape[-2], x.shape[-1]), passes, keeps, layout.exact)
        if part.tiled:
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
    keeps: bool
    exact: bool
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

    def seen(self, x: Tensor, tile: Tile) -> _Seen:
        """Look at a tile on its own: slopes go back to its leaf and no further."""
        leaf = self.outer(tile).of(x).detach().requires_grad_()
        return _Seen(leaf, *self(leaf, tile))

    def nothing(self, x: Tensor) -> tuple[dict[Any, Tensor], Tensor]:
        """Return zeros in the shapes of what the whole part answers: what a process adds that has no tile."""
        corner = Tile(0, self.part.times, 0, self.part.times).of(x)
        found: dict[Any, Tensor] = {}
        answer = x
        for name, answer in self.backbone.through(self.part.layers, corner, self.wanted):
            if name in self.layers:
                empty = replace(self.window(self.everything, self.times(name)), height=0, width=0)
                found.update(self._reduced(name, answer[..., :0, :0], empty))
        return {key: torch.zeros_like(value) for key, value in found.items()}, self.blank(answer)

    def blank(self, answer: Tensor) -> Tensor:
        """Return zeros for the whole last layer, of which a window was seen."""
        shape = (*answer.shape[:2], *self.window(self.everything, self.part.times).whole)
        return torch.zeros(shape, dtype=answer.dtype, device=answer.device).contiguous(memory_format=torch.channels_last)

    @property
    def wanted(self) -> frozenset[str]:
        return self.layers | ({self.part.layers[-1].name} if self.passes else frozenset())

    def times(self, layer: str) -> int:
        """Return how many times a layer is smaller than what the part is given."""
        return self.backbone.card.layer(layer).stride // self.part.stride

    def __call__(self, x: Tensor, tile: Tile) -> tuple[dict[Any, Tensor], Tensor]:
        """Look at a tile with its margin; return the reduced layers, and what the last layer answers for the tile itself."""
        found: dict[Any, Tensor] = {}
        answer = x
        for name, seen in self.backbone.through(self.part.layers, x, self.wanted):
            window = self.window(tile, self.times(name))
            answer = _inside(seen, window, self.outer(tile), self.times(name))
            if name in self.layers:
                found.update(self._reduced(name, answer, window))
        return found, answer

    def _reduced(self, layer: str, features: Tensor, window: Window) -> Mapping[Any, Tensor]:
        """Reduce a window, and note how many positions the sum will be over."""
        found = self.reduce(layer, features, window)
        self.positions.update(dict.fromkeys(found, math.prod(window.whole)))
        return found

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


@dataclass(frozen=True)
class _Seen:
    """What a tile showed, with the graph that leads back to it."""

    leaf: Tensor
    found: Mapping[Any, Tensor]
    answer: Tensor


class _Tiled(torch.autograd.Function):
    """A part of a network, tile by tile, in either direction: (x) → (sums …, what goes to the next part)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, look: _Look) -> tuple[Tensor, ...]:
        ctx.save_for_backward(x)
        ctx.look, ctx.kept = look, []
        tiles = look.tiles
        sums: dict[Any, Tensor] = {}
        whole: Tensor | None = None
        for tile in tiles:
            with torch.set_grad_enabled(look.keeps):
                seen = look.seen(x, tile)
            if look.keeps:
                ctx.kept.append(seen)
            # The first is copied: sums are written to, and what is kept is not.
            sums = {k: sums[k] + v.detach() if sums else v.detach().clone() for k, v in seen.found.items()}
            if look.passes:
                window = look.window(tile, look.part.times)
                whole = look.blank(seen.answer) if whole is None else whole
                whole[..., window.rows, window.columns] = seen.answer.detach()
        if not tiles:
            sums, blank = look.nothing(x)
            whole = blank if look.passes else None
        look.keys.extend(sums)
        return tuple(look.share.summed(each) for each in (*sums.values(), *([] if whole is None else [whole])))

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        look: _Look = ctx.look
        back = torch.zeros_like(x)
        count = len(look.keys)
        for tile in look.tiles:
            # All that depends on the tile; without it, slopes of what depends on two tiles come from both, and are added.
            near = look.outer(tile) if look.exact else tile
            with torch.enable_grad():
                # What was kept of a tile goes with it.
                seen = ctx.kept.pop(0) if ctx.kept else look.seen(x, near)
            results, given = list(seen.found.values()), list(slopes[:count])
            if look.passes:
                window = look.window(near, look.part.times)
                results, given = [*results, seen.answer], [*given, slopes[count][..., window.rows, window.columns]]
            (slope,) = torch.autograd.grad(results, seen.leaf, given)
            if look.exact:
                tile.of(back).copy_(tile.within(look.outer(near)).of(slope))
            else:
                look.outer(tile).of(back).add_(slope)
        return look.share.summed(back), None


def _up(length: int, unit: int) -> int:
    return math.ceil(length / unit) * unit
