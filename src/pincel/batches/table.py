r"""Jobs from a file, each with its own pictures, output and settings.

CSV: a line of headings, then a job a line; ``content``, ``style`` (several separated by ``|``, each with ``=weight`` if it has one),
``output``, ``recipe``, and any value of a recipe. Empty cells are ignored. The separator is the first one between the headings: a
comma, a semicolon or a tab; or what a first line ``sep=;`` names, as spreadsheets write it. Numbers have a point.

TOML: the same names, in a ``[[job]]`` each; ``style`` may be a list. Values before the first are for all of them.

::

    size = 512

    [[job]]
    content = "photos/harbour.jpg"
    style = ["starry.jpg=0.7", "scream.jpg=0.3"]
    output = "night.png"
    style_weight = 2e4

Paths are relative to the file of jobs; outputs go into the folder of the batch.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pincel.batches.jobs import DEFAULT_RECIPE
from pincel.batches.messages import Job
from pincel.batches.names import PATTERN, Names, safe_relative
from pincel.batches.path_globs import closest_name
from pincel.documents import Reader
from pincel.errors import OptionError
from pincel.files import one_line, quoted
from pincel.recipes import RECIPES
from pincel.recipes.schema import NAMES, Recipe
from pincel.samples import PREFIX
from pincel.sources import BLANK, parse_weighted

# Between several styles, or masks, in one cell; a file that has it in its name is one.
BETWEEN = "|"
OWN = ("content", "style", "output", "recipe")
VALUES = tuple(name for name in Recipe.model_fields if name not in NAMES)
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".toml")
READER = Reader("jobs", "a file .csv or .toml", OptionError)
# Separators of cells.
SEPARATORS = ",;\t"


def read_jobs(path: Path, folder: Path, *, pattern: str = PATTERN, settings: Mapping[str, Any] | None = None) -> list[Job]:
    """Return the jobs of a CSV or TOML file.

    Args:
        path: The file.
        folder: Where the results go.
        pattern: How those are called that name no output; see :class:`pincel.batches.names.Names`.
        settings: As of a :class:`Job`, for all that say nothing else.

    Raises:
        OptionError: For a file that cannot be read, an unknown column (with the closest match), or a job without content or style.
    """
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise OptionError(
            one_line("jobs: the file is neither CSV nor TOML", quoted(path), "a file .csv or .toml", quoted(path.with_suffix(".csv")))
        )
    names, shared = Names(pattern), dict(settings or {})
    rows = list(_toml(path, shared) if path.suffix.lower() == ".toml" else _csv(READER.text(path), path))
    if not rows:
        raise OptionError(
            one_line("jobs: there are none in the file", quoted(path), "a job a line, or [[job]]", "content,style\\nphoto.jpg,painting.jpg")
        )
    return [_job(number, where, row, path.parent, folder, names, shared) for number, (where, row) in enumerate(rows, 1)]


def _csv(text: str, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = _cells(text, path)
    _, headings = next(rows, ("", []))
    columns = [_column(name, path) if name.strip() else "" for name in headings]
    for name in (name for name in columns if name and columns.count(name) > 1):
        raise OptionError(
            one_line(f"jobs: the column '{name}' is there twice", quoted(path), "each once", f"{BETWEEN} between several styles")
        )
    for where, cells in rows:
        row: dict[str, Any] = {}
        for number, cell in enumerate(map(str.strip, cells)):
            if cell and number >= len(columns):
                failed = f"jobs: {where} has more cells than there are columns"
                raise OptionError(
                    one_line(failed, f"{len(cells)} cells", f"{len(columns)}", 'quotes around a cell with a comma: "relu1_1,relu2_1"')
                )
            if cell and not columns[number]:
                failed = f"jobs: {where} has a cell in column {number + 1}, which has no name"
                raise OptionError(one_line(failed, repr(cell), f"{', '.join(OWN)}, or a value of a recipe, above it", "an empty cell"))
            if cell:
                row[columns[number]] = cell
        if row:
            yield where, row


def _cells(text: str, path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the position of each row and its cells, without empty rows; a first line ``sep=;`` is no row."""
    first, _, rest = text.partition("\n")
    named = first.strip(' "').lower().removeprefix("sep=") if first.strip(' "').lower().startswith("sep=") else ""
    body = rest if named else text
    separator = named or next((sign for sign in body.lstrip().partition("\n")[0] if sign in SEPARATORS), ",")
    if separator not in SEPARATORS:
        failed = "jobs: cells are parted by something else"
        raise OptionError(one_line(failed, repr(first), "sep=, or sep=; or a tab", "the comma"))
    reader = csv.reader(io.StringIO(body), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield f"{path}, line {reader.line_num + bool(named)}", cells
    except csv.Error as error:
        failed = f"jobs: {path}, line {reader.line_num + bool(named)} cannot be read: {error}"
        raise OptionError(one_line(failed, "quotes within a cell", 'cells such as "a ""b"" c"', "the cell without quotes")) from None


def _toml(path: Path, shared: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    given = READER.toml(path)
    jobs = given.pop("job", [])
    if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
        raise OptionError(one_line("jobs: 'job' is no list of tables", quoted(path), "[[job]] before each", "[[job]]"))
    common = {_column(name, path, more=("job",)): value for name, value in given.items()}
    for name in ("content", "output"):
        if name in common:
            raise OptionError(one_line(f"jobs: {name} cannot be the same for all", quoted(path), f"{name} in each [[job]]", "[[job]]"))
    for number, job in enumerate(jobs, 1):
        row = {_column(name, path): value for name, value in job.items()}
        # Values of the command line override those of all jobs in the file, and are overridden by those of one job.
        yield f"{path}, job {number}", {**{name: value for name, value in common.items() if name not in shared}, **row}


def _column(name: str, path: Path, more: tuple[str, ...] = ()) -> str:
    """Return the name of a column as in settings."""
    plain = name.strip().lower().replace("-", "_")
    plain = {"styles": "style", "contents": "content"}.get(plain, plain)
    if plain not in (*OWN, *VALUES, *more):
        hint = closest_name(plain, (*OWN, *VALUES)) or "pincel recipes pincel"
        raise OptionError(
            one_line(f"jobs: unknown column '{name.strip()}'", quoted(path), f"{', '.join(OWN)}, or a value of a recipe", hint)
        )
    return plain


def _job(number: int, where: str, row: Mapping[str, Any], beside: Path, folder: Path, names: Names, shared: Mapping[str, Any]) -> Job:
    values = dict(row)
    content = values.pop("content", None)
    if not content or not isinstance(content, str):
        raise OptionError(one_line(f"jobs: {where} has no content", "none", "a picture, or sample:NAME", "content = photo.jpg"))
    styles = tuple(_style(text, beside) for text in _several(values.pop("style", None), where, beside))
    if not styles:
        raise OptionError(one_line(f"jobs: {where} has no style", "none", "a picture, a folder, or sample:NAME", "style = painting.jpg"))
    settings = {**shared, **{name: _value(name, value, beside, where) for name, value in values.items() if name != "output"}}
    content = _resolve(content, beside)
    if output := values.get("output"):
        name = safe_relative(str(output))
    else:
        name = names.name(content, [style for style, _ in styles], str(settings.get("recipe", DEFAULT_RECIPE)), number)
    return Job(name, content, styles, str(folder / name), settings)


def _several(value: Any, where: str, beside: Path) -> list[str]:
    """Return the texts of a cell, or of a list."""
    if isinstance(value, str) and os.path.exists(beside / value):
        return [value]
    texts = value if isinstance(value, list) else [] if value is None else str(value).split(BETWEEN)
    if isinstance(value, dict) or not all(isinstance(text, str) for text in texts):
        raise OptionError(
            one_line(f"jobs: {where} has a list that is not of names", repr(value), "names of files", '["a.jpg", "b.jpg=0.5"]')
        )
    return [text.strip() for text in texts if text.strip()]


def _style(text: str, beside: Path) -> tuple[str, float]:
    place, weight = parse_weighted(_resolve(text, beside))
    return place, weight


def _value(name: str, value: Any, beside: Path, where: str) -> Any:
    """Return a value as for a run, with paths relative to the file of jobs resolved."""
    if name == "style_mask":
        return [_resolve(text, beside) for text in _several(value, where, beside)]
    if name == "optimizer_options" and isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(BETWEEN)]
        return {key.strip(): text.strip() for key, _, text in pairs}
    if name == "init" and isinstance(value, str) and value.startswith("feedforward="):
        network = value.partition("=")[2]
        return f"feedforward={_resolve(network, beside)}" if os.path.isfile(beside / network) else value
    named = isinstance(value, str) and _names_file(name, value, beside)
    return _resolve(value, beside) if named else value


def _names_file(name: str, text: str, beside: Path) -> bool:
    """Return whether a value names a file or a folder."""
    if name == "recipe":
        return text not in RECIPES and (text.endswith(".toml") or os.path.isfile(beside / text))
    if name == "calibration":
        return text != "samples"
    return name == "content_mask" or (name == "init" and any(sign in text for sign in "./\\"))


def _resolve(text: str, beside: Path) -> str:
    return text if text.startswith((PREFIX, BLANK)) or os.path.isabs(text) else str(beside / text)
