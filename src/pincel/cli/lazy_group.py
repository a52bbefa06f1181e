"""Groups of commands: a wrong name is answered with the closest one, and a subcommand can be a file that is imported when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import click

from pincel.cli.help_format import Verb
from pincel.errors import closest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class OrderedGroup(Verb, click.Group):
    """Lists subcommands in the order of definition; without one, its help is shown. ``one`` and ``several`` are what they are called."""

    command_class = Verb

    def __init__(self, *args: Any, one: str = "command", several: str = "commands", **kwargs: Any) -> None:
        super().__init__(*args, subcommand_metavar=f"{one.upper()} …", **kwargs)
        self.one, self.several = one, several

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; where there are none, print the help and exit."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the subcommand and its arguments; 'help NAME' is 'NAME --help'."""
        if args[0] == "help" and "help" not in self.list_commands(ctx) and not ctx.resilient_parsing:
            if not args[1:]:
                click.echo(ctx.get_help(), color=ctx.color)
                ctx.exit()
            args = [*args[1:], "--help"]
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List subcommands, then options."""
        with formatter.section(self.several.capitalize()):
            formatter.write_dl(self.summaries(ctx).items())
        super().format_options(ctx, formatter)

    def summaries(self, ctx: click.Context) -> dict[str, str]:
        """Return subcommand → one line about it."""
        return {name: self.commands[name].get_short_help_str(limit=100) for name in self.list_commands(ctx)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of definition."""
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand; fails for an unknown name, unless a shell asks for completions."""
        names = self.list_commands(ctx)
        if cmd_name not in names and not ctx.resilient_parsing:
            hint = closest(cmd_name, names) or f" {self.several.capitalize()}: {', '.join(names)}."
            ctx.fail(f"There is no {self.one} '{cmd_name}'.{hint}")
        return super().get_command(ctx, cmd_name) if cmd_name in names else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return subcommands and options that begin so, without importing any subcommand."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=line) for name, line in self.summaries(ctx).items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


class LazyGroup(OrderedGroup):
    """A group whose help needs no imports.

    Args:
        lines: Subcommand → one line about it, in the order of the help.
        package: Package with a module for each, whose ``command`` it is.
    """

    def __init__(self, *args: Any, lines: Mapping[str, str], package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.package = lines, package

    def summaries(self, ctx: click.Context) -> dict[str, str]:
        """Return subcommand → one line about it."""
        return dict(self.lines)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(self.lines)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; fails for an unknown name, unless a shell asks for completions."""
        super().get_command(ctx, cmd_name)
        if cmd_name not in self.lines:
            return None
        return cast("click.Command", import_module(f"{self.package}.{cmd_name.replace('-', '_')}").command)
