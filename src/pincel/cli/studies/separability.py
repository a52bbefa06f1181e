"""``pincel study separability``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study separability sample:harbour sample:impasto -o separability --size 64 --steps 5",
        "pincel study separability sample:harbour sample:impasto -o separability --other-content sample:still-life --other-style "
        "sample:woodcut "
        "--lang es --size 64 --steps 5",
    )
)
@click.argument("content")
@click.argument("style")
@click.option("--other-content", default="sample:lake", metavar="PICTURE", help="The second photograph. [sample:lake]")
@click.option("--other-style", default="sample:glass", metavar="PICTURE", help="The second painting. [sample:glass]")
@click.option("--recipe", default="gatys2015-fast", metavar="NAME|FILE.toml", help="How each is painted. [gatys2015-fast]")
@study_options(size=160, steps=40)
@click.pass_context
def command(ctx: click.Context, /, content: str, style: str, **options: Any) -> None:
    """Exchange the content while the style is held, and the style while the content is held: CONTENT, STYLE, and another of each.

    The claim of Gatys, Ecker, Bethge 2015 is that the two are separable. Four pictures are painted and measured against all four
    sources, and
    their differences parted: what follows the photograph, what the painting, what both. A fifth to eighth show how α/β trades one for
    the other.
    """
    from pincel.studies.separability import study

    contents, styles = (content, options["other_content"]), (style, options["other_style"])
    recipe = options["recipe"]
    ctx.exit(
        studied(
            options, lambda settings, watch: study(contents, styles, recipe=recipe, settings=settings, watch=watch), [*contents, *styles]
        )
    )
