"""What ``pincel study inversion`` takes."""

from __future__ import annotations

from dataclasses import dataclass

from pincel.errors import OptionError
from pincel.files import one_line
from pincel.studies.declaration import InputSpec, StudySpec, option

# More pictures in a row cannot be told apart.
MOST_REPEATS = 16


@dataclass(frozen=True)
class InversionOptions:
    """Options of the study inversion."""

    representations: str | None = option(
        "With commas: NETWORK:LAYER, a layer of --backbone, hog, hogb, dsift; * and ? for several.",
        metavar="LIST",
        shown="relu1_1 to relu5_1, hog, hogb, dsift",
    )
    lambdas: str | None = option("Weights of the total variation: the larger, the smoother.", metavar="LIST", shown="0.5,5,50")
    recipe: str = option("mahendran2015, mahendran2016 or plain.", "mahendran2015", metavar="NAME")
    experiments: str | None = option("Which, with commas.", metavar="LIST", shown="table,invariance,locality,baseline")
    repeats: int = option("Starts of the experiment on invariance.", 3, metavar="N", minimum=1)

    def __post_init__(self) -> None:
        if not 2 <= self.repeats <= MOST_REPEATS:
            raise OptionError(one_line("repeats: so many starts cannot be compared", f"{self.repeats}", f"2 to {MOST_REPEATS}", "4"))


STUDY = StudySpec(
    summary="Photographs rebuilt from layers, HOG and SIFT: what does a code know?",
    help="""Rebuild photographs from what a network, HOG or dense SIFT says of them: the experiments of Mahendran and Vedaldi 2015.

A representation turns a picture into a code. Noise is changed until its code is that of the photograph: what comes back is what the
code keeps. The study shows it for several representations and several amounts of smoothing, with the error of each (table); from
several starts, to see what a code leaves free (invariance); from 5×5 neurons alone, or half of the channels, to see what part of a
picture they determine (locality); and without any regularizer (baseline). What the paper found is put to the test on your picture.

PHOTOGRAPH is a file, a folder or sample:NAME. With two or more, errors are also given as the paper publishes them, against the
distances between photographs; pictures of different shapes are cropped to squares for that. All but the table is about the first.

A network whose weights are not there is left out, and the page says how to get them. Ctrl-C keeps the runs that are finished.
mahendran2016 counts smoothing in another unit: without --lambdas, its own weight, a tenth of it and ten times as much are tried.""",
    inputs=(InputSpec("photograph", "The picture that is looked at.", many=True, metavar="PHOTOGRAPH..."),),
    options=InversionOptions,
    size=80,
    steps=80,
    examples=(
        "pincel study inversion sample:harbour -o inversion --representations relu1_1,hog,hogb "
        "--experiments table,baseline --size 48 --steps 5",
        "pincel study inversion sample:harbour sample:lake -o inversion --representations relu1_1,dsift --lambdas 0.5,5 "
        "--experiments table --size 64 --steps 5 --lang es",
    ),
)
