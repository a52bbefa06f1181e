"""``pincel blend``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.comparison import OUTPUT, comparison_options, run_comparison
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import LIKE_TRANSFER, PAINTING, PHOTO, SEE_TRANSFER


@click.command(
    cls=GroupedCommand,
    groups={"The strip": ["count", *OUTPUT]},
    more=LIKE_TRANSFER,
    brief=SEE_TRANSFER,
    examples=(
        "pincel blend sample:lake sample:woodcut sample:watercolor -o strip.png --count 4 --size 128 --steps 10",
        "pincel blend sample:harbour sample:impasto sample:glass -o strip.png --folder strip --size 128 --steps 10",
    ),
)
@click.argument("content", metavar=PHOTO)
@click.argument("first", metavar=PAINTING)
@click.argument("second", metavar=PAINTING)
@click.option("--count", type=click.IntRange(min=2), default=5, metavar="N", help="Number of pictures, both ends included. [5]")
@comparison_options
@click.pass_context
def command(ctx: click.Context, /, content: str, first: str, second: str, **options: Any) -> None:
    """Paint PHOTO after one PAINTING, after another, and after mixtures of both in equal steps, and show the pictures side by side.

    The statistics of the two paintings are mixed, not the pictures, so that each picture in between has strokes of its own.
    """
    from pincel.sweep import blend_cells

    cells = blend_cells(first, second, options.pop("count"))
    ctx.exit(run_comparison(content, cells, len(cells), options))
