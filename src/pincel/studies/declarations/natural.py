"""What ``pincel study natural`` takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pincel.errors import OptionError
from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class NaturalOptions:
    """Options of the study natural."""

    layers: str | None = option("Which are looked at.", metavar="LIST", shown="relu1_2,relu2_2,relu3_4,relu4_4,relu5_4")
    channels: str = option("Of each layer: how many, those PHOTOGRAPH excites most; or which: 3,17; or one: 3,", "4", metavar="LIST")
    # C of caricatures, one of the weights codes have in the paper: with the 1 of its caricatures, pictures of 96 pixels are smoothed away.
    weight: float = option("Of caricatures against what smoothes them; the paper has 1.", 20.0, metavar="C", minimum=0)

    def __post_init__(self) -> None:
        if not 0 < self.weight < math.inf:
            raise OptionError(f"--weight {self.weight:g}: give a number above 0.")


STUDY = StudySpec(
    summary="What a layer sees, exaggerated; pictures for a channel, kept natural.",
    help="""Exaggerate what layers see in PHOTOGRAPH, and draw natural pictures for single channels.

Two of the three views of Mahendran and Vedaldi (2016); the third, pictures rebuilt from their codes, is 'pincel invert'. A caricature
starts from the photograph and is moved so that the layer sees more of what it saw in it. A picture for one channel starts from noise
and is moved so that one unit answers more. What keeps them natural: long colors and variation cost something, colors are bounded,
and the network's view wanders. Beside them stand the same climbs without any of that, and how natural either is, by its gradients.

The paper takes 300 steps and pictures of 227 pixels: --steps 300 --size 227 --weight 1, for an evening. 'pincel study maximize' draws
channels in another manner, with spectra and turns. Ctrl-C keeps the pictures so far.""",
    inputs=(InputSpec("photograph", "The picture that is looked at."),),
    options=NaturalOptions,
    size=96,
    steps=32,
    examples=(
        "pincel study natural sample:harbour -o natural --layers relu2_2 --channels 2 --size 48 --steps 5",
        "pincel study natural sample:lake -o natural --layers relu1_2,relu3_1 --channels 3,17 --size 48 --steps 3",
    ),
)
