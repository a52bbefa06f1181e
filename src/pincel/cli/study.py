"""``pincel study``: a verb of its own for each study, made when it is called."""

from __future__ import annotations

import click

from pincel.cli.studies.declared import study_command
from pincel.cli.table import Table
from pincel.cli.texts import examples
from pincel.studies import declarations

# This one trains networks instead of looking at pictures, and has a command of its own.
ABLATIONS = "An AlexNet trained whole, and without each of its parts."
*_OTHERS, _LAST = declarations.STUDIES
STUDIES = {
    **{name: declarations.STUDIES[name].summary for name in _OTHERS},
    "ablations": ABLATIONS,
    _LAST: declarations.STUDIES[_LAST].summary,
}


class Studies(Table):
    """Studies loaded on demand."""

    lines = STUDIES
    package = "pincel.cli.studies"
    kind = ("study", "studies")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command of one study."""
        return study_command(cmd_name) if cmd_name in declarations.STUDIES else super().get_command(ctx, cmd_name)


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
