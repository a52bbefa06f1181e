"""Pictures side by side with captions, as a figure of a paper shows them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from pincel.errors import OptionError
from pincel.files import one_line

Font: TypeAlias = ImageFont.ImageFont | ImageFont.FreeTypeFont

_SIGNS = {"\u00d7": "x", "\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2192": "->", "\u2248": "~"}
_PAPER = (250, 249, 246)
_INK = (45, 43, 40)


def contact_sheet(
    cells: Sequence[tuple[str, Image.Image]],
    *,
    height: int = 384,
    columns: int | None = None,
    width: int | None = None,
    typeface: str | None = None,
) -> Image.Image:
    """Set pictures in rows, each with its caption underneath, on warm white.

    Every picture is scaled to ``height`` with its aspect kept. Rows are filled from the left and centered; a
    caption wider than its picture is broken into lines between words. With a ``width``, pictures are fitted into
    boxes of that width and height instead, and the boxes stand in a grid: rows and columns as in a table.

    Args:
        cells: (caption, picture), in reading order; a caption may be empty and may hold line breaks.
        height: Rows of each picture.
        columns: Pictures in a row; None for as many as make the sheet about as wide as it is high, or all of
            them if they are four or fewer.
        width: Columns of each box in pixels; None for each picture as wide as its shape asks for.
        typeface: A TrueType file for the captions; None for the one inside Pillow, which has little beyond English.

    Returns:
        An RGB image.

    Raises:
        OptionError: without any cell, or for a height, a width or a number of columns below 1.
    """
    if not cells or any(number is not None and number < 1 for number in (height, columns, width)):
        given = f"{len(cells)} pictures, height {height}, columns {columns}" + (f", width {width}" if width is not None else "")
        raise OptionError(one_line("contact sheet: nothing to show", given, "1 or more of each", "a picture"))
    # The boxes of a grid are small, and their captions are read across a page.
    points = max(10, height // (20 if width is None else 14))
    font = ImageFont.truetype(typeface, points) if typeface else ImageFont.load_default(size=points)
    margin = max(4, height // 16)
    tiles = [_tile(caption, picture, (width, height), font) for caption, picture in cells]
    if width is not None:
        tiles = [_padded(tile, max(tile.width for tile in tiles)) for tile in tiles]
    across = columns or (len(tiles) if len(tiles) <= 4 else math.ceil(math.sqrt(len(tiles))))
    rows = [tiles[start : start + across] for start in range(0, len(tiles), across)]
    widths = [sum(tile.width for tile in row) + margin * (len(row) - 1) for row in rows]
    heights = [max(tile.height for tile in row) for row in rows]
    size = (max(widths) + 2 * margin, sum(heights) + margin * (len(rows) + 1))
    sheet = Image.new("RGB", size, _PAPER)
    top = margin
    for row, taken, tallest in zip(rows, widths, heights, strict=True):
        # A short row of a grid starts where the others do.
        left = margin if width is not None else (size[0] - taken) // 2
        for tile in row:
            sheet.paste(tile, (left, top))
            left += tile.width + margin
        top += tallest + margin
    return sheet


def _tile(caption: str, picture: Image.Image, box: tuple[int | None, int], font: Font) -> Image.Image:
    """Return one picture on paper, centered in its box of (width, height), with its caption underneath."""
    height = box[1]
    rows = height if box[0] is None else min(height, max(1, round(picture.height * box[0] / picture.width)))
    across = max(1, round(picture.width * rows / picture.height))
    width = across if box[0] is None else box[0]
    scaled = picture.convert("RGBA").resize((min(across, width), rows), Image.Resampling.LANCZOS)
    lines = [part for line in _in_letters_of_font(caption, font).splitlines() for part in _wrapped(line, width, font)]
    # A word may be wider than a thin picture; every line takes the height of letters that reach up and down.
    whole = max(width, *(math.ceil(font.getlength(line)) for line in lines), 0)
    gap, leading = max(3, height // 32), math.ceil(font.getbbox("Ág")[3] * 1.15)
    tile = Image.new("RGB", (whole, height + (gap + leading * len(lines) if lines else 0)), _PAPER)
    tile.paste(scaled, ((whole - scaled.width) // 2, (height - scaled.height) // 2), scaled)
    pen = ImageDraw.Draw(tile)
    for row, line in enumerate(lines):
        pen.text((whole / 2, height + gap + leading * row), line, font=font, fill=_INK, anchor="ma")
    return tile


def _padded(tile: Image.Image, width: int) -> Image.Image:
    """Return a tile with paper on both sides."""
    wide = Image.new("RGB", (width, tile.height), _PAPER)
    wide.paste(tile, ((width - tile.width) // 2, 0))
    return wide


def _in_letters_of_font(caption: str, font: Font) -> str:
    """Rewrite the letters a font lacks in those it has; the one built into Pillow has few beyond ASCII."""
    lacking = bytes(font.getmask("\ue000"))
    # A space, too, has an empty mask of its own, so only what is not ASCII is asked for.
    return "".join(_in_ascii(letter) if not letter.isascii() and bytes(font.getmask(letter)) == lacking else letter for letter in caption)


def _in_ascii(letter: str) -> str:
    """Return the nearest ASCII: é becomes e, the Greek beta its name, the multiplication sign x."""
    if letter in _SIGNS:
        return _SIGNS[letter]
    if "\u0370" <= letter <= "\u03ff":
        return unicodedata.name(letter, "?").split()[-1].lower()
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return plain or "?"


def _wrapped(line: str, width: int, font: Font) -> list[str]:
    """Break a line between words so that no part is wider than ``width`` where the words allow it."""
    parts: list[str] = []
    for word in line.split():
        if parts and font.getlength(f"{parts[-1]} {word}") <= width:
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    return parts
