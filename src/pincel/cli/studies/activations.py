"""``pincel study activations``: feature maps, ever smaller, ever more of them."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    name="activations",
    epilog=examples(
        "pincel study activations sample:harbour -o activations",
        "pincel study activations sample:lighthouse -o mapas --layers relu1_2,relu3_4 --channels 16 --size 128 --lang es",
    ),
)
@click.argument("image")
@click.option("--layers", metavar="NAMES", help="Layers whose maps are shown. [relu1_1,relu2_1,relu3_1,relu4_1,relu5_1]")
@click.option("--channels", type=click.INT, default=64, metavar="N", help="Maps shown of each, the most active first. [64]")
@study_options(size=224)
@click.pass_context
def command(ctx: click.Context, /, image: str, layers: str | None, channels: int, **options: Any) -> None:
    """Show what every layer of a network answers to IMAGE: feature maps, ever smaller, ever more of them.

    The page has the shape of every layer (n_H and n_W shrink, n_C grows), its memory, how many of its numbers are 0, which channels
    are dead, the most active maps of the layers chosen, and three channels of each laid over the picture: what do layers 1, 3 and 5
    look for?
    """
    from pincel.studies.activations import study

    ctx.exit(studied(options, lambda settings, watch: study(image, layers, channels, settings, watch), inputs=[image]))
