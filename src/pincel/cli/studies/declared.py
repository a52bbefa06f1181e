"""``pincel study NAME``: a command made from what the study declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pincel.cli.help_format import Verb
from pincel.cli.studies.common import reported

if TYPE_CHECKING:
    from pincel.studies.progress import ProgressReporter
    from pincel.studies.report import Report
    from pincel.studies.study_spec import InputSpec, OptionSpec, StudySpec


def study_command(name: str) -> click.Command:
    """Return the command of a study of :data:`pincel.studies.declarations.STUDIES`."""
    from pincel.studies.declarations import STUDIES
    from pincel.studies.settings import common_options
    from pincel.studies.study_spec import options_of

    spec = STUDIES[name]
    parameters = [
        *_arguments(spec),
        *map(_option, options_of(spec.options)),
        click.Option(["-o", "--output"], required=True, metavar="DIR", help="Folder for the page, the figures and the numbers."),
        *map(_option, common_options(spec)),
        click.Option(["--json", "json_lines"], is_flag=True, help="Print events as JSON lines on standard output."),
        click.Option(["--quiet"], is_flag=True, help="Print nothing but errors."),
    ]

    def run(**values: Any) -> None:
        click.get_current_context().exit(_made(name, spec, values))

    return Verb(name, callback=run, params=parameters, help=spec.help, examples=spec.examples)


def _given(spec: InputSpec, value: Any) -> Any:
    return spec.all_of(value) if spec.many else value


def _made(name: str, spec: StudySpec, values: dict[str, Any]) -> int:
    """Make a study of what was given; return the exit code."""
    from pincel.studies.study_spec import options_of

    inputs = [values["pictures"]] if spec.together else [_given(each, values[each.name]) for each in spec.inputs]
    named = [*inputs, *(values[each.field] for each in options_of(spec.options) if each.type is str and (each.local or each.picture))]
    files = [text for given in named if given for text in (given if isinstance(given, tuple) else (given,))]

    def make(progress: ProgressReporter) -> Report:
        from pincel.studies.public import make_study

        return make_study(name, inputs, values, progress)

    return reported(values, make, files)


def _arguments(spec: StudySpec) -> list[click.Argument]:
    if spec.together:
        return [click.Argument(["pictures"], metavar=spec.together, nargs=-1, required=True)]
    return [_argument(each) for each in spec.inputs]


def _argument(spec: InputSpec) -> click.Argument:
    if spec.many:
        return click.Argument([spec.name], metavar=spec.metavar, nargs=-1, required=spec.default is None)
    return click.Argument([spec.name], metavar=spec.metavar, default=spec.default, required=spec.default is None)


def _option(spec: OptionSpec) -> click.Option:
    text = spec.help + (f" [{spec.shown}]" if spec.shown else "")
    names = [f"--{spec.name}", spec.field]
    if spec.type is bool:
        return click.Option(names, is_flag=True, help=text)
    kind: click.ParamType[Any] | type = click.Choice(spec.choices) if spec.choices else spec.type
    if spec.field == "steps":
        # To the settings, 0 steps are a study without an optimizer.
        kind = click.IntRange(min=1)
    return click.Option(names, type=kind, default=spec.default, multiple=spec.many, metavar=spec.metavar, help=text)
