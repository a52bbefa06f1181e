"""Networks in the format safetensors: pincel's own, whose spec says what they are, see :mod:`pincel.backbones.native`, and others'.

Names are those of PyTorch, see :mod:`.pytorch`, but the format sorts them. Here convolutions come first, and ``features.10`` behind
``features.2``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from safetensors import safe_open

from pincel.backbones.formats.pytorch import read_layers
from pincel.backbones.formats.weight_file import WeightFile, reading
from pincel.backbones.native import KEY, from_json
from pincel.files import natural_key


def read(path: Path) -> WeightFile:
    """Read the layers of a file, in the order of their names.

    Raises:
        WeightsError: If it is not whole, or holds other layers with weights than convolutions and fully connected ones.
    """
    with reading(path, "safetensors"), safe_open(path, "pt") as opened:
        state = {name: opened.get_tensor(name) for name in sorted(opened.keys(), key=natural_key)}
        matrices_last = dict(sorted(state.items(), key=lambda item: item[1].ndim == 2))
        found = read_layers(path, matrices_last, "safetensors")
        text = (opened.metadata() or {}).get(KEY)
        return found if text is None else replace(found, channels="rgb", classes=from_json(text, path).classes)
