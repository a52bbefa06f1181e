"""What looking at a picture will take, before it is looked at: memory, and arithmetic.

What layers keep for the way back is counted on a small picture, as torch saves it, so that it holds for any network, pooling and
precision; it grows with the number of positions. What is borrowed for a moment in between is :data:`BORROWED` times the largest layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.backbones.cards import Layer
from pincel.engine.layout import ALIGN, REST, WHOLE, Layout, Part

# What going back takes, in ways there.
BACK = 1.9
# Layers of the largest size that exist for a moment: what comes in, what goes out, and what the library needs to get there.
BORROWED = 3.0
# Sides of tiles worth trying, in pixels of the picture.
SIDES = (256, 512, 1024, 2048, 4096)
# What goes from one part to the next is kept whole: cut behind poolings of these strides, where it is little.
CUTS = (4, 8)
FLOAT = 4
# Of the memory that was not there, what a layout must make do with to be tried instead.
ENOUGH = 0.7


@dataclass(frozen=True)
class Need:
    """What one look takes.

    Attributes:
        memory: Most bytes at one time, beyond the picture and the weights of the network.
        work: Multiply-adds of all convolutions; :data:`BACK` times as many for the way back.
    """

    memory: float
    work: float


@dataclass(frozen=True)
class Appetite:
    """What looking through some layers takes, at any size, in any layout.

    Attributes:
        backbone: The eye.
        wanted: Layers asked for.
        device: Where the network is.
    """

    backbone: Backbone
    wanted: frozenset[str]
    device: torch.device
    _kept: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)
    _needs: dict[tuple[tuple[int, int], str, bool], Need] = field(default_factory=dict, repr=False)

    def need(self, size: tuple[int, int], layout: Layout = WHOLE, *, slopes: bool = True) -> Need:
        """Return what a picture of (height, width) takes; without ``slopes``, for the way there only."""
        # Whoever weighs layouts asks for the same again and again.
        key = size, str(layout), slopes
        if key not in self._needs:
            self._needs[key] = self._need(size, layout, slopes=slopes)
        return self._needs[key]

    def _need(self, size: tuple[int, int], layout: Layout, *, slopes: bool) -> Need:
        held = most = work = 0.0
        for index, part in enumerate(layout.parts(self.backbone, self.wanted)):
            there, widest = _looks(part, size)
            back, widest = _looks(part, size, margins=1 + layout.exact) if slopes else (there, widest)
            kept = self._keeps(part) * widest if slopes else 0.0
            passing = part.tiled and not layout.keep
            most = max(most, BORROWED * _largest(part) * widest + (kept if passing else 0.0))
            # What it is given, and the slope of that; the picture itself is counted elsewhere.
            held += (0.0 if passing else kept) + (FLOAT * part.before.channels * _area(part, size) * (1 + slopes) if index else 0.0)
            # Tiles of which nothing is kept are looked at again on the way back.
            work += products(part) * (there + slopes * (BACK + passing) * back)
        return Need(held + most, work if self.backbone.divisible else (1 + slopes * BACK) * self._products(size))

    def layouts(self) -> Iterator[Layout]:
        """Yield the ways to cut the network that are worth weighing, the whole first."""
        cuts = [name for stride in CUTS for name in _pooling(self.backbone.card.up_to(self.wanted), stride)]
        yield WHOLE
        if not self.backbone.divisible:
            return
        ways = [tuple(cuts[:1]), tuple(cuts), *((*some, REST) for some in ([], cuts[:1], cuts[1:], cuts))]
        for names in dict.fromkeys(way for way in ways if way):
            # Deeper layers are smaller, and worth larger tiles.
            for sides in combinations_with_replacement(SIDES, len(names)):
                yield Layout(dict(zip(names, sides, strict=True)))

    def fitting(self, size: tuple[int, int], budget: float) -> Layout:
        """Return the layout of least work to look at a picture without slopes in so many bytes; if none fits, the one that takes least."""
        if self.need(size, slopes=False).memory <= budget:
            return WHOLE
        ways = [(self.need(size, way, slopes=False), way) for way in self.layouts()]
        fitting = [(need.work, index) for index, (need, _) in enumerate(ways) if need.memory <= budget]
        _, best = min(fitting or [(need.memory, index) for index, (need, _) in enumerate(ways)])
        return ways[best][1]

    def thriftier(self, size: tuple[int, int], layout: Layout) -> Layout | None:
        """Return the layout of least work among those that take much less memory than another; None if there is none."""
        most = ENOUGH * self.need(size, layout).memory
        lighter = [(self.need(size, way), way) for way in self.layouts()]
        return min(((need.work, index, way) for index, (need, way) in enumerate(lighter) if need.memory <= most), default=(0, 0, None))[2]

    def _products(self, size: tuple[int, int]) -> float:
        """Return the multiply-adds of a look at the whole, counted by positions: without borders there are fewer than strides say."""
        card = self.backbone.card
        needed = (layer for layer in card.up_to(self.wanted) if layer.products)
        return sum(layer.products * math.prod(card.positions(side, layer.name) for side in size) for layer in needed)

    def _keeps(self, part: Part) -> float:
        """Return the bytes that a part keeps for the way back, by positions of what it is given."""
        key = part.layers[0].name, part.layers[-1].name
        if key not in self._kept:
            unit = ALIGN * part.times
            # Of a picture that is not cut, the least that the last layer can be seen of.
            small = unit if self.backbone.divisible else max(unit, self.backbone.card.smallest(part.layers[-1].name))
            large = small + unit
            # The difference, because weights are saved as well, as many whatever the size.
            self._kept[key] = (self._saved(part, large) - self._saved(part, small)) / (large**2 - small**2)
        return self._kept[key]

    def _saved(self, part: Part, side: int) -> int:
        # Storages, not tensors: a graph that saves its own results is a circle that nobody frees. All of them are held until they are
        # counted, for a block that is freed could be another's.
        blocks: dict[int, torch.UntypedStorage] = {}

        def note(tensor: Tensor) -> None:
            storage = tensor.untyped_storage()
            # Not by where they lie: on the meta device, that is nowhere.
            blocks[storage._cdata] = storage

        given = torch.zeros(1, part.before.channels, side, side, device=self.device).contiguous(memory_format=torch.channels_last)
        wanted = self.wanted | {part.layers[-1].name}
        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, _never):
            for name, features in self.backbone.through(part.layers, given.requires_grad_(), wanted):
                # Losses keep what they are shown: of layers in half precision, a copy.
                if name in self.wanted:
                    note(features)
        return sum(block.nbytes() for block in blocks.values())


def _never(_: object) -> Tensor:
    raise AssertionError("Nobody goes back through what was only counted.")


def _looks(part: Part, size: tuple[int, int], margins: int = 1) -> tuple[int, int]:
    """Return the positions, of what it is given, that a part looks at in all, and at most at a time, with so many margins around tiles."""
    height, width = given(part, size)
    return part.looks(height, width, margins) if part.tiled else (height * width, height * width)


def given(part: Part, size: tuple[int, int]) -> tuple[int, int]:
    """Return (height, width) of what a part is given of a picture."""
    height, width = (math.ceil(length / part.stride) for length in size)
    return height, width


def _area(part: Part, size: tuple[int, int]) -> int:
    return math.prod(given(part, size))


def _largest(part: Part) -> float:
    """Return the bytes of the largest layer of a part, by positions of what it is given."""
    return FLOAT * max(layer.channels * (part.stride / layer.stride) ** 2 for layer in part.layers)


def products(part: Part) -> float:
    """Return the multiply-adds of a part's convolutions, by positions of what it is given."""
    return sum(layer.products * (part.stride / layer.stride) ** 2 for layer in part.layers)


def _pooling(layers: Sequence[Layer], stride: int) -> list[str]:
    """Return the last pooling up to a stride, if there is one."""
    return [layer.name for layer in layers if layer.kind == "pool" and layer.stride <= stride][-1:]
