"""``pincel texture``."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from pincel.cli.distributed import is_worker, work
from pincel.cli.help_format import GroupedCommand, examples
from pincel.cli.transfer import GROUPS, painting_options, run_transfer


@click.command(
    cls=GroupedCommand,
    groups={"The texture": ["aspect", "tileable"], **GROUPS},
    epilog=examples(
        "pincel texture sample:pointillism -o dots.png --size 192 --steps 20",
        "pincel texture sample:glass -o floor.png --size 192 --aspect 2:1 --steps 20 --tileable",
    ),
)
@click.argument("style", nargs=-1, required=True)
@click.option("--aspect", default="1:1", metavar="W:H", help="Shape of the texture; its long side is --size. [1:1]")
@click.option("--tileable", is_flag=True, help="Make opposite edges continue each other; short for --padding circular.")
@painting_options
@click.pass_context
def command(ctx: click.Context, /, style: tuple[str, ...], **options: Any) -> None:
    """Make a texture of any size that looks like the picture STYLE everywhere, or like several.

    STYLE is a picture file, or sample:NAME; it may carry a weight: bricks.jpg=0.7 moss.jpg=0.3. Nothing is copied: the texture is painted
    from noise until the network sees the same statistics in it as in STYLE, the Gram matrices of its layers.

    Options and what is written are those of 'pincel transfer'; the recipe is texture-fast, Gatys et al. 2015 coarse to fine.
    """
    if is_worker():
        ctx.exit(work())
    if ctx.get_parameter_source("recipe") is ParameterSource.DEFAULT:
        options["recipe"] = "texture-fast"
    from pincel.recipes import RECIPES
    from pincel.run.texture import blank_content, tileable_padding

    if options.pop("tileable"):
        options["padding"] = tileable_padding(options["padding"])
    blank = blank_content(options.pop("aspect"), RECIPES.find(options["recipe"]).recipe, options["size"])
    ctx.exit(run_transfer(blank, style, options))
