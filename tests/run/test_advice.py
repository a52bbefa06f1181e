"""What a user is told of a style before it is painted after: one picture of each kind that turns out otherwise than expected."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor

from pincel.images.picture import LoadedImage
from pincel.run.advice import style_notes

SIDE = 320


def notes(pixels: Tensor) -> list[str]:
    return list(style_notes(LoadedImage(pixels[None], None, "style.png", "")))


def painting() -> Tensor:
    return torch.rand(3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def framed() -> Tensor:
    pixels = torch.full((3, SIDE, SIDE), 0.97)
    pixels[:, 40:-40, 40:-40] = painting()[:, 40:-40, 40:-40]
    return pixels


def oval() -> Tensor:
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, SIDE), torch.linspace(-1, 1, SIDE), indexing="ij")
    return torch.where(rows.square() + columns.square() < 0.9, painting(), 1.0)


def drawing() -> Tensor:
    pixels = torch.full((3, SIDE, SIDE), 0.95)
    pixels[:, ::8] = 0.1
    return pixels


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (painting()[:, :250], r"320×250 pixels; below 300"),
        (0.08 * painting(), r"more than half of it is nearly black"),
        (framed(), r"44% of it is a plain frame.*--style-mask"),
        (oval(), r"3\d% of it is a plain frame"),
        (drawing(), r"drawing in one color; --recipe line"),
    ],
    ids=["small", "dark", "frame", "oval", "drawing"],
)
def test_a_kind_that_turns_out_otherwise_is_told(pixels: Tensor, message: str) -> None:
    (note,) = notes(pixels)
    assert note.startswith("style.png: ")
    assert re.search(message, note)


def test_nothing_is_said_of_a_painting_nor_of_what_is_dark_around_it() -> None:
    assert notes(painting()) == []
    night = painting()
    night[:, :100] = 0.15
    assert notes(night) == []
