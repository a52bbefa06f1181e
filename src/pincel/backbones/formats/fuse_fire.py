"""Fire modules of SqueezeNet, whose 1×1 and 3×3 filters are parallel, as a chain of layers.

A 1×1 filter is a 3×3 filter with zeros around it, so that both kinds are one convolution, exactly.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch.nn import functional

from pincel.backbones.formats.weight_file import StoredLayer

# Names of the two in files, and of the fused layer.
NARROW, BROAD, BOTH = "expand1x1", "expand3x3", "expand"


def fuse_fire(layers: tuple[StoredLayer, ...]) -> tuple[StoredLayer, ...]:
    """Return the layers of a file with each parallel pair of 1×1 and 3×3 filters fused to one layer, in the place of the second."""
    named = {layer.name: layer for layer in layers}
    pairs = {layer.name: named.get(_beside(layer, BROAD, NARROW)) for layer in layers}
    joins = {narrow.name for narrow in pairs.values() if narrow is not None}
    return tuple(_join(pairs[layer.name], layer) for layer in layers if layer.name not in joins)


def _beside(layer: StoredLayer, ending: str, other: str) -> str:
    return layer.name.removesuffix(ending) + other if layer.name.endswith(ending) else ""


def _join(narrow: StoredLayer | None, broad: StoredLayer) -> StoredLayer:
    if narrow is None or narrow.bias is None or broad.bias is None:
        return broad
    weight = torch.cat([functional.pad(narrow.weight, (1, 1, 1, 1)), broad.weight])
    return replace(broad, name=broad.name.removesuffix(BROAD) + BOTH, weight=weight, bias=torch.cat([narrow.bias, broad.bias]))
