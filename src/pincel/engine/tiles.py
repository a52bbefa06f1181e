"""A network evaluated tile by tile, with memory for one tile at a time and the result of the whole.

Everything a loss needs of a layer is a sum over positions (:meth:`pincel.losses.base.Loss.statistic`). So the forward pass can compute one
tile after another and discard its features, and the backward pass, when the gradient with respect to those sums is known, can compute each
tile again: Gram matrices, and with them the gradient, are those of the whole picture.

A tile is computed with the margin that its results depend on; in the backward pass with twice that margin, which contains all that depends
on the tile. Tiles begin where blocks of Gram matrices do (:data:`pincel.types.REDUCTION_BLOCK`), and blocks are summed in float64: so the
result is that of the whole picture to the last bit, except for the rare sum that lies halfway between two floats. Tiles smaller than a
block give the same but for rounding.

The network is cut, at poolings, into parts of some layers. What one part passes to the next is stored whole, and small (8 numbers a pixel
after the second pooling, while the layers before it have over 100); so margins need not grow to the 78 pixels of relu5_1's receptive field,
and only the layers with the largest maps, which take little time, are computed twice.

Where several processes share one picture, each keeps the features of its own tiles, and nothing is computed twice. Tiles then have no more
margin than their results depend on, and gradients in overlapping margins are summed: faster, and the same but for rounding.
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

# (layer, features, window) → numbers by name, each a part of a sum over the positions of the layer.
Reduce: TypeAlias = Callable[[str, Tensor, Window], Mapping[Any, Tensor]]
# Called with the number of tiles computed, forward and backward, and of all tiles.
Progress: TypeAlias = Callable[[int, int], None]


class WorkPartition(Protocol):
    """Assigns tiles to processes."""

    def send_image(self, pixels: Tensor) -> None:
        """Let the other processes evaluate this picture too, with its gradient if it requires one."""

    def local_tiles(self, tiles: Sequence[Tile]) -> Sequence[Tile]:
        """Return the tiles that this process computes."""

    def all_reduce(self, part: Tensor) -> Tensor:
        """Return the sum over all processes; ``part`` may be overwritten."""


class LocalWork:
    """Assigns all tiles to this process."""

    def send_image(self, pixels: Tensor) -> None:
        """Do nothing: there are no other processes."""

    def local_tiles(self, tiles: Sequence[Tile]) -> Sequence[Tile]:
        """Return all tiles."""
        return tiles

    def all_reduce(self, part: Tensor) -> Tensor:
        """Return ``part``."""
        return part


def no_progress(_done: int, _total: int) -> None:
    """Do nothing."""


def forward_tiled(
    backbone: Backbone,
    pixels: Tensor,
    layers: frozenset[str],
    reduce: Reduce,
    layout: Layout = WHOLE,
    partition: WorkPartition | None = None,
    progress: Progress = no_progress,
) -> dict[Any, Tensor]:
    """Run a network on a picture, and reduce the features of some layers.

    Args:
        backbone: The network.
        pixels: (B, 3, H, W), in its pixel units.
        layers: Those to be reduced.
        reduce: Its results are sums over windows.
        layout: How to cut the network.
        partition: Of the tiles; this process computes all of them when None.
        progress: Called after each tile computed here; an error it raises aborts the pass.

    Returns:
        What ``reduce`` returned, divided by the number of positions of the layer; gradients flow to ``pixels``.
    """
    if not backbone.tileable:
        return _forward_whole(backbone, pixels, layers, reduce)
    x, work = backbone.preprocess(pixels), partition or LocalWork()
    means: dict[Any, Tensor] = {}
    parts = layout.parts(backbone, layers)
    tick = _ticker(backbone, parts, x, work, progress)
    for part in parts:
        # The last part passes nothing on.
        needs_output, keeps_graph = part is not parts[-1], layout.keep and torch.is_grad_enabled() and x.requires_grad
        size = (x.shape[-2], x.shape[-1])
        tiled = _TiledPass(backbone, part, layers, reduce, work, size, needs_output, keeps_graph, layout.exact, tick)
        if part.tiled:
            results = _Tiled.apply(x, tiled)  # type: ignore[no-untyped-call]
            sums, after = dict(zip(tiled.keys, results, strict=False)), results[len(tiled.keys) :]
        else:
            sums, rest = tiled(x, tiled.whole)
            after = (rest,) if tiled.needs_output else ()
        means.update({key: value / tiled.positions[key] for key, value in sums.items()})
        x = after[0] if after else x
    return means


def _forward_whole(backbone: Backbone, pixels: Tensor, layers: frozenset[str], reduce: Reduce) -> dict[Any, Tensor]:
    """Run a network that cannot be cut; its layers may have any number of positions, or none, (B, N)."""
    means: dict[Any, Tensor] = {}
    for name, features in backbone.iter_features(pixels, layers):
        height, width = features.shape[-2:] if features.dim() == 4 else (1, 1)
        window = Window(0, 0, height, width, (height, width), backbone.spec.layer(name).stride)
        means.update({key: value / (height * width) for key, value in reduce(name, features, window).items()})
    return means


def _ticker(backbone: Backbone, parts: Sequence[Part], x: Tensor, partition: WorkPartition, progress: Progress) -> Callable[[], None]:
    """Return a function to call after each tile."""
    size, total = (x.shape[-2], x.shape[-1]), 0
    for part in parts:
        total += len(partition.local_tiles(part.tiles(*size))) if part.tiled else 0
        size = (backbone.output_size(size[0], part.downscale), backbone.output_size(size[1], part.downscale))
    total *= 2 if torch.is_grad_enabled() and x.requires_grad else 1
    if total:
        progress(0, total)
    done = itertools.count(1)
    return lambda: progress(next(done), total)


@dataclass
class _TiledPass:
    """A pass through one part of a network, tile by tile.

    Attributes:
        backbone: The network.
        part: The layers.
        layers: Those to be reduced.
        reduce: Its results are sums over windows.
        partition: Of the tiles.
        size: (height, width) of the part's input.
        needs_output: Whether the output of the last layer is needed.
        keeps_graph: Whether each tile is kept, with its graph, for the backward pass.
        exact: Whether the backward pass uses margins wide enough for the gradient of the whole to the last bit.
        tick: Called after each tile.
        keys: Of the sums, in order.
        positions: Number of positions that each sum is over.
    """

    backbone: Backbone
    part: Part
    layers: frozenset[str]
    reduce: Reduce
    partition: WorkPartition
    size: tuple[int, int]
    needs_output: bool
    keeps_graph: bool
    exact: bool
    tick: Callable[[], None]
    keys: list[Any] = field(default_factory=list)
    positions: dict[Any, int] = field(default_factory=dict)

    @property
    def whole(self) -> Tile:
        return Tile(0, self.size[0], 0, self.size[1])

    @property
    def tiles(self) -> Sequence[Tile]:
        return self.partition.local_tiles(self.part.tiles(*self.size))

    def padded(self, tile: Tile) -> Tile:
        return self.part.padded(tile, *self.size)

    def output(self, x: Tensor, tile: Tile) -> _TileOutput:
        """Compute a tile by itself: gradients go back to its input and no further."""
        leaf = self.padded(tile).of(x).detach().requires_grad_()
        return _TileOutput(leaf, *self(leaf, tile))

    def zeros(self, x: Tensor) -> tuple[dict[Any, Tensor], Tensor]:
        """Return zeros in the shapes of sums and output: what a process without tiles adds."""
        corner = Tile(0, self.part.downscale, 0, self.part.downscale).of(x)
        sums: dict[Any, Tensor] = {}
        output = x
        for name, output in self.backbone.forward_layers(self.part.layers, corner, self.yielded_layers):
            if name in self.layers:
                empty = replace(self.window(self.whole, self.downscale(name)), height=0, width=0)
                sums.update(self._reduced(name, output[..., :0, :0], empty))
        return {key: torch.zeros_like(value) for key, value in sums.items()}, self.blank(output)

    def blank(self, output: Tensor) -> Tensor:
        """Return zeros in the shape of the whole last layer, given the output for a window of it."""
        shape = (*output.shape[:2], *self.window(self.whole, self.part.downscale).full_size)
        return torch.zeros(shape, dtype=output.dtype, device=output.device).contiguous(memory_format=torch.channels_last)

    @property
    def yielded_layers(self) -> frozenset[str]:
        return self.layers | ({self.part.layers[-1].name} if self.needs_output else frozenset())

    def downscale(self, layer: str) -> int:
        """Return how many times smaller a layer is than the input of the part."""
        return self.backbone.spec.layer(layer).stride // self.part.stride

    def __call__(self, x: Tensor, tile: Tile) -> tuple[dict[Any, Tensor], Tensor]:
        """Compute a tile with its margin; return the reduced layers, and the output of the last layer for the tile without margin."""
        sums: dict[Any, Tensor] = {}
        output = x
        for name, features in self.backbone.forward_layers(self.part.layers, x, self.yielded_layers):
            window = self.window(tile, self.downscale(name))
            output = _without_margin(features, window, self.padded(tile), self.downscale(name))
            if name in self.layers:
                sums.update(self._reduced(name, output, window))
        return sums, output

    def _reduced(self, layer: str, features: Tensor, window: Window) -> Mapping[Any, Tensor]:
        """Reduce a window, and record how many positions the sum is over."""
        sums = self.reduce(layer, features, window)
        self.positions.update(dict.fromkeys(sums, math.prod(window.full_size)))
        return sums

    def window(self, tile: Tile, downscale: int) -> Window:
        """Return where a tile is in a layer of ``downscale`` times the stride."""
        height, width = (self.backbone.output_size(length, downscale) for length in self.size)
        top, left = tile.top // downscale, tile.left // downscale
        bottom = height if tile.bottom == self.size[0] else tile.bottom // downscale
        right = width if tile.right == self.size[1] else tile.right // downscale
        return Window(top, left, bottom - top, right - left, (height, width), self.part.stride * downscale)


def _without_margin(features: Tensor, window: Window, padded: Tile, downscale: int) -> Tensor:
    """Return the features of a window, given those of a padded tile."""
    top, left = window.top - padded.top // downscale, window.left - padded.left // downscale
    return features[..., top : top + window.height, left : left + window.width]


@dataclass(frozen=True)
class _TileOutput:
    """What a tile gave, with the graph back to its input.

    Attributes:
        leaf: The input, margin included.
        sums: The reduced layers.
        output: Of the last layer.
    """

    leaf: Tensor
    sums: Mapping[Any, Tensor]
    output: Tensor


class _Tiled(torch.autograd.Function):
    """A part of a network, tile by tile, forward and backward: x → (sums …, input of the next part)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, tiled: _TiledPass) -> tuple[Tensor, ...]:
        ctx.save_for_backward(x)
        ctx.tiled, ctx.kept = tiled, []
        tiles = tiled.tiles
        sums: dict[Any, Tensor] = {}
        whole: Tensor | None = None
        for tile in tiles:
            with torch.set_grad_enabled(tiled.keeps_graph):
                result = tiled.output(x, tile)
            if tiled.keeps_graph:
                ctx.kept.append(result)
            # The first is copied: sums are written to, and what is kept is not.
            sums = {k: sums[k] + v.detach() if sums else v.detach().clone() for k, v in result.sums.items()}
            if tiled.needs_output:
                window = tiled.window(tile, tiled.part.downscale)
                whole = tiled.blank(result.output) if whole is None else whole
                whole[..., window.rows, window.columns] = result.output.detach()
            tiled.tick()
        if not tiles:
            sums, blank = tiled.zeros(x)
            whole = blank if tiled.needs_output else None
        tiled.keys.extend(sums)
        return tuple(tiled.partition.all_reduce(each) for each in (*sums.values(), *([] if whole is None else [whole])))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        tiled: _TiledPass = ctx.tiled
        x_grad = torch.zeros_like(x)
        count = len(tiled.keys)
        for tile in tiled.tiles:
            # With its margin, all that depends on the tile is computed; without, gradients in overlapping margins are summed.
            region = tiled.padded(tile) if tiled.exact else tile
            with torch.enable_grad():
                # What was kept of a tile is freed with it.
                result = ctx.kept.pop(0) if ctx.kept else tiled.output(x, region)
            outputs, output_grads = list(result.sums.values()), list(grads[:count])
            if tiled.needs_output:
                window = tiled.window(region, tiled.part.downscale)
                outputs, output_grads = [*outputs, result.output], [*output_grads, grads[count][..., window.rows, window.columns]]
            (grad,) = torch.autograd.grad(outputs, result.leaf, output_grads)
            if tiled.exact:
                tile.of(x_grad).copy_(tile.within(tiled.padded(region)).of(grad))
            else:
                tiled.padded(tile).of(x_grad).add_(grad)
            tiled.tick()
        return tiled.partition.all_reduce(x_grad), None
