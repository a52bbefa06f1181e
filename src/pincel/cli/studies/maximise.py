"""``pincel study maximise``."""

from __future__ import annotations

from typing import Any

import click

from pincel.cli.studies.common import studied, study_options
from pincel.cli.texts import examples


@click.command(
    epilog=examples(
        "pincel study maximise -o maximise --layer relu2_1 --channels 2 --size 48 --steps 8",
        "pincel study maximise -o maximise --layer relu3_1 --channels 5,17 --size 48 --steps 4 --objective neuron --parameterisation both",
    )
)
@click.option("--layer", metavar="NAME", help="Of the channels. [relu4_1]")
@click.option("--channels", default="6", metavar="LIST", help="How many, the most selective ones; or which: 0,5,17; or one: 5, [6]")
@click.option(
    "--objective", default="channel", metavar="NAME", help="What is to grow: channel (mean), neuron (middle) or direction. [channel]"
)
@click.option("--parameterisation", default="fourier", metavar="NAME", help="How pictures are written: fourier, pixels or both. [fourier]")
@click.option("--robust", default="all", metavar="NAME", help="What they bear at each step: all, jitter or none. [all]")
@study_options(size=128, steps=64)
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> None:
    """Make, from noise, the picture that a channel answers to most.

    With the network held fixed, the picture is changed step by step along the gradient of the channel's answer (Erhan 2009). Left alone,
    this finds grain that no photograph has; two remedies of Olah, Mordvintsev and Schubert (2017) are on by default: pictures are written
    as spectra scaled as in photographs, and at each step they are shifted, scaled and turned a little (--robust).

    Without a list, the channels most selective for the pictures that come with pincel are taken. The page shows each picture beside the
    sample that reaches most. The library lucid takes 512 steps; 64 are enough to see what is wanted. Ctrl-C keeps the pictures so far.
    """
    from pincel.studies.maximise import Asked, study

    asked = Asked(**{name: options[name] for name in ("layer", "channels", "objective", "parameterisation", "robust")})
    ctx.exit(studied(options, lambda settings, watch: study(asked, settings, watch)))
