"""``pincel study ablations``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.classify.recipes import ABLATIONS, BASES
from pincel.cli.completers import among
from pincel.cli.help_format import Verb
from pincel.cli.options import json_option, quiet_option
from pincel.cli.studies.common import reported

if TYPE_CHECKING:
    from pincel.studies.progress import ProgressReporter
    from pincel.studies.report import Report


@click.command(
    cls=Verb,
    examples=(
        "pincel study ablations sample:textures -o ablations --epochs 2 --without tanh",
        "pincel study ablations sample:textures -o relu --lang es --epochs 2 --without tanh --target 0.8",
    ),
)
@click.argument("data", default="sample:textures")
@click.option("-o", "--output", required=True, metavar="DIR", help="Folder for the page, the figures, the numbers and the networks.")
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of page and figures. [en]")
@click.option(
    "--recipe",
    default="alexnet-small",
    metavar="NAME",
    shell_complete=among(lambda: BASES),
    help=f"Recipe of the whole network: {' or '.join(BASES)}. [alexnet-small]",
)
@click.option("--without", metavar="LIST", help=f"Parts that are left out, one at a time. [{','.join(ABLATIONS)}]")
@click.option("--epochs", type=click.IntRange(min=1), default=20, metavar="N", help="Passes over all pictures, at most. [20]")
@click.option(
    "--target",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    default=0.25,
    metavar="SHARE",
    help="Training error up to which steps are counted, as in figure 1 of the paper. [0.25]",
)
@click.option("--seed", type=click.INT, default=0, metavar="N", help="Number of everything random. [0]")
@click.option(
    "--seeds", type=click.INT, default=1, metavar="N", help="Trainings of each network, to tell differences from chance; 3 tell more. [1]"
)
@click.option("--rates", metavar="LIST", help="Learning rates to choose from, for each network its own: 0.003,0.01. [that of the recipe]")
@click.option("--device", default="auto", metavar="NAME", help="Device to compute on: auto, cpu, cuda, cuda:N or mps. [auto]")
@json_option
@quiet_option
@click.pass_context
def command(ctx: click.Context, /, data: str, **options: Any) -> None:
    """Train an AlexNet on DATA, and again without each of its parts, to measure what each part is worth.

    The parts are those that the paper recommends: ReLU (its figure 1 counts steps to a training error of a quarter), normalization across
    channels, overlapping poolings, augmentation, dropout, the middle layers, two groups. DATA is as for 'pincel train'.

    Each network is kept in DIR/trained; the same command, run again, does not train it again. Ctrl-C shows the networks trained so far.
    """
    own = {name: options[name] for name in ("recipe", "without", "epochs", "target", "seed", "seeds", "rates", "device")}
    networks = Path(options["output"]) / "trained"

    def make(progress: ProgressReporter) -> Report:
        from pincel.studies.ablations import AblationsOptions, study

        return study(AblationsOptions(data, **own), networks, progress)

    ctx.exit(reported(options, make, inputs=[]))
