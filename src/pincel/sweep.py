"""Many runs that differ in one or two things, for looking at them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from pincel.engine.result import Result
from pincel.errors import OptionError, closest
from pincel.images.sheet import contact_sheet
from pincel.recipes.schema import NAMES, Recipe

# Pictures on one sheet: beyond that, nobody looks.
MOST = 400
# Height of a picture on a sheet, in pixels.
HEIGHT = 256


@dataclass(frozen=True)
class Axis:
    """An option, and the values it is to have one after the other.

    Attributes:
        option: A value of a recipe, ``style_weight``, or ``recipe`` itself.
        values: As they are written on the command line.
    """

    option: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One run of several.

    Attributes:
        caption: What is special about it.
        values: What to call that in a table: column → value.
        styles: Paths of style pictures or folders of them, with weights.
        overrides: What is asked for, otherwise than in the others: values of a recipe, and ``recipe``.
    """

    caption: str
    values: Mapping[str, str]
    styles: Sequence[tuple[str, float]]
    overrides: Mapping[str, Any] = field(default_factory=dict)


def parse_axis(text: str) -> Axis:
    """Read ``style-weight=1e3,1e4``; values with commas of their own are parted by semicolons: ``style-layers=relu1_1;relu1_1,relu2_1``.

    Raises:
        OptionError: For an option that is no value of a recipe, with the closest match, or no values.
    """
    name, sign, values = text.partition("=")
    option = name.strip().removeprefix("--").replace("-", "_")
    known = [key for key in Recipe.model_fields if key not in (*NAMES, "optimizer_options")] + ["recipe"]
    if option not in known:
        raise OptionError(f"There is no option '{name.strip()}' to try values of.{closest(option, known)}")
    parts = tuple(part.strip() for part in values.split(";" if ";" in values else ",") if part.strip())
    if not sign or not parts:
        raise OptionError(f"Values are given as {option.replace('_', '-')}=VALUE,VALUE,…, not '{text}'.")
    return Axis(option, parts)


def grid_cells(styles: Sequence[tuple[str, float]], rows: Axis, columns: Axis | None = None) -> list[Cell]:
    """Return a run for each pair of values, row by row.

    Raises:
        OptionError: If both axes are of one option, or there are more than 400 pairs.
    """
    if columns and columns.option == rows.option:
        raise OptionError(f"Rows and columns are both of {rows.option.replace('_', '-')}; give another option to one of them.")
    if len(rows.values) * len(columns.values if columns else "1") > MOST:
        raise OptionError(f"A sheet holds at most {MOST} pictures; give fewer values.")
    pairs = [{rows.option: row, **({columns.option: value} if columns else {})} for row in rows.values for value in _values(columns)]
    return [Cell("\n".join(f"{k.replace('_', '-')} {v}" for k, v in pair.items()), pair, styles, pair) for pair in pairs]


def _values(axis: Axis | None) -> tuple[str, ...]:
    return axis.values if axis else ("",)


def blend_cells(first: str, second: str, count: int) -> list[Cell]:
    """Return runs from one style to another, both ends included; each is a file or a folder.

    Raises:
        OptionError: For fewer than two.
    """
    if not 2 <= count <= MOST:
        raise OptionError(f"A blend takes 2 to {MOST} pictures, not {count}.")
    shares = [index / (count - 1) for index in range(count)]
    return [Cell(f"{1 - t:.0%} / {t:.0%}", {"share": f"{t:.4g}"}, [(first, 1 - t), (second, t)]) for t in shares]


def to_rows(done: Sequence[tuple[Cell, Result]]) -> list[dict[str, Any]]:
    """Return a row of a table for each run: what was special, why it stopped, seconds, and each term of the objective of its picture."""
    return [
        {
            **cell.values,
            "stopped": result.stopped,
            "seconds": result.record["seconds"],
            "total": (result.record["saved"] or {}).get("total", ""),
            **(result.record["saved"] or {"terms": {}})["terms"],
        }
        for cell, result in done
    ]


def to_sheet(done: Sequence[tuple[Cell, Result]], columns: int) -> Image.Image:
    """Return the pictures as a table with captions, so many to a row."""
    widest = max(result.image.width / result.image.height for _, result in done)
    return contact_sheet(
        [(cell.caption, result.image) for cell, result in done], height=HEIGHT, columns=columns, width=max(1, round(HEIGHT * widest))
    )
