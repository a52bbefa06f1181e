"""One picture over many processes: who does what.

Each part of the network is cut into as many tiles as there are processes. What a process does in vain is the margins of its tiles, so the
cuts are those with the least of it: more cuts make margins narrow, and each hands a layer from process to process.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from pincel.backbones.base import Backbone
from pincel.engine.estimate import given, products
from pincel.engine.layout import REST, WHOLE, Layout, Part, Tile

Size = tuple[int, int]
# Handing on a number, there and as a slope back, takes as long as so many multiplications on the way there: within one machine, about.
HANDED_ON = 1000


def dealt(tiles: Sequence[Tile], processes: int) -> list[list[Tile]]:
    """Deal tiles out so that everybody has as nearly the same area as can be: the largest first, to who has least."""
    hands: list[list[Tile]] = [[] for _ in range(processes)]
    areas = [0] * processes
    for tile in sorted(tiles, key=lambda tile: -tile.area):
        least = areas.index(min(areas))
        hands[least].append(tile)
        areas[least] += tile.area
    return hands


def shared_layout(backbone: Backbone, wanted: frozenset[str], size: Size, processes: int) -> Layout:
    """Choose how to cut a network so that the process that has most to do has least.

    Args:
        backbone: The eye.
        wanted: Layers asked for.
        size: (height, width) of the picture.
        processes: Above 1.

    Returns:
        The whole where nothing is gained by cutting.
    """
    return min([WHOLE, *candidates(backbone, wanted, processes)], key=lambda layout: burden(layout, backbone, wanted, size, processes))


def candidates(backbone: Backbone, wanted: frozenset[str], processes: int) -> Iterator[Layout]:
    """Yield the ways to cut everything into a tile a process, those with few cuts first."""
    poolings = [layer.name for layer in backbone.card.up_to(wanted)[:-1] if layer.kind == "pool"]
    grids = [(down, processes // down) for down in range(processes, 0, -1) if processes % down == 0]
    for count in range(len(poolings) + 1):
        for names in combinations(poolings, count):
            for grid in grids:
                yield Layout(dict.fromkeys([*names, REST], grid), tight=True, keep=True)


def burden(layout: Layout, backbone: Backbone, wanted: frozenset[str], size: Size, processes: int) -> float:
    """Return what the process that has most to do does, as a share of the multiplications of the whole network: 1/processes at best."""
    parts = layout.parts(backbone, wanted)
    most = sum(products(part) * _most(part, size, processes) for part in parts)
    handed = sum(HANDED_ON * part.before.channels * math.prod(given(part, size)) for part in parts[1:] if part.tiled)
    return (most + handed) / max(sum(products(part) * math.prod(given(part, size)) for part in parts), 1)


def _most(part: Part, size: Size, processes: int) -> int:
    """Return the most positions that any process looks at, margins included."""
    height, width = given(part, size)
    if not part.tiled:
        return height * width
    hands = dealt(part.tiles(height, width), processes)
    return max(sum(part.outer(tile, height, width).area for tile in hand) for hand in hands)
