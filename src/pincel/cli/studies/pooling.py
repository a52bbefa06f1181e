"""``pincel study pooling``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study pooling sample:harbour sample:impasto -o pooling --size 64 --steps 10 --repeats 1",
        "pincel study pooling sample:lake sample:glass -o pooling --lang es --size 64 --steps 5 --repeats 2",
    )
)
@click.argument("content")
@click.argument("style")
@click.option("--repeats", type=click.INT, default=3, metavar="N", help="Seeds to paint from, with either pooling. [3]")
@click.option("--recipe", default="gatys2015", metavar="NAME|FILE.toml", help="How each is painted. [gatys2015]")
@study_options(size=160, steps=60)
@click.pass_context
def command(ctx: click.Context, /, content: str, style: str, **options: Any) -> None:
    """Put average against maximum pooling: paint CONTENT after STYLE with either, from the same noise.

    The claim of Gatys, Ecker, Bethge 2015 is that average pooling improves the gradient flow and gives slightly more appealing pictures.
    The study follows the gradient of the deepest layer down to the picture, plots the losses of the same runs, lets either network judge
    both
    pictures, and tells what comes out.
    """
    from pincel.studies.pooling import study

    own = {name: options[name] for name in ("repeats", "recipe")}
    ctx.exit(studied(options, lambda settings, watch: study(content, style, **own, settings=settings, watch=watch), [content, style]))
