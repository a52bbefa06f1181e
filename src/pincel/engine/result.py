"""The picture a run made, and everything about how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from pincel.arguments import checked
from pincel.colors import DEFAULT_BACKGROUND
from pincel.files import write_text
from pincel.images.encode import save_16bit, save_picture, write_or_keep
from pincel.images.metadata import Metadata
from pincel.images.preview import preview_png


@dataclass(frozen=True)
class Result:
    """The picture a run made, and everything about how.

    Attributes:
        image: The picture, 8 bits, RGB or RGBA (with the content's transparency).
        losses: One entry a step: ``step``, ``total``, and the unweighted terms (``content``, ``style``, ``style:relu1_1``, ``tv``).
        record: Recipe, inputs with hashes, versions, losses, and the objective of the saved picture; JSON-ready.
        stopped: Why the run ended: ``steps``, ``interrupted``, ``terminated``, ``stopped``, ``stationary`` or ``diverged``;
            ``done`` where there are no steps.
        pixels: The same picture before it was rounded, (1, 3, H, W) in [0, 1], for files with 16 bits.
        alpha: The content's transparency, (1, 1, H, W), if it has any.
        dpi: Dots an inch of the content, if it has any.
        metadata: What the content's file says of itself, where it was asked to be kept.
        background: What a format without transparency shows the picture on.
    """

    image: Image.Image
    losses: tuple[Mapping[str, Any], ...] = field(repr=False)
    record: Mapping[str, Any] = field(repr=False)
    stopped: str
    pixels: Tensor | None = field(default=None, repr=False)
    alpha: Tensor | None = field(default=None, repr=False)
    dpi: tuple[float, float] | None = None
    metadata: Metadata | None = field(default=None, repr=False)
    background: str = DEFAULT_BACKGROUND

    @checked
    def save(self, path: str | PathLike[str], *, record: str | PathLike[str] | None = None, depth: int = 8) -> Path:
        """Write the picture and, beside it, its record; each appears whole or not at all.

        Args:
            path: Where to; the extension chooses the format.
            record: Where the record goes; ``path`` with the extension ``.json`` when left out.
            depth: Bits a sample, 8 or 16; 16 for TIFF only.

        Returns:
            The path of the picture.

        Raises:
            OutputError: If either cannot be written. The picture is kept elsewhere then, and the message says where.
        """
        target = Path(path)

        def write(place: Path) -> None:
            if depth > 8 and self.pixels is not None:
                save_16bit(self.pixels, self.alpha, place, self.dpi, metadata=self.metadata)
            else:
                save_picture(self.image, place, self.dpi, background=self.background, metadata=self.metadata)

        write_or_keep(write, target)
        text = json.dumps({**self.record, "picture": target.name}, indent=1, ensure_ascii=False)
        write_text(record_path(target) if record is None else record, text + "\n", what="record")
        return target

    def _repr_png_(self) -> bytes:
        return preview_png(self.image)


def record_path(picture: Path) -> Path:
    """Where the record of a picture goes: beside it."""
    return picture.with_suffix(".json")
