"""How a network is cut into parts of some layers, and each of these into tiles: where they begin, and what margin they need."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.backbones.specs import LayerSpec, ModelSpec
from pincel.errors import OptionError
from pincel.types import REDUCTION_BLOCK

# Tiles begin at multiples of this in every layer: where Winograd's own tiles begin, so that they round as they do in the whole picture.
ALIGN = 4
REST = "rest"
# Words behind the cuts of a layout, in this order.
TIGHT, KEEP = "tight", "keep"
# The input of the first layer, as if it were a layer.
PICTURE = LayerSpec("picture", "picture", 3, 1, 1)

# How a part is cut: the side of its square tiles, or how many tiles (down, across); 0 for not at all.
Cut: TypeAlias = int | tuple[int, int]


@dataclass(frozen=True)
class Part:
    """Some layers in a row.

    Attributes:
        before: Its input, the layer before its first one.
        layers: Which, the last one included.
        side: Of a tile, in positions of its input; 0 where that is not what it is cut by.
        margin: Positions around a tile that its results depend on; to the last bit, unless the layout is tight.
        grid: How many tiles (down, across); None where that is not what it is cut by.
        align: Tiles begin at multiples of this in every layer.
    """

    before: LayerSpec
    layers: tuple[LayerSpec, ...]
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
        """Input pixels of the network between neighbors in its input."""
        return self.before.stride

    @property
    def downscale(self) -> int:
        """How many times its output is smaller than its input."""
        return self.layers[-1].stride // self.stride

    @property
    def unit(self) -> int:
        """Tiles begin at multiples of this, in positions of its input."""
        return self.align * self.downscale

    def tiles(self, height: int, width: int) -> list[Tile]:
        """Cut (height, width) into tiles of equal size, as nearly as they can begin where they should."""
        down, across = self._sides(height, width)
        return [Tile(top, bottom, left, right) for top, bottom in down for left, right in across]

    def padded(self, tile: Tile, height: int, width: int) -> Tile:
        """Return a tile with its margin."""
        return Tile(*self._wider(tile.top, tile.bottom, height), *self._wider(tile.left, tile.right, width))

    def tiled_area(self, height: int, width: int, margins: int) -> tuple[int, int]:
        """Return how many positions of (height, width) are looked at in all tiles together, and in the largest.

        Args:
            height: Rows.
            width: Columns.
            margins: How many a tile has around it.
        """
        lengths = []
        for side, length in zip(self._sides(height, width), (height, width), strict=True):
            ends = side
            for _ in range(margins):
                ends = [self._wider(begin, end, length) for begin, end in ends]
            lengths.append([end - begin for begin, end in ends])
        down, across = lengths
        return sum(down) * sum(across), max(down) * max(across)

    def _sides(self, height: int, width: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return where rows of tiles begin and end, and where columns do."""
        if self.grid:
            return self._spread(height, self.grid[0]), self._spread(width, self.grid[1])
        return self._cuts(height), self._cuts(width)

    def _wider(self, begin: int, end: int, length: int) -> tuple[int, int]:
        """Return a stretch of a side with its margin."""
        return max(0, begin - self.margin) // self.unit * self.unit, min(length, _up(end + self.margin, self.downscale))

    def _cuts(self, length: int) -> list[tuple[int, int]]:
        unit, block = self.unit, REDUCTION_BLOCK // self.stride
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

    def checked(self, spec: ModelSpec) -> Layout:
        """Return it if a network has all the poolings it names.

        Raises:
            UnknownNameError: For one it has not, with the closest match.
        """
        for name in self.cuts:
            if name != REST:
                spec.layer(name, "tile layer")
        return self

    def parts(self, backbone: Backbone, wanted: frozenset[str]) -> list[Part]:
        """Cut what is needed of a network."""
        spec, needed = backbone.spec, backbone.spec.up_to(wanted)
        parts: list[Part] = []
        begin = 0
        for name, cut in [*self.cuts.items(), (REST, 0)]:
            end = len(needed) if name == REST else min(spec.names.index(name) + 1, len(needed))
            if end > begin:
                before = needed[begin - 1] if begin else PICTURE
                parts.append(self._part(backbone, before, needed[begin:end], cut))
                begin = end
        return parts

    def _part(self, backbone: Backbone, before: LayerSpec, layers: tuple[LayerSpec, ...], cut: Cut) -> Part:
        align = 1 if self.tight else ALIGN
        # Of a grid of one tile, the picture is the whole margin.
        grid = None if isinstance(cut, int) or cut == (1, 1) else cut
        return Part(
            before, layers, cut // before.stride if isinstance(cut, int) else 0, _margin(backbone, before, layers, align), grid, align
        )

    def tiled(self, backbone: Backbone, wanted: frozenset[str]) -> frozenset[str]:
        """Return the layers that are seen in tiles where some are wanted."""
        return frozenset(layer.name for part in self.parts(backbone, wanted) if part.tiled for layer in part.layers)


def _margin(backbone: Backbone, before: LayerSpec, layers: Sequence[LayerSpec], align: int) -> int:
    """Go from the last layer back to the input of the first; tiles begin and end where poolings and grains up to ``align`` do."""
    margin = 0
    for shallow, deep in reversed(list(pairwise([before, *layers]))):
        reach = (deep.receptive_field - shallow.receptive_field) // 2 // shallow.stride
        margin = _up(margin, min(backbone.block_size(deep.name), align)) * (deep.stride // shallow.stride) + reach
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


def _up(length: int, unit: int) -> int:
    return math.ceil(length / unit) * unit
