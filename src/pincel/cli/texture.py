"""``pincel texture``."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from pincel.cli.distributed import is_worker, work
from pincel.cli.help_format import GroupedCommand
from pincel.cli.options import PAINTINGS, SEE_TRANSFER
from pincel.cli.transfer import GROUPS, MORE, painting_options, run_transfer


@click.command(
    cls=GroupedCommand,
    groups={"The texture": ["aspect", "tileable"]},
    more={**GROUPS, **MORE},
    brief=SEE_TRANSFER,
    examples=(
        "pincel texture sample:pointillism --size 192 --steps 20",
        "pincel texture sample:glass -o floor.png --size 192 --aspect 2:1 --steps 20 --tileable",
    ),
)
@click.argument("style", metavar=PAINTINGS, nargs=-1, required=True)
@click.option("--aspect", default="1:1", metavar="W:H", help="Width and height of the texture in proportion; the longer is --size. [1:1]")
@click.option(
    "--tileable", is_flag=True, help="Let opposite edges fit each other, so that the texture can be tiled; short for --padding circular."
)
@painting_options
@click.pass_context
def command(ctx: click.Context, /, style: tuple[str, ...], **options: Any) -> None:
    """Make a texture of any size that looks like PAINTING everywhere, or like several.

    PAINTING is a picture file, or sample:NAME; several are mixed, by their weights if given: bricks.jpg=0.7 moss.jpg=0.3. Nothing is
    copied: the texture is painted from noise until its features have the statistics of those of PAINTING, their Gram matrices.

    It is written to PAINTING-texture.png unless -o names a file. The recipe is texture-fast: Gatys et al. 2015, in smaller sizes first.
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
