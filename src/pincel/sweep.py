"""Many runs that differ in one or two things, for looking at them side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from typing import Any

from PIL import Image

from pincel.arguments import checked
from pincel.engine.events import Event
from pincel.engine.result import Result
from pincel.errors import OptionError, closest
from pincel.files import csv_text, one_line, write_text
from pincel.images.io import save_picture, write_or_keep
from pincel.images.preview import preview_png
from pincel.images.sheet import contact_sheet
from pincel.recipes.schema import NAMES, Recipe
from pincel.run.check import check_recipe, resolve_recipe
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.sources import Source

# Most pictures on one sheet.
MOST = 400
# Height of a picture on a sheet, in pixels.
HEIGHT = 256
# Why a run ends that has been ended from outside: then no other begins.
ENDED = ("interrupted", "terminated")


@dataclass(frozen=True)
class Axis:
    """An option, and the values it is to have one after the other.

    Attributes:
        option: A value of a recipe, ``style_weight``, or ``recipe`` itself.
        values: As they are written on the command line, or as in Python.
    """

    option: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Cell:
    """One run of several.

    Attributes:
        caption: What is special about it.
        values: What to call that in a table: column → value.
        styles: Style pictures or paths of folders of them, with weights.
        overrides: What is asked for, otherwise than in the others: values of a recipe, and ``recipe``.
    """

    caption: str
    values: Mapping[str, str]
    styles: Sequence[tuple[Source, float]]
    overrides: Mapping[str, Any] = field(default_factory=dict)


def parse_axis(text: str) -> Axis:
    """Read ``style-weight=1e3,1e4``; values with commas of their own are parted by semicolons: ``style-layers=relu1_1;relu1_1,relu2_1``.

    Raises:
        OptionError: For an option that is no value of a recipe, with the closest match, or no values.
    """
    name, sign, values = text.partition("=")
    option = name.strip().removeprefix("--").replace("-", "_")
    parts = tuple(part.strip() for part in values.split(";" if ";" in values else ",") if part.strip())
    return make_axis(option, parts if sign else ())


def make_axis(option: str, values: Sequence[Any]) -> Axis:
    """Return an axis; raises OptionError for an option that is no value of a recipe, with the closest match, or no values."""
    known = [key for key in Recipe.model_fields if key not in (*NAMES, "optimizer_options")] + ["recipe"]
    if option not in known:
        option = str(option)
        raise OptionError(f"There is no option '{option.replace('_', '-')}' to try values of.{closest(option, known)}")
    if not isinstance(values, Sequence) or isinstance(values, str):
        failed = f"grid: the values of {option} are no list"
        raise OptionError(one_line(failed, repr(values), "a list", f'{{"{option}": [VALUE, VALUE]}}'))
    if not values:
        shown = option.replace("_", "-")
        raise OptionError(f"Values are given as {shown}=VALUE,VALUE,…; there are none.")
    return Axis(option, tuple(values))


def grid_cells(styles: Sequence[tuple[Source, float]], rows: Axis, columns: Axis | None = None) -> list[Cell]:
    """Return a run for each pair of values, row by row.

    Raises:
        OptionError: If both axes are of one option, or there are more than 400 pairs.
    """
    if columns and columns.option == rows.option:
        raise OptionError(f"Rows and columns are both of {rows.option.replace('_', '-')}; give another option to one of them.")
    if len(rows.values) * len(columns.values if columns else "1") > MOST:
        raise OptionError(f"A sheet holds at most {MOST} pictures; give fewer values.")
    pairs = [{rows.option: row, **({columns.option: value} if columns else {})} for row in rows.values for value in _values(columns)]
    return [_cell(pair, styles) for pair in pairs]


def _cell(pair: Mapping[str, Any], styles: Sequence[tuple[Source, float]]) -> Cell:
    texts = {option: _text(value) for option, value in pair.items()}
    return Cell("\n".join(f"{option.replace('_', '-')} {text}" for option, text in texts.items()), texts, styles, pair)


def _text(value: Any) -> str:
    """Write a value as on the command line."""
    if isinstance(value, Mapping):
        return ",".join(f"{key}={each:g}" for key, each in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _values(axis: Axis | None) -> tuple[Any, ...]:
    return axis.values if axis else ("",)


def blend_cells(first: Source, second: Source, count: int) -> list[Cell]:
    """Return runs from one style to another, both ends included; each is a picture or a folder.

    Raises:
        OptionError: For fewer than two.
    """
    if not 2 <= count <= MOST:
        raise OptionError(f"A blend takes 2 to {MOST} pictures, not {count}.")
    shares = [index / (count - 1) for index in range(count)]
    return [Cell(f"{1 - t:.0%} / {t:.0%}", {"share": f"{t:.4g}"}, [(first, 1 - t), (second, t)]) for t in shares]


def settle_cells(cells: Sequence[Cell], recipe: Any, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the recipe and the values of each run, all checked before the first picture is painted.

    Args:
        cells: What each has of its own.
        recipe: Of the others; as for :func:`pincel.transfer`.
        values: Of the recipe, the same for all.

    Raises:
        PincelError: For what cannot be used in one of them.
    """
    runs = [{"recipe": recipe, **values, **cell.overrides} for cell in cells]
    for each in runs:
        check_recipe(resolve_recipe(each["recipe"], {name: value for name, value in each.items() if name != "recipe"}))
    return runs


