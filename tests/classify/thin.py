"""An AlexNet of few channels and random weights, for the one that would be downloaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pincel.backbones import BACKBONES, alexnet_specs
from pincel.backbones.alexnet_specs import NORM_FIRST, krizhevsky_layers
from pincel.backbones.native import write_network
from pincel.backbones.specs import fully_connected
from tests.backbones.stand_ins import drawn_weights


def have_thin_alexnet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write it into a folder, and have it read wherever ``alexnet`` is asked for."""
    spec = replace(BACKBONES["alexnet"], layers=krizhevsky_layers(NORM_FIRST, (4, 6, 8, 8, 6), fully_connected(6, 5)))
    path = folder / "alexnet.safetensors"
    write_network(path, spec, drawn_weights(spec))
    monkeypatch.setattr(alexnet_specs, "ALEXNET", replace(spec, path=str(path), format="safetensors"))
