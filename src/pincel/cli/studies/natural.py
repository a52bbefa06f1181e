"""``pincel study natural``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study natural sample:harbour -o natural --layers relu2_2 --channels 2 --size 48 --steps 5",
        "pincel study natural sample:lake -o natural --layers relu1_2,relu3_1 --channels 3,17 --size 48 --steps 3",
    )
)
@click.argument("photograph")
@click.option("--layers", metavar="LIST", help="Which are looked at. [relu1_2,relu2_2,relu3_4,relu4_4,relu5_4]")
@click.option(
    "--channels", default="4", metavar="LIST", help="Of each layer: how many, those PHOTOGRAPH excites most; or which: 3,17; or one: 3, [4]"
)
@click.option(
    "--weight", type=click.FLOAT, default=20.0, metavar="C", help="Of caricatures against what smoothes them; the paper has 1. [20]"
)
@study_options(size=96, steps=32)
@click.pass_context
def command(ctx: click.Context, /, photograph: str, **options: Any) -> None:
    """Exaggerate what layers see in PHOTOGRAPH, and draw natural pictures for single channels.

    Two of the three views of Mahendran and Vedaldi (2016); the third, pictures rebuilt from their codes, is 'pincel invert'. A caricature
    starts from the photograph and is moved so that the layer sees more of what it saw in it. A picture for one channel starts from noise
    and is moved so that one unit answers more. What keeps them natural: long colours and variation cost something, colours are bounded, and
    the network's view wanders. Beside them stand the same climbs without any of that, and how natural either is, by its gradients.

    The paper takes 300 steps and pictures of 227 pixels: --steps 300 --size 227 --weight 1, for an evening. 'pincel study maximise' draws
    channels in another manner, with spectra and turns. Ctrl-C keeps the pictures so far.
    """
    from pincel.studies.natural import Asked, study

    asked = Asked(options["layers"], options["channels"], options["weight"])
    ctx.exit(studied(options, lambda settings, watch: study(photograph, asked, settings, watch), inputs=[photograph]))
