"""Groups of commands: a wrong name is answered with the closest one, and a subcommand can be a file that is imported when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import click

from pincel.errors import closest


class OrderedGroup(click.Group):
    """Lists subcommands in the order of definition. ``one`` and ``several`` are what they are called."""

    def __init__(self, *args: Any, one: str = "command", several: str = "commands", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.one, self.several = one, several

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of definition."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand; fails for an unknown name."""
        names = self.list_commands(ctx)
        if cmd_name not in names:
            ctx.fail(f"There is no {self.one} '{cmd_name}' ({self.several}: {', '.join(names)}).{closest(cmd_name, names)}")
        return super().get_command(ctx, cmd_name)


class LazyGroup(OrderedGroup):
    """A group whose help needs no imports.

    Args:
        lines: Subcommand → one line about it, in the order of the help.
        package: Package with a module for each, whose ``command`` it is.
    """

    def __init__(self, *args: Any, lines: Mapping[str, str], package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.package = lines, package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; fails for an unknown name."""
        super().get_command(ctx, cmd_name)
        return cast("click.Command", import_module(f"{self.package}.{cmd_name.replace('-', '_')}").command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section(self.several.capitalize()):
            formatter.write_dl(list(self.lines.items()))
