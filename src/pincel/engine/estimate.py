"""Memory and arithmetic of an evaluation, estimated before it is made.

What layers keep for the backward pass is counted on a small picture, as torch saves it, so that it holds for any network, pooling and
precision; it grows with the number of positions. Temporary memory is :data:`WORKSPACE` times the largest layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

import torch
from torch import Tensor

from pincel.backbones.base import Backbone
from pincel.backbones.specs import LayerSpec
from pincel.engine.layout import ALIGN, REST, WHOLE, Layout, Part

# Arithmetic of a backward pass, in units of a forward pass.
BACKWARD_FACTOR = 1.9
# Temporary memory in units of the largest layer: input, output, and workspace of the library.
WORKSPACE = 3.0
# Sides of tiles worth trying, in pixels of the picture.
SIDES = (256, 512, 1024, 2048, 4096)
# What one part passes to the next is stored whole: cut after poolings of these strides, where it is small.
CUTS = (4, 8)
FLOAT = 4
# After a lack of memory, largest fraction of the memory of the layout that failed.
MAX_FRACTION = 0.7


@dataclass(frozen=True)
class Cost:
    """What one evaluation takes.

    Attributes:
        memory: Peak bytes, beyond the picture and the weights of the network.
        work: Multiply-adds of all convolutions; a backward pass counts :data:`BACKWARD_FACTOR` times a forward pass.
    """

    memory: float
    work: float


@dataclass(frozen=True)
class CostModel:
    """Computes the cost of evaluating some layers of a network, at any size, in any layout.

    Attributes:
        backbone: The network.
        wanted: The layers.
        device: Of the network.
    """

    backbone: Backbone
    wanted: frozenset[str]
    device: torch.device
    _kept: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)
    _costs: dict[tuple[tuple[int, int], str, bool], Cost] = field(default_factory=dict, repr=False)

    def cost(self, size: tuple[int, int], layout: Layout = WHOLE, *, grad: bool = True) -> Cost:
        """Return the cost at (height, width); of the forward pass only without ``grad``."""
        # A search over layouts asks for the same costs many times.
        key = size, str(layout), grad
        if key not in self._costs:
            self._costs[key] = self._cost(size, layout, grad=grad)
        return self._costs[key]

    def _cost(self, size: tuple[int, int], layout: Layout, *, grad: bool) -> Cost:
        held = most = work = 0.0
        for index, part in enumerate(layout.parts(self.backbone, self.wanted)):
            forward, widest = _areas(part, size)
            backward, widest = _areas(part, size, margins=1 + layout.exact) if grad else (forward, widest)
            kept = self._keeps(part) * widest if grad else 0.0
            passing = part.tiled and not layout.keep
            most = max(most, WORKSPACE * _largest(part) * widest + (kept if passing else 0.0))
            # The input of the part and its gradient; the picture itself is counted elsewhere.
            held += (0.0 if passing else kept) + (FLOAT * part.before.channels * _area(part, size) * (1 + grad) if index else 0.0)
            # Tiles of which nothing is kept are computed again in the backward pass.
            work += macs(part) * (forward + grad * (BACKWARD_FACTOR + passing) * backward)
        return Cost(held + most, work if self.backbone.tileable else (1 + grad * BACKWARD_FACTOR) * self._macs(size))

    def layouts(self) -> Iterator[Layout]:
        """Yield the layouts worth comparing, that without tiles first."""
        cuts = [name for stride in CUTS for name in _pooling(self.backbone.spec.up_to(self.wanted), stride)]
        yield WHOLE
        if not self.backbone.tileable:
            return
        names_of_cuts = [tuple(cuts[:1]), tuple(cuts), *((*some, REST) for some in ([], cuts[:1], cuts[1:], cuts))]
        for names in dict.fromkeys(way for way in names_of_cuts if way):
            # Deeper layers are smaller, and worth larger tiles.
            for sides in combinations_with_replacement(SIDES, len(names)):
                yield Layout(dict(zip(names, sides, strict=True)))

    def smaller_tiling(self, size: tuple[int, int], layout: Layout) -> Layout | None:
        """Return the layout of least work among those of much less memory than ``layout``; None if there is none."""
        most = MAX_FRACTION * self.cost(size, layout).memory
        lighter = [(self.cost(size, way), way) for way in self.layouts()]
        return min(((need.work, index, way) for index, (need, way) in enumerate(lighter) if need.memory <= most), default=(0, 0, None))[2]

    def _macs(self, size: tuple[int, int]) -> float:
        """Return the multiply-adds for the whole, by positions: without padding there are fewer than by strides."""
        spec = self.backbone.spec
        needed = (layer for layer in spec.up_to(self.wanted) if layer.products)
        return sum(layer.products * math.prod(spec.positions(side, layer.name) for side in size) for layer in needed)

    def _keeps(self, part: Part) -> float:
        """Return the bytes that a part keeps for the backward pass, per position of its input."""
        key = part.layers[0].name, part.layers[-1].name
        if key not in self._kept:
            unit = ALIGN * part.downscale
            # Without tiles, the smallest picture for which the last layer has a position.
            small = unit if self.backbone.tileable else max(unit, self.backbone.spec.smallest(part.layers[-1].name))
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
            for name, features in self.backbone.forward_layers(part.layers, given.requires_grad_(), wanted):
                # Losses keep their inputs: of layers in half precision, a copy.
                if name in self.wanted:
                    note(features)
        return sum(block.nbytes() for block in blocks.values())


def _never(_: object) -> Tensor:
    raise AssertionError("This graph is only counted; it has no backward pass.")


def _areas(part: Part, size: tuple[int, int], margins: int = 1) -> tuple[int, int]:
    """Return the input positions of all tiles of a part together, and of the largest, with so many margins around tiles."""
    height, width = input_size(part, size)
    return part.tiled_area(height, width, margins) if part.tiled else (height * width, height * width)


def input_size(part: Part, size: tuple[int, int]) -> tuple[int, int]:
    """Return (height, width) of the input of a part, for a picture of (height, width)."""
    height, width = (math.ceil(length / part.stride) for length in size)
    return height, width


def _area(part: Part, size: tuple[int, int]) -> int:
    return math.prod(input_size(part, size))


def _largest(part: Part) -> float:
    """Return the bytes of the largest layer of a part, per position of its input."""
    return FLOAT * max(layer.channels * (part.stride / layer.stride) ** 2 for layer in part.layers)


def macs(part: Part) -> float:
    """Return the multiply-adds of the convolutions of a part, per position of its input."""
    return sum(layer.products * (part.stride / layer.stride) ** 2 for layer in part.layers)


def _pooling(layers: Sequence[LayerSpec], stride: int) -> list[str]:
    """Return the last pooling up to a stride, if there is one."""
    return [layer.name for layer in layers if layer.kind == "pool" and layer.stride <= stride][-1:]
