"""``pincel blend``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.sheets import SheetCommand, painted_sheet, sheet_options
from pincel.cli.texts import examples


@click.command(
    cls=SheetCommand,
    epilog=examples(
        "pincel blend sample:lake sample:woodcut sample:watercolor -o strip.png --count 4 --size 128 --steps 10",
        "pincel blend sample:harbour sample:impasto sample:glass -o strip.png --folder strip --size 128 --steps 10",
    ),
)
@click.argument("content")
@click.argument("first", metavar="STYLE")
@click.argument("second", metavar="STYLE")
@click.option("--count", type=click.IntRange(min=2), default=5, metavar="N", help="Pictures, both ends included. [5]")
@sheet_options
@click.pass_context
def command(ctx: click.Context, /, content: str, first: str, second: str, **options: Any) -> None:
    """Paint CONTENT after one STYLE, after another, and after mixtures of both in equal steps; set the pictures side by side.

    What is mixed are the statistics the network sees, so the pictures in between have strokes of their own.
    """
    from pincel.sweep import blend_cells

    cells = blend_cells(first, second, options.pop("count"))
    ctx.exit(painted_sheet(content, cells, len(cells), options))
