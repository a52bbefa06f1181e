"""Figures of a training: losses and errors, the confusion matrix, and the filters of the first layer."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from pincel.images.io import save_picture
from pincel.studies.filter_tiles import filter_tile
from pincel.studies.heatmaps import labeled_grid
from pincel.studies.plots import as_png, curves, heatmap

# Beyond so many classes their names, or the numbers in the squares, are no longer read.
NAMED, NUMBERED = 60, 15
# Side of a filter in pixels.
FILTER = 66


def write_figures(folder: Path, record: Mapping[str, Any], first: Tensor) -> list[Path]:
    """Write ``filters.png``; and ``curves.png`` and ``confusion.png``, unless they would be empty.

    Args:
        folder: Of the training.
        record: Its record.
        first: Weights of the first convolution, (O, 3, f, f).

    Returns:
        The files.

    Raises:
        OutputError: If one cannot be written.
    """
    pictures = {"filters": first_filters(first)}
    if record["history"]:
        pictures["curves"] = learning_curves(record["history"])
    if record["confusion"]:
        pictures["confusion"] = confusion_picture(record["confusion"], record["data"]["classes"])
    files = [folder / f"{name}.png" for name in pictures]
    for path, picture in zip(files, pictures.values(), strict=True):
        save_picture(picture, path)
    return files


def learning_curves(history: Sequence[Mapping[str, Any]]) -> Image.Image:
    """Draw loss, and beside it top-1 and top-5 errors, of training and validation, against epochs."""
    epochs = [row["epoch"] for row in history]

    def line(name: str, factor: float = 1.0) -> list[float]:
        return [factor * row[name] for row in history]

    losses = {"training": line("train_loss"), "validation": line("val_loss")}
    errors = {
        f"{words}, {part}": line(f"{short}_{rank}_error", 100)
        for rank, words in (("top1", "top-1"), ("top5", "top-5"))
        for short, part in (("train", "training"), ("val", "validation"))
    }
    size, points = (5.5, 4.0), len(epochs) <= 40
    left = curves(losses, epochs, ("epoch", "loss"), points=points, size=size)
    right = curves(errors, epochs, ("epoch", "error, %"), points=points, size=size)
    return _beside([_opened(as_png(figure)) for figure in (left, right)])


def confusion_picture(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> Image.Image:
    """Draw the confusion matrix: the share of each class (row) predicted as each (column), in percent."""
    counts = np.asarray(confusion, dtype=float)
    shares = 100 * counts / counts.sum(1, keepdims=True).clip(min=1)
    side = min(14.0, 3.5 + 0.45 * len(classes))
    names = (classes, classes) if len(classes) <= NAMED else None
    label = "row: the class; column: what it is taken for, %"
    return _opened(as_png(heatmap(shares.round(), names=names, label=label, numbers=len(classes) <= NUMBERED, size=(side + 1, side))))


def first_filters(weight: Tensor) -> Image.Image:
    """Return the filters of the first layer, (O, 3, f, f), as tiles in color, each scaled by its own largest weight."""
    tiles = [(str(channel), filter_tile(each, float(each.abs().max()))) for channel, each in enumerate(weight)]
    return labeled_grid(tiles, math.ceil(math.sqrt(2 * len(tiles))), FILTER)


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["PNG"]).convert("RGB")


def _beside(pictures: Sequence[Image.Image]) -> Image.Image:
    sheet = Image.new("RGB", (sum(each.width for each in pictures), max(each.height for each in pictures)), "white")
    left = 0
    for each in pictures:
        sheet.paste(each, (left, 0))
        left += each.width
    return sheet
