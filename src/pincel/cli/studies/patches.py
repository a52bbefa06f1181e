"""``pincel study patches``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study patches sample:harbour sample:lake sample:impasto -o patches --size 96 --layers relu1_1,relu2_1",
        "pincel study patches sample:harbour sample:woodcut -o patches --size 96 --layers relu3_1 --channels 0,5,17 --lang es",
    )
)
@click.argument("sources", nargs=-1, required=True, metavar="DIR...")
@click.option("--layers", metavar="NAMES", help="Layers, with commas. [relu1_1,relu3_1,relu5_1]")
@click.option("--channels", default="9", metavar="LIST", help="How many, the most selective ones; or which: 0,5,17; or one: 5, [9]")
@click.option("--top", type=click.INT, default=9, metavar="N", help="Patches of each channel, one a photograph. [9]")
@click.option("--explain", default="guided", metavar="NAME", help="Which pixels did it: guided, deconvolution, gradient or none. [guided]")
@click.option("--recursive", is_flag=True, help="Search folders inside folders too.")
@study_options(size=224)
@click.pass_context
def command(ctx: click.Context, /, sources: tuple[str, ...], **options: Any) -> None:
    """Find the patches that excite each channel most, in a folder of photographs.

    Zeiler and Fergus (2013) asked a network what it had learnt by showing it many photographs and keeping, for a channel, the nine places
    where it answered most. Shallow channels turn out to look for edges and colours, deeper ones for textures, then for parts of things.

    DIR is a folder of photographs; several folders, single files and sample:NAME go as well. Each photograph is opened, looked at and
    forgotten, so a folder may be larger than the memory; files that cannot be read are left out and named. Beside each patch stands
    which of its pixels made the channel answer: guided backpropagation (Springenberg 2015), the deconvolution of Zeiler and Fergus, or
    the plain gradient. Ctrl-C keeps what is found.
    """
    from pincel.studies.patches import Asked, study

    names = ("layers", "channels", "top", "explain", "recursive")
    asked = Asked(**{name: options[name] for name in names})
    ctx.exit(studied(options, lambda settings, watch: study(sources, asked, settings, watch), inputs=sources))
