"""What ``pincel study reconstruct`` takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pincel.studies.declaration import InputSpec, StudySpec, option


@dataclass(frozen=True)
class ReconstructOptions:
    """Options of the study reconstruct."""

    figure: str = option("Content layers: 2015 (relu1_1 … 5_1) or cvpr2016 (relu1_2 … 5_2).", "2015", metavar="NAME", name="set")
    pooling: Literal["avg", "max"] = option("As in the paper (avg) or as trained (max).", "avg")


STUDY = StudySpec(
    summary="Content and style rebuilt layer by layer (figure 1 of Gatys et al.).",
    help="""Rebuild the photograph CONTENT from single layers, and the painting STYLE from its Gram matrices, from white noise.

Figure 1 of Gatys, Ecker, Bethge 2015: low layers give the photograph back nearly pixel by pixel, high layers keep what is there and
forget the pixels; Gram matrices of more and more layers give ever larger pieces of the painting. Ten pictures, by L-BFGS on the
original network. Ctrl-C ends with those that are there.""",
    inputs=(InputSpec("content", "The photograph."), InputSpec("style", "The painting.")),
    options=ReconstructOptions,
    size=160,
    steps=70,
    examples=(
        "pincel study reconstruct sample:harbour sample:impasto -o figure1 --size 64 --steps 10",
        "pincel study reconstruct sample:lake sample:glass -o figura1 --set cvpr2016 --lang es --size 64 --steps 5",
    ),
)
