"""Data sets that the library ``datasets`` of Hugging Face saved on the disk; needs that library."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from pincel.classify.index import ImageIndex
from pincel.colors import DEFAULT_BACKGROUND
from pincel.errors import OptionError
from pincel.files import one_line, quoted
from pincel.images.io import load_bytes, load_picture
from pincel.installation import extra_command


def saved_parts(folder: Path) -> tuple[tuple[str, ...], Mapping[str, ImageIndex]]:
    """Read what ``save_to_disk`` wrote.

    Returns:
        Names of classes, and part → images; a set without parts is one called ``all``.

    Raises:
        OptionError: If the library is not there, the set cannot be read, or has no column of pictures or none of classes.
    """
    library = _library(folder)
    try:
        loaded = library.load_from_disk(str(folder))
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        failed = f"data: the set of Hugging Face cannot be read ({reason})"
        raise OptionError(one_line(failed, quoted(folder), "what save_to_disk wrote", "save it again")) from error
    tables = dict(loaded) if isinstance(loaded, library.DatasetDict) else {"all": loaded}
    first = next(iter(tables.values()))
    picture = _column(first, library.Image, "pictures", folder)
    label = _column(first, library.ClassLabel, "classes", folder)
    return tuple(first.features[label].names), {name: _index(library, name, table, picture, label) for name, table in tables.items()}


def read_row(table: Any, column: str, part: str, row: int) -> Tensor:
    """Read an image, (1, 3, H, W) in [0, 1]; raises PictureError."""
    stored = table[row][column]
    if stored["bytes"] is None:
        return load_picture(stored["path"], what="data", background=DEFAULT_BACKGROUND).pixels
    return load_bytes(stored["bytes"], what="data", given=f"row {row} of {part}", background=DEFAULT_BACKGROUND).pixels


def _library(folder: Path) -> Any:
    try:
        return importlib.import_module("datasets")
    except ImportError as error:
        failed = "data: is a set of Hugging Face, and the library that reads it is not installed"
        raise OptionError(one_line(failed, quoted(folder), "the package datasets", extra_command("datasets"))) from error


def _column(table: Any, kind: type, what: str, folder: Path) -> str:
    columns: list[str] = [name for name, feature in table.features.items() if isinstance(feature, kind)]
    if not columns:
        given = f"{quoted(folder)} with the columns {', '.join(table.features)}"
        raise OptionError(
            one_line(f"data: has no column of {what}", given, f"a column of type {kind.__name__}", "cast_column before saving")
        )
    return columns[0]


def _index(library: Any, part: str, table: Any, picture: str, label: str) -> ImageIndex:
    labels = tuple(int(each) for each in table[label][:])
    if unknown := [row for row, each in enumerate(labels) if each < 0]:
        failed = f"data: a picture of {part} has no class"
        raise OptionError(one_line(failed, f"row {unknown[0]}", "a class for each", "filter such rows out, or save without this part"))
    # Not decoded: our own reader reports damaged files.
    stored = table.select_columns([picture]).cast_column(picture, library.Image(decode=False))
    names = tuple(f"{part}/{row:08d}" for row in range(len(labels)))
    return ImageIndex(names, labels, (0,) * len(labels), tuple(range(len(labels))), partial(read_row, stored, picture, part))
