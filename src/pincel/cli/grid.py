"""``pincel grid``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.comparison import OUTPUT, comparison_options, run_comparison
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import LIKE_TRANSFER, PAINTINGS, PHOTO, SEE_TRANSFER, parse_styles


@click.command(
    cls=GroupedCommand,
    groups={"The grid": ["rows", "columns", *OUTPUT]},
    more=LIKE_TRANSFER,
    brief=SEE_TRANSFER,
    examples=(
        "pincel grid sample:harbour sample:impasto -o weights.png --rows style-weight=1e3,1e4,1e5 --size 128 --steps 10",
        "pincel grid sample:harbour sample:woodcut -o figure3.png --recipe gatys2015-fast --size 128 --steps 10 "
        "--rows 'style-layers=relu1_1;relu1_1,relu2_1;relu1_1,relu2_1,relu3_1' --columns content-weight=10,100,1e3,1e4",
    ),
)
@click.argument("content", metavar=PHOTO)
@click.argument("style", metavar=PAINTINGS, nargs=-1, required=True)
@click.option(
    "--rows", required=True, metavar="OPTION=VALUE,…", help="Values of an option, a row each; where values have commas, ';' separates them."
)
@click.option("--columns", metavar="OPTION=VALUE,…", help="Values of another option, a column each.")
@comparison_options
@click.pass_context
def command(ctx: click.Context, /, content: str, style: tuple[str, ...], **options: Any) -> None:
    """Paint PHOTO after PAINTING once for each value of one option, or of two, and show the pictures side by side with captions.

    Every option of 'pincel transfer' with a value can be varied, also --recipe and --strength. A table beside the sheet has each term of
    the objective for every picture. Ctrl-C keeps the pictures painted so far. The second example is figure 3 of Gatys et al. 2015.
    """
    from pincel.sweep import grid_cells, parse_axis

    rows, columns = parse_axis(options.pop("rows")), options.pop("columns")
    across = parse_axis(columns) if columns else None
    cells = grid_cells(parse_styles(style), rows, across)
    ctx.exit(run_comparison(content, cells, len(across.values) if across else len(cells), options))
