"""Several pictures on one sheet: values of options, or steps from one style to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, TypeAlias, Unpack

from pincel.arguments import checked
from pincel.engine.events import Event, Notice
from pincel.errors import OptionError
from pincel.files import one_line
from pincel.progress import Bar, showing
from pincel.recipes.schema import Recipe
from pincel.recipes.values import RecipeValues
from pincel.run.cache import MAX_ENTRIES_SHARED, Cache
from pincel.run.machine import Machine
from pincel.run.run import Run
from pincel.sources import Source, Styles, weighted
from pincel.sweep import Axis, Cell, SheetResult, blend_cells, grid_cells, make_axis, paint_cells, parse_axis, settle_cells

# An option and its values: {"strength": [0.5, 1, 2]}, or as on the command line: "strength=0.5,1,2".
Values: TypeAlias = str | Mapping[str, Sequence[Any]]


@checked
def grid(  # noqa: PLR0913 - each is a choice of the caller's
    content: Source,
    style: Styles,
    *,
    rows: Values,
    columns: Values | None = None,
    recipe: str | PathLike[str] | Recipe = "pincel",
    device: str = "auto",
    precision: str = "auto",
    tiles: str = "auto",
    memory: str | None = None,
    progress: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **values: Unpack[RecipeValues],
) -> SheetResult:
    """Paint a photograph once for each value of an option, or each pair of values of two, side by side on one sheet.

    Example:
        >>> sheet = pincel.grid("photo.jpg", "painting.jpg", rows={"strength": [0.5, 1, 2]}, size=256)  # doctest: +SKIP
        >>> sheet.save("strengths.png")  # doctest: +SKIP

    Args:
        content: As for :func:`pincel.transfer`.
        style: As for :func:`pincel.transfer`.
        rows: An option and its values, a row each: ``{"strength": [0.5, 1, 2]}`` or ``"strength=0.5,1,2"``; any value of a recipe, and
            ``recipe``. Without ``columns`` the pictures stand in one row.
        columns: Another option and its values, a column each.
        recipe: As for :func:`pincel.transfer`.
        device: As for :func:`pincel.transfer`.
        precision: As for :func:`pincel.transfer`.
        tiles: As for :func:`pincel.transfer`.
        memory: As for :func:`pincel.transfer`.
        progress: As for :func:`pincel.transfer`.
        on_event: As for :func:`pincel.transfer`.
        **values: As for :func:`pincel.transfer`, the same for all pictures.

    Returns:
        The sheet, the result of each picture, and a table of their objectives; 400 pictures at most.

    Raises:
        PincelError: As for :func:`pincel.transfer`, before the first picture is painted.
    """
    down, across = _axis(rows), None if columns is None else _axis(columns)
    cells = grid_cells(weighted(style), down, across)
    width = len(across.values) if across else len(cells)
    runs, machine = settle_cells(cells, recipe, values), _machine(device, precision, tiles, memory)
    return _painted(content, cells, runs, machine, width, Bar() if progress else None, on_event)


@checked
def blend(  # noqa: PLR0913 - each is a choice of the caller's
    content: Source,
    first: Source,
    second: Source,
    *,
    count: int = 5,
    recipe: str | PathLike[str] | Recipe = "pincel",
    device: str = "auto",
    precision: str = "auto",
    tiles: str = "auto",
    memory: str | None = None,
    progress: bool = False,
    on_event: Callable[[Event], None] | None = None,
    **values: Unpack[RecipeValues],
) -> SheetResult:
    """Paint a photograph after one painting, after another, and after mixtures of both in equal steps, side by side on one sheet.

    Args:
        content: As for :func:`pincel.transfer`.
        first: The painting on the left.
        second: The painting on the right.
        count: Pictures, both ends included, 2 to 400.
        recipe: As for :func:`pincel.transfer`.
        device: As for :func:`pincel.transfer`.
        precision: As for :func:`pincel.transfer`.
        tiles: As for :func:`pincel.transfer`.
        memory: As for :func:`pincel.transfer`.
        progress: As for :func:`pincel.transfer`.
        on_event: As for :func:`pincel.transfer`.
        **values: As for :func:`pincel.transfer`, the same for all pictures.

    Returns:
        As :func:`pincel.grid`.

    Raises:
        PincelError: As for :func:`pincel.transfer`, before the first picture is painted.
    """
    cells = blend_cells(first, second, count)
    runs, machine = settle_cells(cells, recipe, values), _machine(device, precision, tiles, memory)
    return _painted(content, cells, runs, machine, count, Bar() if progress else None, on_event)


def _machine(device: str, precision: str, tiles: str, memory: str | None) -> Machine:
    """Return a machine that keeps what several pictures have in common."""
    return Machine.resolve(device, precision, tiles, memory, cache=Cache(most=MAX_ENTRIES_SHARED))


def _painted(
    content: Source,
    cells: Sequence[Cell],
    runs: Sequence[Mapping[str, Any]],
    machine: Machine,
    columns: int,
    bar: Bar | None,
    on_event: Callable[[Event], None] | None,
) -> SheetResult:
    with showing(bar, on_event) as show:

        def follow(run: Run) -> None:
            for event in run:
                show(event)

        def announce(line: str) -> None:
            show(Notice(line))
            if bar:
                bar.clear()

        results = paint_cells(content, cells, runs, machine, show, on_cell=announce, follow=follow)
        return SheetResult(tuple(results), tuple(cells), columns)


def _axis(given: Values) -> Axis:
    """Return the option and the values of rows or columns; raises OptionError if they cannot be used."""
    if isinstance(given, str):
        return parse_axis(given)
    if len(given) != 1:
        raise OptionError(
            one_line("grid: rows and columns are of one option each", ", ".join(given) or "none", "one", '{"strength": [0.5, 1]}')
        )
    [(option, values)] = given.items()
    return make_axis(option, values)
