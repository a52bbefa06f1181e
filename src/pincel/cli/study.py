"""``pincel study``: a subcommand for each study, made when it is called."""

from __future__ import annotations

import click

from pincel.cli.lazy_group import LazyGroup
from pincel.cli.studies.declared import study_command
from pincel.studies import declarations

# A study that trains networks, with a command of its own.
ABLATIONS = "An AlexNet trained whole, and without each of its parts."
*_OTHERS, _LAST = declarations.STUDIES
STUDIES = {
    **{name: declarations.STUDIES[name].summary for name in _OTHERS},
    "ablations": ABLATIONS,
    _LAST: declarations.STUDIES[_LAST].summary,
}


class StudyGroup(LazyGroup):
    """Makes the commands of declared studies."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a study; fails for an unknown name."""
        return study_command(cmd_name) if cmd_name in declarations.STUDIES else super().get_command(ctx, cmd_name)


@click.group(
    cls=StudyGroup,
    lines=STUDIES,
    package="pincel.cli.studies",
    one="study",
    several="studies",
    examples=(
        "pincel study activations sample:harbour -o activations",
        "pincel study reconstruct sample:harbour sample:impasto -o figure1 --size 96 --steps 10",
    ),
)
def command() -> None:
    """Show what a network sees in your own pictures, with numbers and figures for a lecture.

    Each study writes a folder: a page with methods and results (index.html, in English or Spanish, needs no network),
    every picture as PNG, plots as SVG too, tables as CSV, and all numbers as JSON. 'pincel study NAME --help' explains each.
    """
