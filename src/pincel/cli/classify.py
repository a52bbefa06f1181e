"""``pincel classify``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pincel.cli.help_format import Verb
from pincel.cli.options import device_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pincel.classify.predict import Prediction

# Columns of a bar that stands for certainty.
WIDE = 24


@click.command(
    cls=Verb,
    examples=(
        "pincel classify sample:harbour --backbone alexnet",
        "pincel classify sample:harbour sample:lighthouse --backbone alexnet --ten-crops --top 3",
    ),
)
@click.argument("pictures", nargs=-1, required=True, metavar="IMAGE…")
@click.option(
    "--backbone",
    default="alexnet",
    metavar="NAME",
    help="Network with a classifier: a name of 'pincel backbones', a RUN of 'pincel train', or timm:NAME. [alexnet]",
)
@click.option("--top", type=click.INT, default=5, metavar="N", help="Number of answers for each picture. [5]")
@click.option("--ten-crops", is_flag=True, help="Average over center, corners and their mirror images, as in the paper of AlexNet.")
@click.option("--json", "as_lines", is_flag=True, help="Print a line of JSON for each picture.")
@device_option
def command(pictures: tuple[str, ...], backbone: str, top: int, ten_crops: bool, as_lines: bool, device: str) -> None:
    """Print what each IMAGE shows, with probabilities.

    IMAGE is a picture file, or sample:NAME. Its short side is resized to 256 pixels, and its center is classified. The classes are those of
    the training: the 1000 of ImageNet, or those of a RUN.
    """
    from pincel.classify.predict import check_top, classifier_spec, cut_crops, load_classifier
    from pincel.cli.terminal import echo

    spec = classifier_spec(backbone)
    check_top(top)
    # All of them before the network is loaded: a picture that cannot be used is reported at once.
    seen = [cut_crops(each, spec, 10 if ten_crops else 1) for each in pictures]
    network = load_classifier(spec, device)
    console = _console()
    for name, each in zip(pictures, seen, strict=True):
        found = network.predict(each, top)
        if as_lines:
            answers = [{"class": answer.name, "index": answer.index, "probability": answer.probability} for answer in found]
            echo(json.dumps({"picture": name, "backbone": spec.name, "answers": answers}, ensure_ascii=False))
        else:
            _show(console, name, found)


def _console() -> Console:
    import sys

    from rich.console import Console

    return Console(file=sys.stdout, highlight=False)


def _show(console: Console, name: str, found: Sequence[Prediction]) -> None:
    from rich.bar import Bar
    from rich.table import Table
    from rich.text import Text

    console.print(Text(name, style="bold"), overflow="ignore", crop=False)
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(width=WIDE)
    table.add_column()
    for answer in found:
        table.add_row(f"{answer.probability:8.2%}", Bar(1.0, 0.0, answer.probability, width=WIDE), Text(answer.name))
    console.print(table)
