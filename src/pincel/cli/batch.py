"""``pincel batch``."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from pincel.cli.batch_run import paint_batch
from pincel.cli.help_format import GroupedCommand, examples
from pincel.cli.options import MACHINE, machine_options, objective_options, pop_recipe, quiet_option
from pincel.recipes.schema import GROUPS as RECIPE_GROUPS

STYLES = ("--styles", "--style")


GROUPS = {
    "What is painted": ["styles", "jobs", "names", "again", "dry_run"],
    **RECIPE_GROUPS,
    "Output": ["output", "lang", "json_lines", "quiet"],
    "Workers": ["workers", "cluster", *MACHINE],
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
    epilog=examples(
        "pincel batch sample:harbour sample:lake --styles sample:impasto -o painted --size 192 --steps 30",
        "pincel batch 'sample:l*' --styles sample:woodcut -o painted --names '{style}/{content}.jpg' --size 192 --steps 30",
    ),
)
@click.argument("contents", nargs=-1)
@click.option("--styles", "--style", multiple=True, metavar="STYLES…", help="Paintings: all arguments up to the next option.")
@click.option(
    "--jobs",
    metavar="FILE",
    help="A .csv or .toml of jobs instead: content, style, output, recipe, and any option of a recipe as a column. Files are looked for "
    "beside it.",
)
@click.option(
    "--names",
    default="{content}_{style}.png",
    metavar="PATTERN",
    help="Names of results, with {content}, {style}, {folder}, {recipe}, {number:04d}; / makes folders. [{content}_{style}.png]",
)
@click.option("--again", is_flag=True, help="Also repaint what is done.")
@click.option("--dry-run", is_flag=True, help="Only list what would be painted, and an estimate of the time.")
@click.option("-o", "--output", required=True, metavar="DIR", help="Folder for pictures, records and the summary.")
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of the page. [en]")
@click.option("--json", "json_lines", is_flag=True, help="Print a JSON line for each picture on standard output.")
@quiet_option
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that share the batch; each has a part of the threads and of the memory, and a network of its own. [1]",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Paint with the workers of a Ray cluster, as many as there is room for or --workers: auto for the one of this machine, or "
    "HOST:PORT. Needs pincel[cluster].",
)
@objective_options
@machine_options
@click.pass_context
def command(ctx: click.Context, /, contents: tuple[str, ...], styles: tuple[str, ...], **options: Any) -> None:
    """Paint each of CONTENTS in the style of each of STYLES, or each row of a file of jobs, into a folder.

    CONTENTS and STYLES are pictures, folders of them, patterns such as 'photos/*.jpg' (also in quotes), and sample:NAME. All options of
    'pincel transfer' about the picture are taken. Features of a style are cached from one picture to the next.

    Beside each picture goes its record. index.html shows all with thumbnails; summary.csv and batch.json have the numbers. A picture that
    cannot be used is listed there, and the batch goes on: the exit code is 1 then, 0 if all went well.

    Run again, the same command paints only what is missing or of which something has changed: the bytes of contents, styles and masks, the
    settings, the version of pincel, or the result itself. So it also goes on after Ctrl-C, which leaves the picture under way.
    """
    settings = pop_recipe(options)
    if ctx.get_parameter_source("recipe") is not ParameterSource.DEFAULT:
        settings = {"recipe": options["recipe"], **settings}
    ctx.exit(paint_batch(contents, styles, settings, options))
