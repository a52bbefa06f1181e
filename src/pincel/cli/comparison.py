"""What ``grid`` and ``blend`` have in common: several pictures, side by side on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pincel.cli.computing import begin_computing
from pincel.cli.options import MACHINE, F, add_options, input_paths, machine_options, objective_options, pop_recipe, quiet_option
from pincel.cli.painting import EXIT_CODES, announce, check_distinct, follow
from pincel.recipes.schema import GROUPS as RECIPE_GROUPS

if TYPE_CHECKING:
    from pincel.engine.result import Result
    from pincel.sweep import Cell


GROUPS = {**RECIPE_GROUPS, "Output": ["output", "table", "folder", "quiet", *MACHINE]}


def comparison_options(function: F) -> F:
    """Give a command the options of several runs and their sheet."""
    return add_options(
        function,
        objective_options,
        click.option("-o", "--output", required=True, metavar="OUT", help="The sheet to write: .png .jpg .webp .tif."),
        click.option("--table", metavar="FILE", help="Table of every term of each picture. [beside OUT, as .csv]"),
        click.option("--folder", metavar="DIR", help="Also write every picture, with its record, to DIR."),
        quiet_option,
        machine_options,
    )


def run_comparison(content: str, cells: Sequence[Cell], columns: int, options: dict[str, Any]) -> int:
    """Paint all cells, write sheet and table; return the exit code. Ctrl-C ends with the pictures there are."""
    from pincel.files import csv_text, write_text
    from pincel.images.io import save_picture, write_or_keep
    from pincel.run.check import check_recipe, resolve_recipe
    from pincel.sweep import to_rows, to_sheet

    begin_computing()
    given = pop_recipe(options)
    sheet, table = _outputs(options, input_paths(content, cells[0].styles, options["recipe"], given))
    runs = [{"recipe": options["recipe"], **given, **cell.overrides} for cell in cells]
    for values in runs:
        # All of them before the first picture is painted.
        check_recipe(resolve_recipe(values["recipe"], {name: value for name, value in values.items() if name != "recipe"}))
    done = _paint_all(content, cells, runs, sheet.suffix, options)
    rows = to_rows(done)
    write_or_keep(partial(save_picture, to_sheet(done, columns)), sheet)
    names = list(dict.fromkeys(name for row in rows for name in row))
    write_text(table, csv_text(rows, names), what="table")
    announce((sheet, table), options)
    return EXIT_CODES.get(done[-1][1].stopped, 0)


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
    content: str, cells: Sequence[Cell], runs: list[dict[str, Any]], suffix: str, options: dict[str, Any]
) -> list[tuple[Cell, Result]]:
    """Paint a picture for each cell, until a signal stops one."""
    from pincel.progress import Bar
    from pincel.run.cache import MAX_ENTRIES_SHARED, Cache
    from pincel.run.machine import Machine
    from pincel.run.run import Run

    done: list[tuple[Cell, Result]] = []
    machine = Machine.resolve(**{name: options[name] for name in MACHINE}, cache=Cache(most=MAX_ENTRIES_SHARED))
    with Bar(quiet=options["quiet"]) as bar:
        for number, (cell, values) in enumerate(zip(cells, runs, strict=True), 1):
            bar.line(f"picture {number} of {len(cells)}: {' · '.join(cell.caption.splitlines())}")
            bar.clear()
            run = Run(content, list(cell.styles), machine=machine, on_event=bar.show, **values)
            follow(run, bar.show)
            done.append((cell, run.result))
            if options["folder"]:
                Path(options["folder"]).mkdir(parents=True, exist_ok=True)
                run.result.save(Path(options["folder"]) / f"{number:03d}{suffix}")
            if run.result.stopped in EXIT_CODES:
                break
    return done
