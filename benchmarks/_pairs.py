"""Photographs and paintings: found by what they are called, and paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from pathlib import Path

import skimage.data
from PIL import Image

from pincel.errors import OptionError
from pincel.files import atomically, one_line, quoted
from pincel.images.io import load_picture
from pincel.samples import PREFIX, find_sample, sample_names

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")
"""Of scikit-image; they come with it."""


@dataclass(frozen=True)
class Pair:
    """A photograph to be painted after a painting, and what the two are called."""

    name: str
    content: Path
    style: Path


def default_contents() -> list[str]:
    """Return the photographs of scikit-image and the scenes that come with pincel."""
    return [*PHOTOGRAPHS, *(PREFIX + name for name, path in sample_names().items() if path.stem.startswith("scene-"))]


def default_styles() -> list[str]:
    """Return the paintings that come with pincel."""
    return [PREFIX + name for name, path in sample_names().items() if path.stem.startswith("style-")]


def find_picture(text: str, folder: Path) -> Path:
    """Return the file of a picture, so that any program can open it.

    Args:
        text: A path, ``sample:NAME``, or one of ``PHOTOGRAPHS``, which is written into the folder.
        folder: Where to.

    Raises:
        PincelError: If it is none of these, or cannot be read.
    """
    if text in PHOTOGRAPHS and not Path(text).exists():
        path = folder / f"{text}.png"
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with atomically(path) as temporary:
                Image.fromarray(getattr(skimage.data, text)()).save(temporary)
        return path.resolve()
    path = find_sample(text) if text.startswith(PREFIX) else Path(text)
    load_picture(path)
    return path.resolve()


def parse_count(text: str) -> int:
    """Read ``all``, 0, or how many pairs.

    Raises:
        OptionError: For anything else.
    """
    if text != "all" and not (text.isdecimal() and int(text) > 0):
        raise OptionError(one_line("pairs: no such number", quoted(text), "all, or 1 or more", "--pairs 6"))
    return 0 if text == "all" else int(text)


def make_pairs(contents: Sequence[Path], styles: Sequence[Path], count: int) -> list[Pair]:
    """Pair photographs and paintings.

    Args:
        contents: Photographs.
        styles: Paintings.
        count: How many pairs; 0 for all. Fewer than all are a diagonal on which each picture is met about as often as any other.
    """
    width, height = len(contents), len(styles)
    total = min(count or width * height, width * height)
    if total == width * height:
        places = [(column, row) for column in range(width) for row in range(height)]
    elif total <= height:
        places = [(k % width, k * height // total) for k in range(total)]
    else:
        # Down a diagonal, and once it has come back to where it began, down the next.
        places = [(k % width, (k + k // lcm(width, height)) % height) for k in range(total)]
    names = [_names(each) for each in (contents, styles)]
    return [Pair(f"{names[0][column]} × {names[1][row]}", contents[column], styles[row]) for column, row in places]


def _names(paths: Sequence[Path]) -> list[str]:
    """Return the stem of each; of those alike, with a number."""
    stems = [path.stem.removeprefix("scene-").removeprefix("style-") if "samples" in path.parts else path.stem for path in paths]
    return [f"{stem} ({stems[:index].count(stem) + 1})" if stem in stems[:index] else stem for index, stem in enumerate(stems)]
