"""A command whose subcommands are files, imported when they are called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import ClassVar, cast

import click

from pincel.errors import closest


class Table(click.Group):
    """A group that knows what each subcommand is for without importing it.

    Attributes:
        lines: name → one line about it, in the order of the help.
        package: Where the file of each is.
        kind: What one is called, and several.
    """

    lines: ClassVar[Mapping[str, str]] = {}
    package: ClassVar[str] = ""
    kind: ClassVar[tuple[str, str]] = ("", "")

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the file of one subcommand."""
        one, several = self.kind
        if cmd_name not in self.lines:
            ctx.fail(f"There is no {one} '{cmd_name}' ({several}: {', '.join(self.lines)}).{closest(cmd_name, self.lines)}")
        return cast("click.Command", import_module(f"{self.package}.{cmd_name.replace('-', '_')}").command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section(self.kind[1].capitalize()):
            formatter.write_dl(list(self.lines.items()))
