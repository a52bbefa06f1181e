"""An AlexNet of few channels and random weights, for the one that would be downloaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pincel.backbones import CARDS, alexnet_cards
from pincel.backbones.alexnet_cards import NORM_FIRST, krizhevsky_layers
from pincel.backbones.cards import fully_connected
from pincel.backbones.native import write_network
from tests.backbones.stand_ins import drawn_weights


def have_thin_alexnet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write it into a folder, and have it read wherever ``alexnet`` is asked for."""
    card = replace(CARDS["alexnet"], layers=krizhevsky_layers(NORM_FIRST, (4, 6, 8, 8, 6), fully_connected(6, 5)))
    path = folder / "alexnet.safetensors"
    write_network(path, card, drawn_weights(card))
    monkeypatch.setattr(alexnet_cards, "ALEXNET", replace(card, path=str(path), format="safetensors"))
