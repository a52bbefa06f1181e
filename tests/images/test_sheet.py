"""A contact sheet shows every picture whole, in its shape, with its caption."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFont

from pincel.errors import OptionError
from pincel.images.sheet import _in_letters_of_font, contact_sheet

RED, BLUE, CLEAR = "#ff0000", "#0000ff", "#00000000"


def solid(color: str, width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), color)


def extent(sheet: Image.Image, color: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Return left, top, width, height of what has exactly one color."""
    rows, columns = np.nonzero((np.asarray(sheet) == color).all(-1))
    return int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def test_pictures_stand_side_by_side_in_their_shape() -> None:
    sheet = contact_sheet([("wide", solid(RED, 40, 20)), ("high", solid(BLUE, 20, 40))], height=100)
    (left, top, *size), (left2, top2, *size2) = extent(sheet, (255, 0, 0)), extent(sheet, (0, 0, 255))
    assert (size, size2) == ([200, 100], [50, 100])
    assert top == top2 == left == left2 - (left + 200)


def test_the_margins_are_even_without_captions() -> None:
    sheet = contact_sheet([("", solid(RED, 20, 20))], height=160)
    left, top, width, height = extent(sheet, (255, 0, 0))
    assert left == top == sheet.width - left - width == sheet.height - top - height == 10


def test_a_caption_takes_room_and_leaves_ink() -> None:
    bare, captioned = (contact_sheet([(text, solid(RED, 200, 100))], height=100) for text in ("", "caption"))
    assert captioned.height > bare.height
    assert np.asarray(captioned)[bare.height - 6 :].min() < 100


def test_a_long_caption_is_broken_and_a_long_word_is_not_cut() -> None:
    one, three = (contact_sheet([(t, solid(RED, 60, 100))], height=100) for t in ("a", "many words " * 3))
    assert (three.width, three.height > one.height) == (one.width, True)
    assert contact_sheet([("W" * 40, solid(RED, 60, 100))], height=100).width > one.width


def test_rows_are_a_margin_apart_and_centered() -> None:
    cells = [("", solid(RED, 10, 10)), ("", solid(RED, 10, 10)), ("", solid(BLUE, 10, 10))]
    sheet = contact_sheet(cells, height=32, columns=2)
    assert extent(sheet, (255, 0, 0)) == (4, 4, 68, 32)
    assert extent(sheet, (0, 0, 255)) == (22, 40, 32, 32)


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, None, 1), (4, None, 1), (5, None, 2), (9, None, 3), (4, 3, 2), (2, 9, 1)])
def test_rows_are_filled_from_the_left(count: int, columns: int | None, rows: int) -> None:
    sheet = contact_sheet([("", solid(RED, 10, 10))] * count, height=32, columns=columns)
    assert sheet.height == rows * 32 + (rows + 1) * 4


def test_a_grid_fits_pictures_into_boxes_and_centers_them() -> None:
    cells = [("", solid(RED, 40, 10)), ("", solid(BLUE, 10, 40)), ("", solid("#00ff00", 20, 10))]
    sheet = contact_sheet(cells, height=32, width=64, columns=2)
    assert sheet.size == (2 * 64 + 3 * 4, 2 * 32 + 3 * 4)
    # Each in a box of 64×32: wide as the box, high as the box, and both; the short row starts at the left.
    assert extent(sheet, (255, 0, 0)) == (4, 4 + 8, 64, 16)
    assert extent(sheet, (0, 0, 255)) == (72 + 28, 4, 8, 32)
    assert extent(sheet, (0, 255, 0)) == (4, 40, 64, 32)


def test_columns_of_a_grid_stay_in_line_under_a_long_word() -> None:
    cells = [(text, solid(color, 20, 20)) for text, color in [("", RED), ("W" * 40, "#00ff00"), ("", RED), ("", BLUE)]]
    sheet = contact_sheet(cells, height=32, width=32, columns=2)
    green, blue = extent(sheet, (0, 255, 0)), extent(sheet, (0, 0, 255))
    assert (green[0], green[2:]) == (blue[0], blue[2:])


def test_transparent_pictures_show_the_paper() -> None:
    sheet = contact_sheet([("", solid(CLEAR, 20, 20, "RGBA"))], height=32)
    assert sheet.getcolors() == [(sheet.width * sheet.height, (250, 249, 246))]


def test_captions_are_spelled_in_the_letters_the_font_has() -> None:
    font = ImageFont.load_default(size=12)
    assert _in_letters_of_font("España · α/β 2×3", font) == "Espana · alpha/beta 2x3"


@pytest.mark.parametrize("options", [{"height": 0}, {"columns": 0}, {"height": -5}, {"width": 0}])
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="contact sheet: nothing to show · given 1 pictures"):
        contact_sheet([("", solid(RED, 9, 9))], **options)


def test_no_pictures_are_refused() -> None:
    with pytest.raises(OptionError, match="given 0 pictures"):
        contact_sheet([])
