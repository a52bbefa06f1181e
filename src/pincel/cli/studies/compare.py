"""``pincel study compare``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.options import styles
from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study compare sample:impasto sample:watercolour -o compared --size 96",
        "pincel study compare sample:harbour sample:lake -o judged --content sample:harbour --style sample:impasto --size 96",
    )
)
@click.argument("images", metavar="A [B]", nargs=-1, required=True)
@click.option("--content", metavar="FILE", help="Judge both by J: the photograph. With --record: where it is now.")
@click.option(
    "--style", multiple=True, metavar="FILE[=w]", help="Judge both by J: the painting, repeatable. With --record: where it is now."
)
@click.option("--recipe", metavar="NAME|FILE.toml", help="Whose J that is. [pincel]")
@click.option("--record", metavar="FILE.json", help="The record of A, which pincel transfer wrote beside it.")
@click.option("--layers", metavar="NAME,…", help="Layers looked at. [relu1_1,relu2_1,relu3_1,relu4_1,relu4_2,relu5_1]")
@study_options(size=384)
@click.pass_context
def command(ctx: click.Context, /, images: tuple[str, ...], record: str | None, layers: str | None, **options: Any) -> None:
    """Compare A and B: one over the other, pixel by pixel and layer by layer, in content and in style.

    With --content and --style both are judged by every term of J, as 'pincel evaluate' does, side by side. With --record, A is the result
    of a run: it is compared with its photograph, and the page shows how the run went, what it was asked for, and whether the picture is
    as good as its record says.
    """
    from pincel.studies.compare import Aim, study

    pairs = styles(options["style"])
    aim = Aim(options["content"], pairs, options["recipe"])
    inputs = [name for name in (*images, options["content"], record, options["recipe"], *(path for path, _ in pairs)) if name]
    ctx.exit(studied(options, lambda settings, watch: study(images, settings, watch, layers=layers, aim=aim, record=record), inputs=inputs))
