"""Large images in tiles, to the same result but for rounding.

A tile, with a margin as wide as the network's receptive field, gives that part of the result, except for normalizations: these need mean
and variance of the whole image. So all tiles are run once for each normalization: up to the first, to measure its input; then, with that
known, up to the second; and once more to the end. An any-style network has one such operation, a one-style network eleven or more, early
passes being the costly ones: tiles save memory, not time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from pincel.errors import MemoryLimitError
from pincel.feedforward.network import Network
from pincel.feedforward.operations import ChannelStatistics, OpRun, instance_norm, run_ops, run_to_end
from pincel.feedforward.stages import GLOBAL_KINDS, Op, output_stride
from pincel.feedforward.transforms import Covariance, StyleTarget
from pincel.files import one_line

# Sides of tiles that are tried, in pixels; with smaller ones nearly all would be margin.
SIDES = (4096, 2048, 1024, 512, 256, 128)
# Memory of convolutions beside feature maps: the peaks of the recipes' networks were 1.04 to 1.17 times the maps.
WORKSPACE_FACTOR = 1.25
# Called with how many tiles are done, and of how many, all passes counted.
TileCallback: TypeAlias = Callable[[int, int], None]
Statistics: TypeAlias = ChannelStatistics | Covariance


def no_progress(_done: int, _total: int) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class TileSpan:
    """A tile along one side, in pixels.

    Attributes:
        begin: First pixel of its own.
        end: One behind its last.
        padded_begin: First pixel of the padded image that it is computed from.
        padded_end: One behind the last.
        last: Whether it reaches the end.
    """

    begin: int
    end: int
    padded_begin: int
    padded_end: int
    last: bool

    def own(self, length: int, stride: int) -> slice:
        """Return its own positions in a layer of so many, ``stride`` pixels apart; the last tile has all to the end."""
        first = (self.begin - self.padded_begin) // stride
        return slice(first, length if self.last else (self.end - self.padded_begin) // stride)


def tile_spans(length: int, side: int, network: Network) -> list[TileSpan]:
    """Divide a side of an image.

    Args:
        length: Of the side.
        side: Of a tile, a multiple of the network's coarsest stride.
        network: For its margin and initial padding.
    """
    margin, padding = network.tile_geometry.margin, 2 * network.initial_padding
    spans = []
    for begin in range(0, length, side):
        end = min(begin + side, length)
        last = end == length
        stop = length + padding if last else min(length + padding, end + padding + margin)
        spans.append(TileSpan(begin, end, max(0, begin - margin), stop, last))
    return spans


def stylize_pixels(
    network: Network, pixels: Tensor, target: StyleTarget | None, strength: float, side: int, on_tile: TileCallback = no_progress
) -> Tensor:
    """Stylize an image.

    Args:
        network: The network.
        pixels: (1, 3, H, W) in [0, 1].
        target: What an any-style network gives its features; None for a one-style network.
        strength: How far the features are moved there, 0 to 2.
        side: Of a tile; 0 for the image as a whole.
        on_tile: Called after each tile.

    Returns:
        The same shape, in [0, 1].
    """
    with torch.no_grad():
        if side:
            return _TiledStylizer(network, pixels, target, strength, side, on_tile).stylize()
        height, width = pixels.shape[-2:]
        run = run_ops(network.ops, network.preprocess(pixels), network.weights)
        out = run_to_end(run, lambda op, x: _apply_global(op, x, _measured(op, x), network, target, strength))
        return _to_unit(network, out)[..., :height, :width].contiguous()


def _apply_global(op: Op, x: Tensor, statistics: Statistics, network: Network, target: StyleTarget | None, strength: float) -> Tensor:
    if isinstance(statistics, ChannelStatistics):
        return instance_norm(op, x, statistics, network.weights)
    assert target is not None
    return network.transform.apply(x, statistics, target, strength)


def _measured(op: Op, x: Tensor) -> Statistics:
    return ChannelStatistics.of(x) if op.kind == "norm" else Covariance.of(x)


def _to_unit(network: Network, out: Tensor) -> Tensor:
    return (network.to_levels(out) / 255).clamp_(0, 1)


class _RunningStatistics:
    """Statistics of features that come in parts. Summed in float64 where the device has it, about the mean of the first part.

    Args:
        together: Whether of all pairs of channels, or of each channel by itself.
    """

    def __init__(self, *, together: bool) -> None:
        self.together, self.count = together, 0
        self.about: Tensor | None = None
        self.first = self.second = torch.zeros(())

    def add(self, x: Tensor) -> None:
        dtype = torch.float32 if x.device.type == "mps" else torch.float64
        points = x.flatten(2)[0].to(dtype)
        if self.about is None:
            self.about = points.mean(1)
        off = points - self.about[:, None]
        self.first = self.first.to(x.device) + off.sum(1)
        self.second = self.second.to(x.device) + (off @ off.T if self.together else off.square().sum(1))
        self.count += points.shape[1]

    def result(self) -> Statistics:
        assert self.about is not None
        offset = self.first / self.count
        mean, second = (self.about + offset).float(), self.second / self.count
        if self.together:
            return Covariance(mean, (second - torch.outer(offset, offset)).float())
        variance = (second - offset.square()).clamp_min(0).float()
        return ChannelStatistics(mean.view(1, -1, 1, 1), variance.view(1, -1, 1, 1))


class _TiledStylizer:
    def __init__(
        self, network: Network, pixels: Tensor, target: StyleTarget | None, strength: float, side: int, on_tile: TileCallback
    ) -> None:
        self.network, self.pixels, self.target, self.strength, self.on_tile = network, pixels, target, strength, on_tile
        rows, columns = (tile_spans(length, side, network) for length in pixels.shape[-2:])
        self.tiles = [(row, column) for row in rows for column in columns]
        padding = network.initial_padding
        # Three channels are mirrored as a whole, so that a tile at the border has the same input as in the whole image.
        self.padded = torch.nn.functional.pad(pixels, (padding,) * 4, mode="reflect") if padding else pixels
        self.ops = network.ops[1:] if padding else network.ops
        self.statistics: dict[str, Statistics] = {}

    def stylize(self) -> Tensor:
        strides = self._global_strides()
        total, done = len(self.tiles) * (len(strides) + 1), 0
        for op, stride in strides.items():
            sums = _RunningStatistics(together=op.kind == "adapt")
            for tile in self.tiles:
                self._measure(tile, op.name, stride, sums)
                self.on_tile(done := done + 1, total)
            self.statistics[op.name] = sums.result()
        out = torch.empty_like(self.pixels)
        for row, column in self.tiles:
            result = run_to_end(self._start((row, column)), self._apply)
            rows, columns = (slice(span.begin - span.padded_begin, span.end - span.padded_begin) for span in (row, column))
            out[..., row.begin : row.end, column.begin : column.end] = _to_unit(self.network, result[..., rows, columns])
            self.on_tile(done := done + 1, total)
        return out

    def _global_strides(self) -> dict[Op, int]:
        """Return the operations that need the whole image, with the stride of their positions in pixels."""
        stride, strides = 1, {}
        for op in self.ops:
            stride = output_stride(op, stride)
            if op.kind in GLOBAL_KINDS:
                strides[op] = stride
        return strides

    def _start(self, tile: tuple[TileSpan, TileSpan]) -> OpRun:
        rows, columns = (slice(span.padded_begin, span.padded_end) for span in tile)
        return run_ops(self.ops, self.network.preprocess(self.padded[..., rows, columns]), self.network.weights)

    def _apply(self, op: Op, x: Tensor) -> Tensor:
        return _apply_global(op, x, self.statistics[op.name], self.network, self.target, self.strength)

    def _measure(self, tile: tuple[TileSpan, TileSpan], name: str, stride: int, sums: _RunningStatistics) -> None:
        """Run up to a normalization, and add up the tile's own part of its input."""
        run = self._start(tile)
        op, x = next(run)
        while op.name != name:
            op, x = run.send(self._apply(op, x))
        run.close()
        rows, columns = (span.own(length, stride) for span, length in zip(tile, x.shape[-2:], strict=True))
        sums.add(x[..., rows, columns])


