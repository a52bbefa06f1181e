"""``pincel study grid``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study grid sample:harbour sample:impasto -o figure3 --ratios 1e-4,1e-2 --size 64 --steps 5",
        "pincel study grid sample:lake sample:cubist -o figura3 --ratios 1e-3 --lang es --size 64 --steps 5",
    )
)
@click.argument("content")
@click.argument("style")
@click.option("--ratios", metavar="α/β,…", help="Columns. [1e-5,1e-4,1e-3,1e-2, as in the paper, 0.1,1]")
@click.option("--recipe", default="gatys2015-fast", metavar="NAME|FILE.toml", help="How each is painted. [gatys2015-fast]")
@study_options(size=112, steps=50)
@click.pass_context
def command(ctx: click.Context, /, content: str, style: str, **options: Any) -> None:
    """Paint CONTENT after STYLE with more and more style layers (rows) and more and more weight on the content (columns).

    Figure 3 of Gatys, Ecker, Bethge 2015: normalised network, average pooling, from white noise; thirty pictures, each measured at every
    layer. 'pincel grid' varies any other option. Ctrl-C ends with the pictures there are.
    """
    from pincel.studies.grid import study

    own = {name: options[name] for name in ("ratios", "recipe")}
    ctx.exit(studied(options, lambda settings, watch: study(content, style, **own, settings=settings, watch=watch), [content, style]))
