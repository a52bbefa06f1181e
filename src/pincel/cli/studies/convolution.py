"""``pincel study convolution``: multiply, add, cut off: with all the numbers."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    name="convolution",
    epilog=examples(
        "pincel study convolution -o convolution",
        "pincel study convolution sample:lighthouse -o sobel --kernel sobel-vertical --at 60,40 --crop 5 --size 128",
    ),
)
@click.argument("image", default="sample:harbour")
@click.option(
    "--filter", "channel", type=click.INT, metavar="K", help="Channel of the first layer, from 0. [one with both signs in the crop]"
)
@click.option("--at", metavar="X,Y", help="Centre, in pixels of the resized picture. [where contrast is greatest]")
@click.option("--crop", type=click.INT, metavar="N", help="Side of the crop shown in numbers, up to 14. [the kernel's and 3 more]")
@click.option("--kernel", metavar="NAME", help="sobel-vertical, sobel-horizontal, blur, sharpen or laplacian, on the picture in grey.")
@study_options(size=224)
@click.pass_context
def command(ctx: click.Context, /, image: str, channel: int | None, at: str | None, crop: int | None, **options: Any) -> None:
    """Work out a convolution on a small crop of IMAGE: input, kernel, every product, sum, bias, ReLU.

    The kernel is a filter of the first layer, and the number that comes out is compared with the network's own; or one made by hand, with
    --kernel. Then the kernel moves over the crop and over the picture, and the page says how large the output of such a layer is.
    """
    from pincel.studies.convolution import Asked, study

    asked = Asked(channel, at, crop, options.pop("kernel"))
    ctx.exit(studied(options, lambda settings, watch: study(image, asked, settings, watch), inputs=[image]))
