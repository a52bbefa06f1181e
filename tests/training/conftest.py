"""What tests of training have in common."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _calibrated_on_small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks be normalized on thumbnails: at the size they are used at it takes seconds."""
    monkeypatch.setattr("pincel.backbones.calibrate.SIDE", 64)
