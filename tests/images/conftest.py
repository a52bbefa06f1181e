"""What the tests of the image room share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pincel.images.io import LoadedImage, load_picture


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """Return a function that loads bytes by way of a file."""

    def write_and_load(data: bytes, **options: Any) -> LoadedImage:
        (tmp_path / "picture").write_bytes(data)
        return load_picture(tmp_path / "picture", **options)

    return write_and_load
