"""The tiles of one picture partitioned over several processes.

Each part of the network is cut into as many tiles as there are processes. The margins of the tiles are computed in addition, so the layout
is that of least load: more cuts make margins narrower, but each exchanges a layer between processes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from pincel.backbones.base import Backbone
from pincel.engine.estimate import input_size, macs
from pincel.engine.layout import REST, WHOLE, Layout, Part, Tile

Size = tuple[int, int]
# Time to exchange a number, forward and as a gradient backward, in multiplications of a forward pass: about that within one machine.
TRANSFER_COST = 1000


def partition(tiles: Sequence[Tile], processes: int) -> list[list[Tile]]:
    """Assign tiles so that the areas of all processes are nearly equal: the largest first, to the process with the least area."""
    assigned: list[list[Tile]] = [[] for _ in range(processes)]
    areas = [0] * processes
    for tile in sorted(tiles, key=lambda tile: -tile.area):
        least = areas.index(min(areas))
        assigned[least].append(tile)
        areas[least] += tile.area
    return assigned


def shared_layout(backbone: Backbone, wanted: frozenset[str], size: Size, processes: int) -> Layout:
    """Return the layout for which the most loaded process has the least load.

    Args:
        backbone: The network.
        wanted: The layers.
        size: (height, width) of the picture.
        processes: Above 1.

    Returns:
        That without tiles where tiles gain nothing.
    """
    return min([WHOLE, *candidates(backbone, wanted, processes)], key=lambda layout: load(layout, backbone, wanted, size, processes))


def candidates(backbone: Backbone, wanted: frozenset[str], processes: int) -> Iterator[Layout]:
    """Yield the layouts with one tile of each part for each process, those with few cuts first."""
    poolings = [layer.name for layer in backbone.spec.up_to(wanted)[:-1] if layer.kind == "pool"]
    grids = [(down, processes // down) for down in range(processes, 0, -1) if processes % down == 0]
    for count in range(len(poolings) + 1):
        for names in combinations(poolings, count):
            for grid in grids:
                yield Layout(dict.fromkeys([*names, REST], grid), tight=True, keep=True)


def load(layout: Layout, backbone: Backbone, wanted: frozenset[str], size: Size, processes: int) -> float:
    """Return the load of the most loaded process, as a fraction of the multiplications of the whole network: 1/processes at best."""
    parts = layout.parts(backbone, wanted)
    most = sum(macs(part) * _most(part, size, processes) for part in parts)
    exchanged = sum(TRANSFER_COST * part.before.channels * math.prod(input_size(part, size)) for part in parts[1:] if part.tiled)
    return (most + exchanged) / max(sum(macs(part) * math.prod(input_size(part, size)) for part in parts), 1)


def _most(part: Part, size: Size, processes: int) -> int:
    """Return the largest number of input positions of one process, margins included."""
    height, width = input_size(part, size)
    if not part.tiled:
        return height * width
    assigned = partition(part.tiles(height, width), processes)
    return max(sum(part.padded(tile, height, width).area for tile in tiles) for tiles in assigned)
