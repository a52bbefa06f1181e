"""A report in a notebook: its question, its first figures small, and its main table. The whole is the page that it writes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from PIL import Image

from pincel.images.preview import preview_tag
from pincel.studies.page import format_cell
from pincel.studies.report import Block, ChannelMatrix, Pairs, Picture, Report, Sheet, Slider, Table, WeightSliders
from pincel.studies.write import all_pairs, all_weights, as_cell, as_sheet
from pincel.translation import Language

# Figures that are shown, their long side in pixels, and rows of a table.
FIGURES, SIDE, ROWS = 3, 512, 20


def preview_html(report: Report, language: Language) -> str:
    """Return a report in short as HTML, without its plots."""
    parts = [f"<h3>{escape(report.title.text(language))}</h3>", f"<p>{escape(report.lead.text(language))}</p>"]
    figures = [figure for block in report.blocks for figure in _figures(block, language)]
    for image, caption in figures[:FIGURES]:
        parts.append(f"<figure>{preview_tag(image, SIDE)}<figcaption>{escape(caption)}</figcaption></figure>")
    tables = [block for block in report.blocks if isinstance(block, Table) and block.print_to_terminal]
    parts += [_table(table, language) for table in tables[:1]]
    return "".join(parts)


def _figures(block: Block, language: Language) -> Iterator[tuple[Image.Image, str]]:
    if isinstance(block, Picture):
        yield block.image, block.caption.text(language)
    elif isinstance(block, Sheet):
        yield as_sheet(block, language), block.caption.text(language)
    elif isinstance(block, ChannelMatrix):
        yield as_cell(block, language), block.caption.text(language)
    elif isinstance(block, Pairs):
        yield as_sheet(all_pairs(block), language), block.caption.text(language)
    elif isinstance(block, WeightSliders):
        yield as_sheet(all_weights(block), language), block.caption.text(language)
    elif isinstance(block, Slider):
        yield block.after, block.caption.text(language)


def _table(table: Table, language: Language) -> str:
    head = "".join(f"<th>{escape(title.text(language))}</th>" for title in table.columns.values())
    rows = ["".join(f"<td>{escape(format_cell(row.get(key), language))}</td>" for key in table.columns) for row in table.rows[:ROWS]]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