def paint_cells(
    content: Source,
    cells: Sequence[Cell],
    runs: Sequence[Mapping[str, Any]],
    machine: Machine,
    on_event: Callable[[Event], None],
    *,
    on_cell: Callable[[str], None],
    follow: Callable[[Run], None],
) -> Iterator[Result]:
    """Paint a picture for each cell, until one is ended by a signal.

    Args:
        content: The photograph.
        cells: What is special about each picture.
        runs: Of :func:`settle_cells`.
        machine: Where to work; its cache keeps what pictures have in common.
        on_event: Called with the progress of what takes a while.
        on_cell: Called before each picture with a line about it.
        follow: Iterates over a run.

    Yields:
        Results, in order.
    """
    for number, (cell, values) in enumerate(zip(cells, runs, strict=True), 1):
        on_cell(f"picture {number} of {len(cells)}: {' · '.join(cell.caption.splitlines())}")
        run = Run(content, list(cell.styles), machine=machine, on_event=on_event, **values)
        follow(run)
        yield run.result
        if run.result.stopped in ENDED:
            return


@dataclass(frozen=True)
class SheetResult:
    """Several pictures on one sheet, with a table of their objectives.

    Attributes:
        results: Of the runs, in order; fewer than were asked for if they were stopped.
        cells: What is special about each.
        columns: Pictures in a row of the sheet.
    """

    results: tuple[Result, ...] = field(repr=False)
    cells: tuple[Cell, ...] = field(repr=False)
    columns: int

    @property
    def stopped(self) -> str:
        """Why the last run ended; see :class:`pincel.Result`."""
        return self.results[-1].stopped

    @cached_property
    def image(self) -> Image.Image:
        """The pictures as a table with captions."""
        widest = max(result.image.width / result.image.height for result in self.results)
        pictures = [(cell.caption, result.image) for cell, result in zip(self.cells, self.results, strict=False)]
        return contact_sheet(pictures, height=HEIGHT, columns=self.columns, width=max(1, round(HEIGHT * widest)))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each picture: what is special, why it stopped, seconds, total and each unweighted term of its objective."""
        return [_row(cell, result) for cell, result in zip(self.cells, self.results, strict=False)]

    @checked
    def save(self, path: str | PathLike[str], *, table: str | PathLike[str] | None = None) -> Path:
        """Write the sheet and its table.

        Args:
            path: Of the sheet; the extension chooses the format.
            table: Of the table; ``path`` with the extension ``.csv`` when left out.

        Returns:
            The path of the sheet.

        Raises:
            OutputError: If one cannot be written.
        """
        sheet, rows = Path(path), self.rows
        write_or_keep(partial(save_picture, self.image), sheet)
        names = list(dict.fromkeys(name for row in rows for name in row))
        write_text(sheet.with_suffix(".csv") if table is None else table, csv_text(rows, names), what="table")
        return sheet

    def _repr_png_(self) -> bytes:
        return preview_png(self.image)


def _row(cell: Cell, result: Result) -> dict[str, Any]:
    saved = result.record["saved"] or {"terms": {}}
    return {
        **cell.values,
        "stopped": result.stopped,
        "seconds": result.record["seconds"],
        "total": saved.get("total", ""),
        **saved["terms"],
    }
