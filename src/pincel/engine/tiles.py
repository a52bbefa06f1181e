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

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.engine.layout import WHOLE, Layout, Part, Tile
from pincel.types import Window

# What is reduced: (layer, features, window) → numbers by name, each a part of a sum over the positions of the layer.
Reduce: TypeAlias = Callable[[str, Tensor, Window], Mapping[Any, Tensor]]
# Is told how many tiles have been looked at, of how many, there and back.
Watch: TypeAlias = Callable[[int, int], None]


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


def unwatched(_done: int, _total: int) -> None:
    """Nobody wants to know."""


def observe(
    backbone: Backbone,
    pixels: Tensor,
    layers: frozenset[str],
    reduce: Reduce,
    layout: Layout = WHOLE,
    share: Share | None = None,
    watch: Watch = unwatched,
) -> dict[Any, Tensor]:
    """Look at a picture, and reduce what is seen at some layers.

    Args:
        backbone: The eye.
        pixels: (B, 3, H, W), in its pixel units.
        layers: Those to be reduced.
        reduce: Whose results are sums over windows.
        layout: How to cut the network.
        share: Of the tiles; without, all are looked at here.
        watch: Is told of each tile looked at here; an error it raises ends the look.

    Returns:
        What ``reduce`` returned, its mean over the positions of the layer; gradients flow to ``pixels``.
    """
    if not backbone.divisible:
        return _observe_whole(backbone, pixels, layers, reduce)
    x = backbone.fed(pixels)
    found: dict[Any, Tensor] = {}
    parts = layout.parts(backbone, layers)
    tick = _ticker(backbone, parts, x, share or Alone(), watch)
    for part in parts:
        # The last one hands nothing on.
        passes, keeps = part is not parts[-1], layout.keep and torch.is_grad_enabled() and x.requires_grad
        look = _Look(backbone, part, layers, reduce, share or Alone(), (x.shape[-2], x.shape[-1]), passes, keeps, layout.exact, tick)
        if part.tiled:
            results = _Tiled.apply(x, look)  # type: ignore[no-untyped-call]
            values, after = dict(zip(look.keys, results, strict=False)), results[len(look.keys) :]
        else:
            values, rest = look(x, look.everything)
            after = (rest,) if look.passes else ()
        found.update({key: value / look.positions[key] for key, value in values.items()})
        x = after[0] if after else x
    return found


def _observe_whole(backbone: Backbone, pixels: Tensor, layers: frozenset[str], reduce: Reduce) -> dict[Any, Tensor]:
    """Look at a picture that cannot be cut; its layers may have any number of positions, or none to speak of, (B, N)."""
    found: dict[Any, Tensor] = {}
    for name, features in backbone.look(pixels, layers):
        height, width = features.shape[-2:] if features.dim() == 4 else (1, 1)
        window = Window(0, 0, height, width, (height, width), backbone.card.layer(name).stride)
        found.update({key: value / (height * width) for key, value in reduce(name, features, window).items()})
    return found


def _ticker(backbone: Backbone, parts: Sequence[Part], x: Tensor, share: Share, watch: Watch) -> Callable[[], None]:
    """Return what to call after each tile."""
    size, total = (x.shape[-2], x.shape[-1]), 0
    for part in parts:
        total += len(share.mine(part.tiles(*size))) if part.tiled else 0
        size = (backbone.shrunk(size[0], part.times), backbone.shrunk(size[1], part.times))
    total *= 2 if torch.is_grad_enabled() and x.requires_grad else 1
    if total:
        watch(0, total)
    done = itertools.count(1)
    return lambda: watch(next(done), total)


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
    tick: Callable[[], None]
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
            look.tick()
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
            look.tick()
        return look.share.summed(back), None
