"""``pincel study filters``: what the filters of a convolution look like."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    name="filters",
    epilog=examples(
        "pincel study filters -o filters",
        "pincel study filters sample:lake -o conv2_1 --layer conv2_1 --channels 2 --size 96",
    ),
)
@click.argument("image", default="sample:harbour")
@click.option("--layer", metavar="NAME", help="A convolution. [the first]")
@click.option("--channels", type=click.INT, metavar="N", help="Filters shown. [64; of a deeper layer 6]")
@study_options(size=224)
@click.pass_context
def command(ctx: click.Context, /, image: str, layer: str | None, channels: int | None, **options: Any) -> None:
    """Show the filters of the first layer in colour, what each is in numbers, and what it answers to IMAGE.

    Edges of brightness, edges of colour, flat colours: how many of each has the network learnt? Try also --backbone random-cnn, which
    has learnt nothing. Deeper filters see maps, not colours, and are shown as one small tile for each map.
    """
    from pincel.studies.filters import study

    ctx.exit(studied(options, lambda settings, watch: study(image, layer, channels, settings, watch), inputs=[image]))
