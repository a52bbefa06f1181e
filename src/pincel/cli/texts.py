"""Help texts that click must not refill, options in titled groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import click


def examples(*lines: str) -> str:
    """Format examples for the end of a help text, one a line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class GroupedCommand(click.Command):
    """A command whose help lists its options under titles.

    Attributes:
        groups: title → parameter names; those named nowhere come last, under "Other".
    """

    groups: ClassVar[Mapping[str, Sequence[str]]] = {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section a group."""
        titles = {name: title for title, names in self.groups.items() for name in names}
        sections: dict[str, list[tuple[str, str]]] = {title: [] for title in [*self.groups, "Other"]}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is not None:
                sections[titles.get(parameter.name or "", "Other")].append(row)
        for title, rows in sections.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
