"""``pincel study reconstruct``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study reconstruct sample:harbour sample:impasto -o figure1 --size 64 --steps 10",
        "pincel study reconstruct sample:lake sample:glass -o figura1 --set cvpr2016 --lang es --size 64 --steps 5",
    )
)
@click.argument("content")
@click.argument("style")
@click.option(
    "--set", "figure", default="2015", metavar="NAME", help="Content layers: 2015 (relu1_1 … 5_1) or cvpr2016 (relu1_2 … 5_2). [2015]"
)
@click.option("--pooling", type=click.Choice(["avg", "max"]), default="avg", help="As in the paper (avg) or as trained (max). [avg]")
@study_options(size=160, steps=70)
@click.pass_context
def command(ctx: click.Context, /, content: str, style: str, **options: Any) -> None:
    """Rebuild the photograph CONTENT from single layers, and the painting STYLE from its Gram matrices, from white noise.

    Figure 1 of Gatys, Ecker, Bethge 2015: low layers give the photograph back nearly pixel by pixel, high layers keep what is there and
    forget the pixels; Gram matrices of more and more layers give ever larger pieces of the painting. Ten pictures, by L-BFGS on the
    original
    network. Ctrl-C ends with those that are there.
    """
    from pincel.studies.reconstruct import study

    own = {name: options[name] for name in ("figure", "pooling")}
    ctx.exit(studied(options, lambda settings, watch: study(content, style, **own, settings=settings, watch=watch), [content, style]))
