"""Large pictures a tile at a time, to the same picture but for rounding.

A part of a picture, with a margin as wide as the network sees, gives that part of the result, but for normalizations: these need mean and
spread of the whole. So the tiles are gone through once for each: as far as the first normalization, to measure; then, that known, as far as
the second; and once more to paint. An any-style network has one such place, a one-style network eleven or more, early passes being dear
ones: tiles save memory, not time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.errors import MemoryLimitError
from pincel.feedforward.network import Network
from pincel.feedforward.run import Spread, Steps, adapted, finished, normalized, run
from pincel.feedforward.stages import GLOBAL, Op, stepped
from pincel.files import one_line

# Where nothing smaller pays: the margin would be most of it.
SMALLEST = 128
# Beside feature maps, what convolutions borrow: the peaks of the recipes' networks were 1.04 to 1.17 times the maps.
SPARE = 1.25
Tell = Callable[[int, int], None]


def untold(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Window:
    """A tile along one side.

    Attributes:
        begin: First pixel of its own.
        end: One behind its last.
        seen: First pixel of the padded picture that it is shown.
        stop: One behind the last.
        last: Whether it reaches the end.
    """

    begin: int
    end: int
    seen: int
    stop: int
    last: bool

    def own(self, length: int, jump: int) -> slice:
        """Return its own positions among those of a layer it was shown, pixels ``jump`` apart; the last tile has all to the end."""
        first = (self.begin - self.seen) // jump
        return slice(first, length if self.last else (self.end - self.seen) // jump)


def windows(length: int, side: int, network: Network) -> list[Window]:
    """Cut a side of a picture.

    Args:
        length: Of the side.
        side: Of a tile, a multiple of the network's coarsest jump.
        network: For its margin, and the padding at the start.
    """
    margin, padded = network.reach.margin, length + 2 * network.start
    found = []
    for begin in range(0, length, side):
        end = min(begin + side, length)
        last = end == length
        stop = padded if last else min(padded, end + 2 * network.start + margin)
        found.append(Window(begin, end, max(0, begin - margin), stop, last))
    return found


def painted(network: Network, pixels: Tensor, target: Spread | None, strength: float, side: int, tell: Tell = untold) -> Tensor:
    """Paint a picture.

    Args:
        network: It.
        pixels: (1, 3, H, W) in [0, 1].
        target: What an any-style network gives its features; None for a one-style network.
        strength: How far it goes there, 0 to 1.
        side: Of a tile; 0 for the picture as a whole.
        tell: Told how many tiles of how many are done, all passes counted.

    Returns:
        The same shape, in [0, 1].
    """
    with torch.no_grad():
        if not side:
            return _whole(network, pixels, target, strength)
        return _Tiled(network, pixels, target, strength, side, tell).painted()


def _whole(network: Network, pixels: Tensor, target: Spread | None, strength: float) -> Tensor:
    def answer(op: Op, x: Tensor) -> Tensor:
        return _answered(op, x, Spread.of(x), network, target, strength)

    height, width = pixels.shape[-2:]
    out = finished(run(network.ops, network.fed(pixels), network.weights), answer)
    return _unit(network, out)[..., :height, :width].contiguous()


def _answered(op: Op, x: Tensor, spread: Spread, network: Network, target: Spread | None, strength: float) -> Tensor:
    if op.kind == "norm" or target is None:
        return normalized(op, x, spread, network.weights)
    return adapted(x, spread, spread.towards(target, strength))


def _unit(network: Network, out: Tensor) -> Tensor:
    return (network.levels(out) / 255).clamp_(0, 1)


class _Sum:
    """Mean and variance of what comes in parts. Added up in float64 where the device has it, about the mean of the first part."""

    def __init__(self) -> None:
        self.count = 0
        self.about: Tensor | None = None
        self.first = self.second = torch.zeros(())

    def add(self, x: Tensor) -> None:
        kind = torch.float32 if x.device.type == "mps" else torch.float64
        if self.about is None:
            self.about = x.mean((2, 3), keepdim=True)
        off = x - self.about
        self.first = self.first.to(x.device) + off.sum((2, 3), keepdim=True, dtype=kind)
        self.second = self.second.to(x.device) + off.square().sum((2, 3), keepdim=True, dtype=kind)
        self.count += x.shape[-2] * x.shape[-1]

    @property
    def spread(self) -> Spread:
        assert self.about is not None
        mean = self.first / self.count
        variance = (self.second / self.count - mean.square()).clamp_min(0)
        return Spread((self.about + mean).float(), variance.float())


class _Tiled:
    def __init__(self, network: Network, pixels: Tensor, target: Spread | None, strength: float, side: int, tell: Tell) -> None:
        self.network, self.pixels, self.target, self.strength, self.tell = network, pixels, target, strength, tell
        height, width = pixels.shape[-2:]
        rows, columns = windows(height, side, network), windows(width, side, network)
        self.tiles = [(row, column) for row in rows for column in columns]
        start = network.start
        # Three channels: mirrored as a whole, so that a tile at the border sees what the picture does.
        self.padded = torch.nn.functional.pad(pixels, (start,) * 4, mode="reflect") if start else pixels
        self.ops = network.ops[1:] if start else network.ops
        self.jumps = self._jumps()
        self.known: dict[str, Spread] = {}

    def _jumps(self) -> dict[str, int]:
        jump, found = 1, {}
        for op in self.ops:
            jump = stepped(op, jump)
            if op.kind in GLOBAL:
                found[op.name] = jump
        return found

    def painted(self) -> Tensor:
        total, done = len(self.tiles) * (len(self.jumps) + 1), 0
        for name in self.jumps:
            sums = _Sum()
            for tile in self.tiles:
                self._measure(tile, name, sums)
                self.tell(done := done + 1, total)
            self.known[name] = sums.spread
        out = torch.empty_like(self.pixels)
        for row, column in self.tiles:
            answer = finished(self._steps((row, column)), self._answer)
            own = answer[..., row.begin - row.seen : row.end - row.seen, column.begin - column.seen : column.end - column.seen]
            out[..., row.begin : row.end, column.begin : column.end] = _unit(self.network, own)
            self.tell(done := done + 1, total)
        return out

    def _steps(self, tile: tuple[Window, Window]) -> Steps:
        row, column = tile
        return run(self.ops, self.network.fed(self.padded[..., row.seen : row.stop, column.seen : column.stop]), self.network.weights)

    def _answer(self, op: Op, x: Tensor) -> Tensor:
        return _answered(op, x, self.known[op.name], self.network, self.target, self.strength)

    def _measure(self, tile: tuple[Window, Window], name: str, sums: _Sum) -> None:
        """Go as far as a normalization, and add up what comes to it of the tile's own."""
        steps = self._steps(tile)
        op, x = next(steps)
        while op.name != name:
            op, x = steps.send(self._answer(op, x))
        steps.close()
        rows, columns = (window.own(length, self.jumps[name]) for window, length in zip(tile, x.shape[-2:], strict=True))
        sums.add(x[..., rows, columns])


