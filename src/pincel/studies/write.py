"""A report as files in a folder: the page, pictures as PNG, plots as SVG and PNG, animations as WebP, tables as CSV, numbers as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from pincel.errors import OutputError
from pincel.files import atomically, check_output, csv_text, one_line, quoted, write_text
from pincel.images.io import save_picture
from pincel.images.sheet import contact_sheet
from pincel.studies.animation import as_webp
from pincel.studies.matrix_view import MatrixView
from pincel.studies.page import format_cell, render_page
from pincel.studies.plots import as_png, as_svg, font_file
from pincel.studies.report import Animation, Block, ChannelMatrix, Pairs, Picture, Plot, Report, Sheet, Slider, Table, WeightSliders
from pincel.studies.slider_view import SliderView
from pincel.translation import Language, Translated, untranslated
from pincel.version import __version__

PAGE = "index.html"
NUMBERS = "numbers.json"


def check_folder(folder: Path, inputs: Sequence[Path] = ()) -> Path:
    """Make sure that a report can be written into a folder, before any work is done for it.

    Raises:
        OutputError: If it is a file, or cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(one_line("study: its folder is a file", quoted(folder), "a folder, new or not", "another name"))
    check_output(folder / PAGE, inputs=inputs, what="study")
    return folder


def write_report(report: Report, folder: Path, language: Language) -> list[Path]:
    """Write a report; each file appears whole or not at all, the page last.

    Returns:
        The files, the page first.

    Raises:
        OutputError: If one cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def translate(text: Translated) -> str:
        return text.text(language)

    files: list[Path] = []
    plots: dict[str, bytes] = {}

    def picture(name: str, image: Image.Image) -> None:
        files.append(folder / f"{name}.png")
        save_picture(image, files[-1])

    def data(name: str, content: bytes) -> None:
        files.append(folder / name)
        with atomically(files[-1], what="study") as temporary:
            temporary.write_bytes(content)

    for block in report.blocks:
        for name, image in _pictures(block, language):
            picture(name, image)
        if isinstance(block, Plot):
            figure = block.draw(translate)
            plots[block.name] = as_svg(figure)
            data(f"{block.name}.svg", plots[block.name])
            data(f"{block.name}.png", as_png(figure))
        elif isinstance(block, Animation):
            data(f"{block.name}.webp", as_webp(block, language))
        elif isinstance(block, Table):
            data(f"{block.name}.csv", as_csv(block).encode("utf-8", "backslashreplace"))
    header = {"pincel": __version__, "study": report.name, "settings": report.settings, "notes": [note.text("en") for note in report.notes]}
    files.append(folder / NUMBERS)
    write_text(files[-1], json.dumps(_plain({**header, "numbers": report.numbers}), indent=1, ensure_ascii=False) + "\n", what="study")
    write_text(folder / PAGE, render_page(report, language, plots), what="study")
    return [folder / PAGE, *files]


def _pictures(block: Block, language: Language) -> list[tuple[str, Image.Image]]:
    """Return (name, picture) of what a block writes as PNG, but for plots."""
    if isinstance(block, Picture):
        return [(block.name, block.image)]
    if isinstance(block, Sheet):
        return [(block.name, as_sheet(block, language))]
    if isinstance(block, ChannelMatrix):
        return [(block.name, as_cell(block, language))]
    if isinstance(block, Pairs):
        return [(block.name, as_sheet(all_pairs(block), language))]
    if isinstance(block, WeightSliders):
        return [(block.name, as_sheet(all_weights(block), language))]
    return [("before", block.before), ("after", block.after)] if isinstance(block, Slider) else []


def as_cell(matrix: ChannelMatrix, language: Language) -> Image.Image:
    """Return the largest cell of a matrix as one picture: the maps of its two channels, and where both answer."""
    view = MatrixView(matrix)
    size = matrix.image.size
    pictures = [image.resize(size, Image.Resampling.NEAREST) for image in view.pictures]
    cells = [(label.text(language), image) for label, image in zip(view.labels, pictures, strict=True)]
    return contact_sheet(cells, height=256, columns=3, width=round(256 * size[0] / size[1]), typeface=font_file())


def all_weights(sliders: WeightSliders) -> Sheet:
    """Return all pictures that sliders choose among, with their numbers."""
    cells = [(caption, image) for caption, (image, _costs) in zip(SliderView(sliders).captions, sliders.pictures, strict=True)]
    return Sheet(sliders.name, cells, 5, sliders.caption, height=160)


def all_pairs(pairs: Pairs) -> Sheet:
    """Return pairs as one sheet, two in a row."""
    cells = [
        (untranslated("{title}\n{caption}").fill(title=pair.title, caption=caption), image)
        for pair in pairs.pairs
        for caption, image in (pair.first, pair.second)
    ]
    return Sheet(pairs.name, cells, 4, pairs.caption, height=192)


def as_sheet(sheet: Sheet, language: Language) -> Image.Image:
    """Return a sheet as one picture with captions."""
    cells = [(caption.text(language), _squares(image, sheet.height) if sheet.pixelated else image) for caption, image in sheet.cells]
    width = max(round(sheet.height * image.width / image.height) for _, image in cells)
    return contact_sheet(cells, height=sheet.height, columns=sheet.columns, width=width, typeface=font_file())


def _squares(image: Image.Image, height: int) -> Image.Image:
    """Enlarge by a whole number, so that each pixel is a square."""
    times = max(1, height // image.height)
    return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)


def as_csv(table: Table) -> str:
    """Return the numbers of a table, in full, under their keys."""
    rows = ({key: value.text("en") if isinstance(value, Translated) else value for key, value in row.items()} for row in table.rows)
    return csv_text(rows, list(table.columns))


def as_lines(table: Table, language: Language) -> list[str]:
    """Return a table as lines of text, for a terminal."""
    rows = [[words.text(language) for words in table.columns.values()]]
    rows += [[format_cell(row.get(key), language) for key in table.columns] for row in table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    first, *others = widths
    return [
        "  ".join([row[0].ljust(first), *(cell.rjust(width) for cell, width in zip(row[1:], others, strict=True))]).rstrip() for row in rows
    ]


def _plain(value: Any) -> Any:
    """Return plain JSON values; numbers that are not finite become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
