"""Networks by name, and by the names of their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincel.backbones import BACKBONES
from pincel.backbones.model_registry import network_and_layer
from pincel.errors import UnknownNameError


def test_a_file_goes_before_what_its_name_would_mean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # As a path of Windows, which begins with a letter and a colon.
    Path("C:mine.safetensors").touch()
    assert network_and_layer("C:mine.safetensors") == ("C:mine.safetensors", "")
    assert network_and_layer("C:other.safetensors") == ("C", "other.safetensors")


def test_a_name_that_no_file_can_have_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match="Unknown backbone"):
        BACKBONES["a" * 5000]
