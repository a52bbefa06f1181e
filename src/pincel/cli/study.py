"""``pincel study``: a verb of its own for each study, imported when it is called."""

from __future__ import annotations

import click

from pincel.cli.table import Table
from pincel.cli.texts import examples

STUDIES = {
    "convolution": "A convolution step by step on a small crop: input, kernel, sum, bias, ReLU.",
    "filters": "The filters of the first layer in colour, and what they answer to.",
    "activations": "Feature maps of layers: ever smaller, ever more of them.",
    "patches": "Of a folder of photographs, the nine patches that excite each channel most.",
    "maximise": "Pictures that a channel likes better than any photograph.",
    "correlations": "Which filters go together: Gram matrices, of one picture or of many paintings.",
    "reconstruct": "Content and style rebuilt layer by layer (figure 1 of Gatys et al.).",
    "grid": "Style layers against α/β (figure 3 of Gatys et al.).",
    "pooling": "Average against maximum pooling: does the gradient flow better?",
    "separability": "Is content independent of style? One exchanged, the other held.",
    "depth": "Are the finest pictures those with content from high layers?",
    "inversion": "Photographs rebuilt from layers, HOG and SIFT: what does a code know?",
    "natural": "What a layer sees, exaggerated; pictures for a channel, kept natural.",
    "ablations": "An AlexNet trained whole, and without each of its parts.",
    "compare": "Two pictures, every term layer by layer, one over the other.",
}


class Studies(Table):
    """Studies loaded on demand."""

    lines = STUDIES
    package = "pincel.cli.studies"
    kind = ("study", "studies")


@click.group(
    cls=Studies,
    epilog=examples(
        "pincel study activations sample:harbour -o activations",
        "pincel study reconstruct sample:harbour sample:impasto -o figure1 --size 96 --steps 10",
    ),
)
def command() -> None:
    """Look at what a network sees, in your own pictures, with numbers and figures that read well in a lecture.

    Each study writes a folder: a page that explains what was done and found (index.html, in English or Spanish, needs no network),
    every picture as PNG, plots as SVG too, tables as CSV, and all numbers as JSON. 'pincel study NAME --help' explains each.
    """
