"""``pincel batch``."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from pincel.cli.batch_run import paint_batch
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import LIKE_TRANSFER, SEE_TRANSFER, machine_options, objective_options, pop_recipe, quiet_option

STYLES = ("--styles", "--style")


GROUPS = {
    "The batch": ["styles", "output", "jobs", "names", "again", "dry_run"],
    "Output and machine": ["lang", "json_lines", "quiet", "workers", "cluster"],
}


class BatchCommand(GroupedCommand):
    """``--styles`` takes all arguments up to the next option, as a shell expands a pattern."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before each style."""
        return super().parse_args(ctx, spread_styles(args))


def spread_styles(args: list[str]) -> list[str]:
    """Return arguments in which ``--styles A B`` has become ``--styles A --styles B``, up to the next option or ``--``.

    Example:
        >>> spread_styles(["a.jpg", "--styles", "b.jpg", "c.jpg", "-o", "out"])
        ['a.jpg', '--styles', 'b.jpg', '--styles', 'c.jpg', '-o', 'out']
    """
    spread: list[str] = []
    within = begun = False
    for number, text in enumerate(args):
        if text == "--":
            return [*spread, *args[number:]]
        if text in STYLES:
            within, begun = True, False
            spread.append(text)
        elif text.startswith("-") and len(text) > 1:
            within = False
            spread.append(text)
        else:
            spread += [STYLES[0], text] if within and begun else [text]
            begun = True
    return spread


@click.command(
    cls=BatchCommand,
    groups=GROUPS,
    more=LIKE_TRANSFER,
    brief=SEE_TRANSFER,
    examples=(
        "pincel batch sample:harbour sample:lake --styles sample:impasto -o painted --size 192 --steps 30",
        "pincel batch 'sample:l*' --styles sample:woodcut -o painted --names '{style}/{content}.jpg' --size 192 --steps 30",
    ),
)
@click.argument("contents", metavar="PHOTOS…", nargs=-1)
@click.option("--styles", "--style", multiple=True, metavar="PAINTINGS…", help="Paintings: all arguments up to the next option.")
@click.option(
    "--jobs",
    metavar="FILE",
    help="Instead of PHOTOS and --styles, a .csv or .toml with a job a row: content, style, output, recipe, and any option of a recipe as "
    "a column. Paths in it start from its folder.",
)
@click.option(
    "--names",
    default="{content}_{style}.png",
    metavar="PATTERN",
    help="Names of results, made of {content}, {style}, {folder}, {recipe}, {number:04d}; a / makes a folder. [{content}_{style}.png]",
)
@click.option("--again", is_flag=True, help="Paint every picture again, also finished ones.")
@click.option("--dry-run", is_flag=True, help="Only list the pictures that would be painted, and estimate the time.")
@click.option("-o", "--output", required=True, metavar="DIR", help="Folder for pictures, records and the summary.")
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of index.html. [en]")
@click.option("--json", "json_lines", is_flag=True, help="Print a line of JSON for each picture.")
@quiet_option
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that paint at the same time and share threads and memory. [1]",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Paint with the workers of a Ray cluster, as many as have room or --workers: auto (on this machine) or HOST:PORT.",
)
@objective_options
@machine_options
@click.pass_context
def command(ctx: click.Context, /, contents: tuple[str, ...], styles: tuple[str, ...], **options: Any) -> None:
    """Paint each of PHOTOS in the style of each of PAINTINGS, or each row of a file of jobs, into a folder.

    PHOTOS and PAINTINGS are pictures, folders of pictures, patterns such as 'photos/*.jpg' (also in quotes), and sample:NAME.

    Each picture has its record beside it; index.html shows all pictures, summary.csv and batch.json have the numbers. A picture that
    cannot be painted is listed there and the others are painted; the exit code is 1 then, and 0 if all went well.

    The same command, run again, paints only pictures that are missing or whose photograph, painting, mask, settings or result have changed,
    or that another version of pincel made: so a batch continues after Ctrl-C.
    """
    settings = pop_recipe(options)
    if ctx.get_parameter_source("recipe") is not ParameterSource.DEFAULT:
        settings = {"recipe": options["recipe"], **settings}
    ctx.exit(paint_batch(contents, styles, settings, options))
