"""``pincel study inversion``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study inversion sample:harbour -o inversion --representations relu1_1,hog,hogb --experiments table,baseline "
        "--size 48 --steps 5",
        "pincel study inversion sample:harbour sample:lake -o inversion --representations relu1_1,dsift --lambdas 0.5,5 "
        "--experiments table --size 64 --steps 5 --lang es",
    )
)
@click.argument("sources", nargs=-1, required=True, metavar="PHOTOGRAPH...")
@click.option(
    "--representations",
    metavar="LIST",
    help="With commas: NETWORK:LAYER, a layer of --backbone, hog, hogb, dsift; * and ? for several. [relu1_1 to relu5_1, hog, hogb, dsift]",
)
@click.option("--lambdas", metavar="LIST", help="Weights of the total variation: the larger, the smoother. [0.5,5,50]")
@click.option("--recipe", default="mahendran2015", metavar="NAME", help="mahendran2015, mahendran2016 or plain. [mahendran2015]")
@click.option("--experiments", metavar="LIST", help="Which, with commas. [table,invariance,locality,baseline]")
@click.option("--repeats", type=click.INT, default=3, metavar="N", help="Starts of the experiment on invariance. [3]")
@study_options(size=80, steps=80)
@click.pass_context
def command(ctx: click.Context, /, sources: tuple[str, ...], **options: Any) -> None:
    """Rebuild photographs from what a network, HOG or dense SIFT says of them: the experiments of Mahendran and Vedaldi 2015.

    A representation turns a picture into a code. Noise is changed until its code is that of the photograph: what comes back is what the
    code keeps. The study shows it for several representations and several amounts of smoothing, with the error of each (table); from
    several starts, to see what a code leaves free (invariance); from 5×5 neurons alone, or half of the channels, to see what part of a
    picture they determine (locality); and without any regulariser (baseline). What the paper found is put to the test on your picture.

    PHOTOGRAPH is a file, a folder or sample:NAME. With two or more, errors are also given as the paper publishes them, against the
    distances between photographs; pictures of different shapes are cropped to squares for that. All but the table is about the first.

    A network whose weights are not there is left out, and the page says how to get them. Ctrl-C keeps the runs that are finished.
    mahendran2016 counts smoothing in another unit: without --lambdas, its own weight, a tenth of it and ten times as much are tried.
    """
    from pincel.studies.inversion import Asked, study

    asked = Asked(**{name: options[name] for name in ("representations", "lambdas", "recipe", "experiments", "repeats")})
    ctx.exit(studied(options, lambda settings, watch: study(sources, asked, settings, watch), inputs=sources))
