"""Networks in the format safetensors: pincel's own, whose spec says what they are, see :mod:`pincel.backbones.native`, and others'.

Names are those of PyTorch, see :mod:`.pytorch`, but the format sorts them. Here convolutions come first, and ``features.10`` behind
``features.2``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from safetensors import safe_open

from pincel.backbones.formats.held import Held, reading
from pincel.backbones.formats.pytorch import held
from pincel.backbones.native import KEY, spec_of
from pincel.files import natural_key


def read(path: Path) -> Held:
    """Read the layers of a file, in the order of their names.

    Args:
        path: The file.

    Raises:
        WeightsError: If it is not whole, or holds other layers with weights than convolutions and fully connected ones.
    """
    with reading(path, "safetensors"), safe_open(path, "pt") as opened:
        state = {name: opened.get_tensor(name) for name in sorted(opened.keys(), key=natural_key)}
        matrices_last = dict(sorted(state.items(), key=lambda item: item[1].ndim == 2))
        found = held(path, matrices_last, "safetensors")
        text = (opened.metadata() or {}).get(KEY)
        return found if text is None else replace(found, channels="rgb", classes=spec_of(text, path).classes)
