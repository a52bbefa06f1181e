"""Networks of our own; see :mod:`pincel.backbones.native`."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from pincel.backbones.cards import Card
from pincel.backbones.native import read_network


def load(card: Card) -> dict[str, tuple[Tensor, Tensor]]:
    """Read the file of a card.

    Raises:
        WeightsError: If it cannot be read, or holds other layers.
    """
    return read_network(Path(card.path), card)
