"""The table of verbs. A verb's file is imported when the verb is called: ``pincel --help`` loads neither torch nor pydantic."""

from __future__ import annotations

import click

from pincel.cli.table import Table
from pincel.cli.texts import examples
from pincel.version import __version__

VERBS = {
    "transfer": "Paint a photograph in the manner of a painting.",
    "texture": "Make a texture like a picture, of any size, also one that tiles.",
    "grid": "Paint once for each value of one or two options, on one sheet.",
    "blend": "Paint with one style, with another, and with steps in between.",
    "batch": "Paint many pictures, and go on with those that are missing.",
    "video": "Paint a film so that it does not flicker, with its sound.",
    "plan": "Say how much memory and time a run would take, and how it would be tiled.",
    "resume": "Go on with a run that was cut short.",
    "studio": "Paint in the browser, on a page served by this machine to itself.",
    "invert": "Rebuild a picture from what a network, HOG or SIFT knows of it.",
    "classify": "Say what a picture shows, with probabilities.",
    "train": "Train an AlexNet on your pictures, as its paper does.",
    "train-style": "Teach a network a style, or any, so that it paints in one go.",
    "quick": "Paint in one go, with a network that has learned to.",
    "export": "Write such a network as ONNX, for other programs.",
    "evaluate": "Print every term of the objective for a picture that exists.",
    "study": "See what a network sees: figures, numbers and a page that explains them.",
    "recipes": "List recipes, or print one as TOML with the source of each value.",
    "backbones": "List networks, or the layers of one.",
    "weights": "Fetch, check, import and export the files that networks are read from.",
    "samples": "Write the sample pictures into a folder.",
    "doctor": "Say what this machine offers and whether everything is in place.",
}


class Verbs(Table):
    """Verbs loaded on demand."""

    lines = VERBS
    package = "pincel.cli"
    kind = ("verb", "verbs")


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=examples(
        "pincel transfer photo.jpg painting.jpg -o painted.png",
        "pincel transfer sample:harbour sample:impasto -o painted.png --size 256 --steps 60",
    ),
)
@click.version_option(__version__, prog_name="pincel")
def app() -> None:
    """Neural style transfer, and seeing what a vision network sees.

    Give pincel a photograph and a painting, get the photograph painted. 'pincel VERB --help' explains each verb.
    """