def appetite(network: Network, height: int, width: int) -> int:
    """Return the bytes that a look at so many pixels takes, beside the picture: the two maps of the largest operation, and what is kept."""
    area, jump, kept, most = float((height + 2 * network.start) * (width + 2 * network.start)), 1, 0.0, 0.0
    for op in network.ops:
        before = op.before * area / jump**2
        jump = stepped(op, jump)
        after = op.after * area / jump**2
        kept += after if op.kind == "keep" else -after if op.kind == "add" else 0.0
        # A normalization has its input, the product and the sum; a padding what it makes in one order of memory, and in the other.
        most = max(most, kept + before + after * (2 if op.kind in (*GLOBAL, "pad") else 1))
    return int(4 * most * SPARE)


def choose_side(network: Network, height: int, width: int, budget: int) -> int:
    """Return the side of the tiles that a picture is painted in with so much memory: 0 for the whole if it fits.

    Raises:
        MemoryLimitError: If not even small tiles fit.
    """
    pictures = 4 * 3 * height * width * 3
    if appetite(network, height, width) + pictures <= budget:
        return 0
    reach, sides = network.reach, _sides(max(height, width))
    for side in sides:
        seen = side + 2 * (reach.margin + network.start)
        if appetite(network, seen, seen) + pictures <= budget:
            return side
    least = appetite(network, SMALLEST + 2 * reach.margin, SMALLEST + 2 * reach.margin) + pictures
    failed, given = "memory: too little to paint with, even in tiles", f"{budget / 1e9:.2g} GB for {width}×{height} pixels"
    raise MemoryLimitError(one_line(failed, given, f"{least / 1e9:.2g} GB or more", "a smaller --size"))


def _sides(longest: int) -> Iterator[int]:
    side = 4096
    while side >= SMALLEST:
        if side < longest:
            yield side
        side //= 2
