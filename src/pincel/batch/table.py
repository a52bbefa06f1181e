r"""Jobs from a file, each with its own pictures, output and settings.

CSV: a line of headings, then a job a line; ``content``, ``style`` (several with ``|`` between them, each with ``=weight`` if it has one),
``output``, ``recipe``, and any value of a recipe. An empty cell says nothing.

TOML: the same names, in a ``[[job]]`` each; ``style`` may be a list. What stands before the first is for all of them.

::

    size = 512

    [[job]]
    content = "photos/harbour.jpg"
    style = ["starry.jpg=0.7", "scream.jpg=0.3"]
    output = "night.png"
    style_weight = 2e4

Files are looked for beside the file of jobs, outputs go into the folder of the batch.
"""

from __future__ import annotations

import csv
import io
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pincel.batch.jobs import USUAL
from pincel.batch.messages import Job
from pincel.batch.names import PATTERN, Names, inside
from pincel.batch.places import nearest
from pincel.errors import OptionError
from pincel.files import one_line, quoted
from pincel.recipes import RECIPES
from pincel.recipes.schema import NAMES, Recipe
from pincel.samples import PREFIX
from pincel.sources import BLANK, weighted

# Between several styles, or masks, in one cell: no system has it in the names of pictures.
BETWEEN = "|"
OWN = ("content", "style", "output", "recipe")
VALUES = tuple(name for name in Recipe.model_fields if name not in NAMES)
SUFFIXES = (".csv", ".toml")


