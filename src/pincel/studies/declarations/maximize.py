"""What ``pincel study maximize`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.studies.declaration import StudySpec, option


@dataclass(frozen=True)
class MaximizeOptions:
    """Options of the study maximize."""

    layer: str | None = option("Of the channels.", metavar="NAME", shown="relu4_1")
    channels: str = option("How many, the most selective ones; or which: 0,5,17; or one: 5,", "6", metavar="LIST")
    objective: str = option("What is to grow: channel (mean), neuron (middle) or direction.", "channel", metavar="NAME")
    parameterisation: str = option("How pictures are written: fourier, pixels or both.", "fourier", metavar="NAME")
    robust: str = option("What they bear at each step: all, jitter or none.", "all", metavar="NAME")


STUDY = StudySpec(
    summary="Pictures that a channel likes better than any photograph.",
    help="""Make, from noise, the picture that a channel answers to most.

With the network held fixed, the picture is changed step by step along the gradient of the channel's answer (Erhan 2009). Left alone,
this finds grain that no photograph has; two remedies of Olah, Mordvintsev and Schubert (2017) are on by default: pictures are written
as spectra scaled as in photographs, and at each step they are shifted, scaled and turned a little (--robust).

Without a list, the channels most selective for the pictures that come with pincel are taken. The page shows each picture beside the
sample that reaches most. The library lucid takes 512 steps; 64 are enough to see what is wanted. Ctrl-C keeps the pictures so far.""",
    inputs=(),
    options=MaximizeOptions,
    size=128,
    steps=64,
    examples=(
        "pincel study maximize -o maximize --layer relu2_1 --channels 2 --size 48 --steps 8",
        "pincel study maximize -o maximize --layer relu3_1 --channels 5,17 --size 48 --steps 4 --objective neuron --parameterisation both",
    ),
)
