"""The weights of a network, from whatever file holds them."""

from __future__ import annotations

from pathlib import Path

from pincel.backbones.formats import Weights, open_weights
from pincel.backbones.formats.match_layers import match_layers
from pincel.backbones.specs import ModelSpec
from pincel.backbones.store import ensure


def load_weights(spec: ModelSpec) -> Weights:
    """Find the file of a spec, or download it, and read it.

    Args:
        spec: The network.

    Returns:
        Convolution or fully connected layer → (weight (out, in / groups, k, k) with RGB input, bias (out,)), float32.

    Raises:
        WeightsError: If the file is missing and cannot be downloaded, is not the one it must be, or cannot be read.
    """
    return read_weights(ensure(spec), spec)


def read_weights(path: Path, spec: ModelSpec) -> Weights:
    """Read a file as that of a spec, whatever its hash.

    Raises:
        WeightsError: If it cannot be read, or holds other layers.
    """
    return match_layers(open_weights(path), spec, path)