def read_jobs(path: Path, folder: Path, *, pattern: str = PATTERN, settings: Mapping[str, Any] | None = None) -> list[Job]:
    """Return the jobs of a CSV or TOML file.

    Args:
        path: The file.
        folder: Where the results go.
        pattern: How those are called that name no output; see :class:`pincel.batch.names.Names`.
        settings: As of a :class:`Job`, for all that say nothing else.

    Raises:
        OptionError: For a file that cannot be read, an unknown column (with the closest match), or a job without content or style.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(
            one_line("jobs: the file is neither CSV nor TOML", quoted(path), "a file .csv or .toml", quoted(path.with_suffix(".csv")))
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        failed = f"jobs: cannot be read, {(error.strerror or str(error)).lower()}"
        raise OptionError(one_line(failed, quoted(path), "a file .csv or .toml", "look at the path")) from None
    except UnicodeDecodeError:
        raise OptionError(one_line("jobs: the file is not UTF-8", quoted(path), "text in UTF-8", "save it as UTF-8")) from None
    names, shared = Names(pattern), dict(settings or {})
    rows = list(_csv(text, path) if path.suffix.lower() == ".csv" else _toml(text, path, shared))
    if not rows:
        raise OptionError(
            one_line("jobs: there are none in the file", quoted(path), "a job a line, or [[job]]", "content,style\\nphoto.jpg,painting.jpg")
        )
    return [_job(number, where, row, path.parent, folder, names, shared) for number, (where, row) in enumerate(rows, 1)]


def _csv(text: str, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    heading = text.partition("\n")[0]
    # As spreadsheets write it where the comma is in numbers.
    comma = ";" if ";" in heading and "," not in heading else ","
    reader = csv.reader(io.StringIO(text), delimiter=comma, skipinitialspace=True)
    columns = [_known(name, path) for name in next(reader, [])]
    for name in (name for name in columns if columns.count(name) > 1):
        raise OptionError(
            one_line(f"jobs: the column '{name}' is there twice", quoted(path), "each once", f"{BETWEEN} between several styles")
        )
    for cells in reader:
        where = f"{path}, line {reader.line_num}"
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            failed = f"jobs: {where} has more cells than there are columns"
            raise OptionError(
                one_line(failed, f"{len(cells)} cells", f"{len(columns)}", 'quotes around a cell with a comma: "relu1_1,relu2_1"')
            )
        row = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
        if row:
            yield where, row


def _toml(text: str, path: Path, shared: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(one_line(f"jobs: the file is not TOML: {error}", quoted(path), "TOML", "quotes around texts")) from None
    jobs = given.pop("job", [])
    if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
        raise OptionError(one_line("jobs: 'job' is no list of tables", quoted(path), "[[job]] before each", "[[job]]"))
    common = {_known(name, path, more=("job",)): value for name, value in given.items()}
    for name in ("content", "output"):
        if name in common:
            raise OptionError(one_line(f"jobs: {name} cannot be the same for all", quoted(path), f"{name} in each [[job]]", "[[job]]"))
    for number, job in enumerate(jobs, 1):
        row = {_known(name, path): value for name, value in job.items()}
        # The command line is nearer than what a file says of all its jobs, and farther than what it says of one.
        yield f"{path}, job {number}", {**{name: value for name, value in common.items() if name not in shared}, **row}


def _known(name: str, path: Path, more: tuple[str, ...] = ()) -> str:
    """Return the name of a column as settings have it."""
    plain = name.strip().lower().replace("-", "_")
    plain = {"styles": "style", "contents": "content"}.get(plain, plain)
    if plain not in (*OWN, *VALUES, *more):
        hint = nearest(plain, (*OWN, *VALUES)) or "pincel recipes pincel"
        raise OptionError(
            one_line(f"jobs: unknown column '{name.strip()}'", quoted(path), f"{', '.join(OWN)}, or a value of a recipe", hint)
        )
    return plain


def _job(number: int, where: str, row: Mapping[str, Any], beside: Path, folder: Path, names: Names, shared: Mapping[str, Any]) -> Job:
    values = dict(row)
    content = values.pop("content", None)
    if not content or not isinstance(content, str):
        raise OptionError(one_line(f"jobs: {where} has no content", "none", "a picture, or sample:NAME", "content = photo.jpg"))
    styles = tuple(_style(text, beside) for text in _several(values.pop("style", None), where))
    if not styles:
        raise OptionError(one_line(f"jobs: {where} has no style", "none", "a picture, a folder, or sample:NAME", "style = painting.jpg"))
    output = values.pop("output", None)
    settings = {**shared, **{name: _value(name, value, beside, where) for name, value in values.items()}}
    content = _found(content, beside)
    name = (
        inside(str(output)) if output else names.name(content, [style for style, _ in styles], str(settings.get("recipe", USUAL)), number)
    )
    return Job(name, content, styles, str(folder / name), settings)


def _several(value: Any, where: str) -> list[str]:
    """Return the texts of a cell, or of a list."""
    texts = value if isinstance(value, list) else [] if value is None else str(value).split(BETWEEN)
    if not all(isinstance(text, str) for text in texts):
        raise OptionError(
            one_line(f"jobs: {where} has a list that is not of names", repr(value), "names of files", '["a.jpg", "b.jpg=0.5"]')
        )
    return [text.strip() for text in texts if text.strip()]


def _style(text: str, beside: Path) -> tuple[str, float]:
    place, weight = weighted(_found(text, beside))
    return place, weight


def _value(name: str, value: Any, beside: Path, where: str) -> Any:
    """Return a value as a run takes it, with files found beside the file of jobs."""
    if name == "style_mask":
        return [_found(text, beside) for text in _several(value, where)]
    if name == "optimizer_options" and isinstance(value, str):
        pairs = [part.partition("=") for part in value.split(BETWEEN)]
        return {key.strip(): text.strip() for key, _, text in pairs}
    if name == "init" and isinstance(value, str) and value.startswith("feedforward="):
        network = value.partition("=")[2]
        return f"feedforward={_found(network, beside)}" if (beside / network).is_file() else value
    named = isinstance(value, str) and _names_file(name, value, beside)
    return _found(value, beside) if named else value


def _names_file(name: str, text: str, beside: Path) -> bool:
    """Return whether a value is the name of a file or a folder."""
    if name == "recipe":
        return text not in RECIPES and (text.endswith(".toml") or (beside / text).is_file())
    if name == "calibration":
        return text != "samples"
    return name == "content_mask" or (name == "init" and any(sign in text for sign in "./\\"))


def _found(text: str, beside: Path) -> str:
    return text if text.startswith((PREFIX, BLANK)) or os.path.isabs(text) else str(beside / text)
