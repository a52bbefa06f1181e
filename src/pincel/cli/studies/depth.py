"""``pincel study depth``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study depth sample:harbour sample:impasto -o depth --size 64 --steps 10",
        "pincel study depth sample:lighthouse sample:glass -o depth --layers relu2_2,relu4_2 --lang es --size 64 --steps 5",
    )
)
@click.argument("content")
@click.argument("style")
@click.option("--layers", metavar="LAYER,…", help="Content layers, a picture each. [relu1_1,relu2_1,relu3_1,relu4_1,relu5_1]")
@click.option("--ratio", type=click.FLOAT, default=0.3, metavar="α/β", help="Weight of the content against that of the style. [0.3]")
@click.option("--recipe", default="gatys2015-fast", metavar="NAME|FILE.toml", help="How each is painted. [gatys2015-fast]")
@study_options(size=192, steps=40)
@click.pass_context
def command(ctx: click.Context, /, content: str, style: str, **options: Any) -> None:
    """Paint CONTENT after STYLE once for each content layer, shallow to deep, with everything else the same.

    Gatys, Ecker, Bethge 2015 say that the finest pictures come from high layers (2016, figure 5: relu2_2 against relu4_2). The study
    shows the
    pictures, measures what each keeps of the photograph and takes of the painting, layer by layer, and tells what comes out.
    """
    from pincel.studies.depth import study

    own = {name: options[name] for name in ("layers", "ratio", "recipe")}
    ctx.exit(studied(options, lambda settings, watch: study(content, style, **own, settings=settings, watch=watch), [content, style]))
