"""What the verbs have in common that paint several pictures and set them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from pincel.cli.computing import begin_computing
from pincel.cli.options import MACHINE, F, gather, input_paths, machine_options, objective_options
from pincel.cli.painting import EXIT_CODES, stopped_by_signals
from pincel.cli.texts import GroupedCommand
from pincel.recipes.schema import GROUPS

if TYPE_CHECKING:
    from pincel.cli.progress import Bar
    from pincel.engine.result import Result
    from pincel.run.machine import Machine
    from pincel.sweep import Cell


class SheetCommand(GroupedCommand):
    """Options under titles."""

    groups: ClassVar = {**GROUPS, "Output": ["output", "table", "folder", "quiet", *MACHINE]}


def sheet_options(function: F) -> F:
    """Give a command the options of several runs and the sheet they go on."""
    output = [
        click.option("-o", "--output", required=True, metavar="OUT", help="The sheet to write: .png .jpg .webp .tif."),
        click.option("--table", metavar="FILE", help="Where the numbers go: every term of each picture. [beside OUT, as .csv]"),
        click.option("--folder", metavar="DIR", help="Also keep every picture, with its record, in DIR."),
        click.option("--quiet", is_flag=True, help="Print nothing but errors."),
    ]
    for option in reversed([objective_options, *output, machine_options]):
        function = option(function)
    return function


def painted_sheet(content: str, cells: Sequence[Cell], columns: int, options: dict[str, Any]) -> int:
    """Paint all cells, write sheet and table; return the exit code. Ctrl-C ends with what there is."""
    from pincel.cli.progress import Bar
    from pincel.cli.terminal import say
    from pincel.errors import OutputError
    from pincel.files import check_output, csv_text, write_text
    from pincel.images.io import check_format, save_picture, write_or_keep
    from pincel.run.cache import SHARED, Cache
    from pincel.run.check import check_recipe, resolve_recipe
    from pincel.run.machine import Machine
    from pincel.sweep import to_rows, to_sheet

    begin_computing()
    given = gather(options)
    sheet = Path(options["output"])
    table = Path(options["table"] or sheet.with_suffix(".csv"))
    inputs = input_paths(content, cells[0].styles, options["recipe"], given)
    check_format(sheet)
    for path, what in ((sheet, "sheet"), (table, "table")):
        check_output(path, inputs=inputs, what=what)
    if sheet.resolve() == table.resolve():
        raise OutputError(f"Two outputs would be written to one file: {sheet}. Give each its own name.")
    for cell in cells:
        # A value that is not accepted is told before the first picture, not after the last but one.
        check_recipe(resolve_recipe(cell.overrides.get("recipe", options["recipe"]), {**given, **_plain(cell)}))
    done: list[tuple[Cell, Result]] = []
    machine = Machine.resolve(**{name: options[name] for name in MACHINE}, cache=Cache(most=SHARED))
    with Bar(quiet=options["quiet"]) as bar:
        for number, cell in enumerate(cells, 1):
            bar.line(f"picture {number} of {len(cells)}: {' · '.join(cell.caption.splitlines())}")
            result = _painted(content, cell, options, given, bar, machine)
            done.append((cell, result))
            if options["folder"]:
                Path(options["folder"]).mkdir(parents=True, exist_ok=True)
                result.save(Path(options["folder"]) / f"{number:03d}{sheet.suffix}")
            if result.stopped in EXIT_CODES:
                break
    rows = to_rows(done)
    write_or_keep(partial(save_picture, to_sheet(done, columns)), sheet)
    names = list(dict.fromkeys(name for row in rows for name in row))
    write_text(table, csv_text(rows, names), what="table")
    if not options["quiet"]:
        for path in (sheet, table):
            say(str(path))
    return EXIT_CODES.get(done[-1][1].stopped, 0)


def _painted(content: str, cell: Cell, options: dict[str, Any], given: dict[str, Any], bar: Bar, machine: Machine) -> Result:
    from pincel.run.run import Run

    recipe = cell.overrides.get("recipe", options["recipe"])
    bar.clear()
    run = Run(content, list(cell.styles), recipe=recipe, on_event=bar.show, machine=machine, **{**given, **_plain(cell)})
    with stopped_by_signals(run):
        for event in run:
            bar.show(event)
    return run.result


def _plain(cell: Cell) -> dict[str, Any]:
    """Return what a cell changes of its recipe."""
    return {name: value for name, value in cell.overrides.items() if name != "recipe"}
