"""What ``grid`` and ``blend`` have in common: several pictures, side by side on a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.options import MACHINE, F, add_options, input_paths, machine_options, objective_options, pop_recipe, quiet_option
from pincel.cli.painting import EXIT_CODES, announce, check_distinct, follow

if TYPE_CHECKING:
    from pincel.engine.result import Result
    from pincel.run.machine import Machine
    from pincel.sweep import Cell


OUTPUT = ["output", "table", "folder", "quiet"]


def comparison_options(function: F) -> F:
    """Give a command the options of several runs and their sheet."""
    return add_options(
        function,
        objective_options,
        click.option("-o", "--output", required=True, metavar="OUT", help="Sheet to write: .png .jpg .webp .tif."),
        click.option("--table", metavar="FILE", help="Table of every term of the objective, a row for each picture. [beside OUT, as .csv]"),
        click.option("--folder", metavar="DIR", help="Also write every picture, with its record, into DIR."),
        quiet_option,
        machine_options,
    )


def run_comparison(content: str, cells: Sequence[Cell], columns: int, options: dict[str, Any]) -> int:
    """Paint all cells, write sheet and table; return the exit code. Ctrl-C ends with the pictures there are."""
    from pincel.run.cache import MAX_ENTRIES_SHARED, Cache
    from pincel.run.machine import Machine
    from pincel.sweep import SheetResult, settle_cells

    begin_computing()
    given = pop_recipe(options)
    styles = [(str(style), weight) for style, weight in cells[0].styles]
    sheet, table = _outputs(options, input_paths(content, styles, options["recipe"], given))
    runs = settle_cells(cells, options["recipe"], given)
    machine = Machine.resolve(**{name: options[name] for name in MACHINE}, cache=Cache(most=MAX_ENTRIES_SHARED))
    done = SheetResult(tuple(_paint_all(content, cells, runs, machine, sheet.suffix, options)), tuple(cells), columns)
    done.save(sheet, table=table)
    announce((sheet, table), options)
    return EXIT_CODES.get(done.stopped, 0)


def _outputs(options: dict[str, Any], inputs: list[Path]) -> tuple[Path, Path]:
    """Check the files of sheet and table, and return them; raises OutputError."""
    from pincel.files import check_output
    from pincel.images.io import check_format

    sheet = Path(options["output"])
    table = Path(options["table"] or sheet.with_suffix(".csv"))
    check_format(sheet)
    for path, what in ((sheet, "sheet"), (table, "table")):
        check_output(path, inputs=inputs, what=what)
    check_distinct((sheet, table))
    return sheet, table


def _paint_all(
    content: str, cells: Sequence[Cell], runs: list[dict[str, Any]], machine: Machine, suffix: str, options: dict[str, Any]
) -> Iterator[Result]:
    """Paint a picture for each cell, until a signal stops one."""
    from pincel.progress import Bar
    from pincel.sweep import paint_cells

    with Bar(quiet=options["quiet"]) as bar:

        def announce_cell(line: str) -> None:
            bar.line(line)
            bar.clear()

        painted = paint_cells(content, cells, runs, machine, bar.show, on_cell=announce_cell, follow=lambda run: follow(run, bar.show))
        for number, result in enumerate(painted, 1):
            if options["folder"]:
                Path(options["folder"]).mkdir(parents=True, exist_ok=True)
                result.save(Path(options["folder"]) / f"{number:03d}{suffix}")
            yield result
