"""Help: examples first, options in titled groups, words and numbers that no line end breaks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import click

from pincel.cli.completers import complete_values
from pincel.errors import PincelError

_EVERYTHING = "help_all"
# What click adds of the range of a number: the text says it where it matters.
_RANGE = re.compile(r"  \[[^\]]*x[^\]]*\]$")
# Columns of an option and its placeholder; a longer one has a line of its own.
_LEFT = 22


class HelpFormatter(click.HelpFormatter):
    """Breaks lines at spaces alone: neither inside a long number nor after a hyphen."""

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        indent = " " * self.current_indent
        paragraphs = (wrap(each, self.width, initial_indent=indent, subsequent_indent=indent, **_WHOLE) for each in text.split("\n\n"))
        self.write("\n\n".join("\n".join(lines) for lines in paragraphs) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = _LEFT, col_spacing: int = 2) -> None:
        """Write names and what they are, in two columns."""
        rows = list(rows)
        indent = " " * self.current_indent
        left = min(max(len(name) for name, _ in rows), col_max) + col_spacing
        for name, text in rows:
            lines = wrap(text, max(self.width - left - len(indent), 10), **_WHOLE)
            beside = len(name) <= left - col_spacing and lines
            self.write(f"{indent}{name:<{left}}{lines.pop(0)}\n" if beside else f"{indent}{name}\n")
            for line in lines:
                self.write(f"{indent}{'':<{left}}{line}\n")


_WHOLE: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


class HelpContext(click.Context):
    """The context of a command whose help is written by :class:`HelpFormatter`."""

    formatter_class = HelpFormatter


class Verb(click.Command):
    """A command whose help shows examples after its first paragraph, before everything else.

    Args:
        examples: Commands that work as printed.
    """

    context_class = HelpContext

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples
        for parameter in self.params:
            complete_values(parameter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; every error knows its verb, whose help the message names."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Do what the command is for; an error about an argument of a Python function has the word of the command for it."""
        try:
            return super().invoke(ctx)
        except PincelError as error:
            error.about = _words(self.params).get(error.about, error.about)
            raise

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, first paragraph, examples, the other paragraphs and the options."""
        self.format_usage(ctx, formatter)
        first, *others = self.paragraphs(ctx)
        self._write_paragraphs(formatter, [first])
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        self._write_paragraphs(formatter, others)
        self.format_options(ctx, formatter)

    def paragraphs(self, ctx: click.Context) -> list[str]:
        """Return the paragraphs of the help."""
        return inspect.cleandoc(self.help or "").split("\n\n")

    def _write_paragraphs(self, formatter: click.HelpFormatter, paragraphs: Sequence[str]) -> None:
        for paragraph in paragraphs:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(paragraph)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options; arguments are explained by the text."""
        _write_section(formatter, "Options", _rows(ctx, self.get_params(ctx)))


def _words(parameters: Iterable[click.Parameter]) -> dict[str, str]:
    """Return argument in Python → what a person at the command line knows it as."""
    words = {"content": "PHOTO", "style": "PAINTING"}
    for each in parameters:
        long = next((name for name in each.opts if name.startswith("--")), each.opts[0])
        words[each.name or ""] = long if isinstance(each, click.Option) else (each.metavar or long.upper()).strip("[]….")
    return words


class GroupedCommand(Verb):
    """A command whose help lists its options under titles; ``--help-all`` lists those, too, that few people need.

    Args:
        groups: Title → names of parameters, in --help and --help-all.
        more: Title → names of parameters, in --help-all alone. A title that ``groups`` has as well is continued.
        brief: A paragraph that stands in --help alone: where to read about the options that are not in it.
        details: Paragraphs that stand in --help-all alone.
    """

    def __init__(
        self,
        *args: Any,
        groups: Mapping[str, Sequence[str]],
        more: Mapping[str, Sequence[str]] | None = None,
        brief: str = "",
        details: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.groups, self.more, self.brief, self.details = groups, more or {}, brief, details
        self._switches = [_help_all()] if more else []

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters, with --help-all before --help."""
        *own, last = super().get_params(ctx)
        return [*own, *self._switches, last]

    def paragraphs(self, ctx: click.Context) -> list[str]:
        """Return the paragraphs of the help that was asked for."""
        extra = self.details if _everything(ctx) else self.brief
        return [*super().paragraphs(ctx), *filter(None, inspect.cleandoc(extra).split("\n\n"))]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group, and one for the options that show help."""
        parameters = {parameter.name or "": parameter for parameter in self.get_params(ctx)}
        titles = {**self.groups, **self.more} if _everything(ctx) else self.groups
        for title in titles:
            names = [*self.groups.get(title, ()), *(self.more.get(title, ()) if _everything(ctx) else ())]
            _write_section(formatter, title, _rows(ctx, [parameters[name] for name in names]))
        own = {name for group in (self.groups, self.more) for names in group.values() for name in names}
        _write_section(formatter, "Help", _rows(ctx, [each for name, each in parameters.items() if name not in own]))


def _everything(ctx: click.Context) -> bool:
    """Return whether all options are to be shown."""
    return bool(ctx.meta.get(_EVERYTHING))


def _help_all() -> click.Option:
    """Return the option that shows all others."""

    def show(ctx: click.Context, _option: click.Parameter, given: bool) -> None:
        if given and not ctx.resilient_parsing:
            ctx.meta[_EVERYTHING] = True
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()

    return click.Option(["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show all options and exit.")


def _rows(ctx: click.Context, parameters: Iterable[click.Parameter]) -> list[tuple[str, str]]:
    """Return name and text of each option, as help shows them."""
    records = (parameter.get_help_record(ctx) for parameter in parameters if isinstance(parameter, click.Option))
    return [(name, _RANGE.sub("", text)) for name, text in filter(None, records)]


def _write_section(formatter: click.HelpFormatter, title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Write a title and rows; nothing if there are none."""
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)