def estimate_memory(network: Network, height: int, width: int) -> int:
    """Return the bytes of stylizing so many pixels, beside the image: the two maps of the largest operation and saved ones."""
    padding = 2 * network.initial_padding
    area, stride, saved, most = float((height + padding) * (width + padding)), 1, 0.0, 0.0
    for op in network.ops:
        before = op.before * area / stride**2
        stride = output_stride(op, stride)
        after = op.after * area / stride**2
        saved += after if op.kind == "keep" else -after if op.kind == "add" else 0.0
        # A normalization has its input, the product and the sum; a padding its output in two memory formats.
        most = max(most, saved + before + after * (2 if op.kind in (*GLOBAL_KINDS, "pad") else 1))
    return int(4 * most * WORKSPACE_FACTOR)


def choose_side(network: Network, height: int, width: int, budget: int) -> int:
    """Return the side of the tiles that fit into a memory of so many bytes: 0 for the whole image if it fits.

    Raises:
        MemoryLimitError: If not even small tiles fit.
    """
    images = 4 * 3 * height * width * 3
    if estimate_memory(network, height, width) + images <= budget:
        return 0
    margin = network.tile_geometry.margin
    for side in (side for side in SIDES if side < max(height, width)):
        padded = side + 2 * (margin + network.initial_padding)
        if estimate_memory(network, padded, padded) + images <= budget:
            return side
    least = estimate_memory(network, SIDES[-1] + 2 * margin, SIDES[-1] + 2 * margin) + images
    failed, given = "memory: too little to paint with, even in tiles", f"{budget / 1e9:.2g} GB for {width}×{height} pixels"
    raise MemoryLimitError(one_line(failed, given, f"{least / 1e9:.2g} GB or more", "a smaller --size"))
