"""The picture a run made, and everything about how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from PIL import Image

from pincel.files import write_text
from pincel.image.io import save_picture


@dataclass(frozen=True)
class Result:
    """The picture a run made, and everything about how.

    Attributes:
        image: The picture, 8 bits, RGB or RGBA (with the content's transparency).
        losses: One entry a step: ``step``, ``total``, and the unweighted terms (``content``, ``style``, ``style:relu1_1``, ``tv``).
        record: Recipe, inputs with hashes, versions, losses, and the objective of the saved picture; JSON-ready.
        stopped: Why the run ended: ``steps``, ``interrupted``, ``terminated``, ``stopped``, ``stationary`` or ``diverged``.
    """

    image: Image.Image
    losses: tuple[Mapping[str, Any], ...] = field(repr=False)
    record: Mapping[str, Any] = field(repr=False)
    stopped: str

    def save(self, path: str | PathLike[str], *, record: str | PathLike[str] | None = None) -> Path:
        """Write the picture and, beside it, its record; each appears whole or not at all.

        Args:
            path: Where to; the extension chooses the format.
            record: Where the record goes; ``path`` with the extension ``.json`` when left out.

        Returns:
            The path of the picture.

        Raises:
            OutputError: If either cannot be written.
        """
        target = Path(path)
        save_picture(self.image, target)
        text = json.dumps({**self.record, "picture": target.name}, indent=1, ensure_ascii=False)
        write_text(record_path(target) if record is None else record, text + "\n", what="record")
        return target


def record_path(picture: Path) -> Path:
    """Where the record of a picture goes: beside it."""
    return picture.with_suffix(".json")
