"""``pincel blend``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.comparison import GROUPS, comparison_options, run_comparison
from pincel.cli.help_format import GroupedCommand, examples


@click.command(
    cls=GroupedCommand,
    groups=GROUPS,
    epilog=examples(
        "pincel blend sample:lake sample:woodcut sample:watercolor -o strip.png --count 4 --size 128 --steps 10",
        "pincel blend sample:harbour sample:impasto sample:glass -o strip.png --folder strip --size 128 --steps 10",
    ),
)
@click.argument("content")
@click.argument("first", metavar="STYLE")
@click.argument("second", metavar="STYLE")
@click.option("--count", type=click.IntRange(min=2), default=5, metavar="N", help="Pictures, both ends included. [5]")
@comparison_options
@click.pass_context
def command(ctx: click.Context, /, content: str, first: str, second: str, **options: Any) -> None:
    """Paint CONTENT after one STYLE, after another, and after mixtures of both in equal steps; set the pictures side by side.

    What is mixed are the statistics the network sees, so the pictures in between have strokes of their own.
    """
    from pincel.sweep import blend_cells

    cells = blend_cells(first, second, options.pop("count"))
    ctx.exit(run_comparison(content, cells, len(cells), options))
