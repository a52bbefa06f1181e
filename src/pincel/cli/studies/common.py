"""What all studies have in common: where they write, in which language, with which network; and that Ctrl-C keeps what is found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.options import F
from pincel.cli.painting import EXIT_CODES, stopped_by_signals

if TYPE_CHECKING:
    from pincel.studies.report import Report
    from pincel.studies.settings import Settings
    from pincel.studies.watch import Watch


def study_options(*, size: int, steps: int | None = None) -> Callable[[F], F]:
    """Give a command the options of every study.

    Args:
        size: Default long side of its pictures.
        steps: Default number of steps; None for a study without an optimiser.
    """
    options = [
        click.option("-o", "--output", required=True, metavar="DIR", help="Folder for the page, the figures and the numbers."),
        click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of page and figures. [en]"),
        click.option("--backbone", default="vgg19", metavar="NAME", help="The network; 'pincel backbones' lists them. [vgg19]"),
        click.option("--size", type=click.INT, default=size, metavar="N", help=f"Long side of the pictures in pixels. [{size}]"),
        click.option("--seed", type=click.INT, default=0, metavar="N", help="Of whatever is drawn at random. [0]"),
        click.option("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]"),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
    ]
    if steps is not None:
        shown = click.option("--steps", type=click.IntRange(min=1), default=steps, metavar="N", help=f"Steps of the optimizer. [{steps}]")
        options.insert(4, shown)

    def give(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return give


def settings_of(options: dict[str, Any]) -> Settings:
    """Return what every study can be told, from the options of one; raises OptionError."""
    from pincel.studies.settings import Settings

    names = ("size", "backbone", "seed", "device")
    return Settings(**{name: options[name] for name in names}, steps=options.get("steps", 0))


def studied(options: dict[str, Any], make: Callable[[Settings, Watch], Report], inputs: Iterable[str] = ()) -> int:
    """Make a study of pictures that a network looks at; see :func:`reported`.

    Args:
        options: Of the command.
        make: The study: settings and watch → report.
        inputs: Files it reads, which must not be overwritten.
    """
    settings = settings_of(options)
    return reported(options, lambda watch: make(settings, watch), inputs)


def reported(options: dict[str, Any], make: Callable[[Watch], Report], inputs: Iterable[str] = ()) -> int:
    """Make a study, write it, say where its page is.

    Args:
        options: Of the command: ``output``, ``lang`` and ``quiet``.
        make: The study: watch → report.
        inputs: Files it reads, which must not be overwritten.

    Returns:
        The exit code.

    Raises:
        PincelError: For whatever cannot be used.
    """
    from pincel.cli.progress import Bar
    from pincel.cli.terminal import say
    from pincel.studies.report import Table
    from pincel.studies.watch import Watch
    from pincel.studies.write import as_lines, check_folder, write

    begin_computing()
    folder = check_folder(Path(options["output"]), [Path(path) for path in inputs if Path(path).is_file()])
    with Bar(quiet=options["quiet"]) as bar:
        watch = Watch(bar.show)
        with stopped_by_signals(watch):
            report = make(watch)
    page, *_ = write(report, folder, options["lang"])
    if not options["quiet"]:
        for table in (block for block in report.blocks if isinstance(block, Table) and block.spoken):
            say("\n".join([*as_lines(table, options["lang"]), ""]))
        say(str(page))
    return EXIT_CODES.get(watch.stopped, 0)
