"""``pincel study correlations``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study correlations sample:impasto -o style --size 96 --layers relu3_1",
        "pincel study correlations sample:impasto sample:woodcut sample:cubist -o styles --size 96 --layers relu2_1",
    )
)
@click.argument("images", metavar="IMAGE", nargs=-1, required=True)
@click.option("--layers", metavar="NAME,…", help="Layers looked at. [relu1_1,relu2_1,relu3_1,relu4_1,relu5_1]")
@click.option("--channels", type=click.INT, default=64, metavar="N", help="Channels of a layer in a heat map: the strongest. [64]")
@study_options(size=224)
@click.pass_context
def command(ctx: click.Context, /, images: tuple[str, ...], layers: str | None, channels: int, **options: Any) -> None:
    """Show which filters answer together in IMAGE: the Gram matrix, which style transfer calls style.

    Of one picture: Gram and correlation matrices of each layer, sorted into families, the pairs of filters most and least alike with
    their maps, and how much such a matrix says. Of two: where their matrices differ, and the deck's J_style layer by layer. Of three
    or more, or a folder of paintings: how far every two styles are apart, and a map of them.
    """
    from pincel.studies.correlations import study

    inputs = [name for name in images if not name.startswith("sample:")]
    ctx.exit(studied(options, lambda settings, watch: study(images, settings, watch, layers=layers, channels=channels), inputs=inputs))
