"""Help: examples that click does not refill, and options in titled groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click


def examples(*lines: str) -> str:
    """Return examples for the end of a help text, one a line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


class GroupedCommand(click.Command):
    """A command whose help lists its options under titles.

    Args:
        groups: Title → names of parameters; others come last, under "Other".
    """

    def __init__(self, *args: Any, groups: Mapping[str, Sequence[str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group."""
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
