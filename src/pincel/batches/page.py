"""The summary of a batch: a page with thumbnails, a table, and all as data. It needs no network, and can be moved with its folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image, ImageOps

from pincel.batches.check import DATA, PAGE, TABLE, THUMBNAILS
from pincel.batches.messages import Job, JobResult
from pincel.batches.path_globs import basename, is_folder
from pincel.files import atomically, csv_text, write_text
from pincel.images.opening import opened_file
from pincel.samples import PREFIX, find_sample
from pincel.sources import BLANK
from pincel.translation import Language, gettext_lazy
from pincel.version import __version__

# Longest side of a thumbnail, in pixels.
LARGE, SMALL = 320, 96
COLUMNS = ["name", "state", "message", "content", "styles", "width", "height", "steps_made", "total", "seconds", "prepared", "worker"]
NOT_BEGUN = JobResult("", "stopped", "Not begun.")


def write_summary(
    jobs: Sequence[Job], results: Mapping[str, JobResult], folder: Path, seconds: float, language: Language = "en"
) -> tuple[Path, ...]:
    """Write ``index.html``, ``summary.csv`` and ``batch.json`` into the folder of a batch, thumbnails beside them.

    Args:
        jobs: All of them, in the order of the page.
        results: name → result; jobs without one are shown as not begun.
        folder: Of the batch.
        seconds: This batch has taken.
        language: Of the page.

    Returns:
        The three files.

    Raises:
        OutputError: If one cannot be written.
    """
    rows = [_row(job, results.get(job.name, NOT_BEGUN)) for job in jobs]
    settings = list(dict.fromkeys(name for job in jobs for name in job.settings))
    states = [row["state"] for row in rows]
    counts = {state: states.count(state) for state in ("done", "failed", "stopped")}
    data = {"pincel": __version__, "seconds": round(seconds, 3), **counts, "jobs": rows}
    write_text(folder / TABLE, csv_text(({**row["settings"], **row} for row in rows), [*COLUMNS, *settings]), what="table")
    write_text(folder / DATA, json.dumps(data, indent=1, ensure_ascii=False, default=str) + "\n", what="summary")
    write_text(folder / PAGE, _page(jobs, rows, counts, folder, language), what="page")
    return folder / PAGE, folder / TABLE, folder / DATA


def _row(job: Job, result: JobResult) -> dict[str, Any]:
    """Return the row of a job in the table and the data; unknown values are left out."""
    width, height = result.size or (None, None)
    row = {
        "name": job.name,
        "state": result.state,
        "message": result.message,
        "content": job.content,
        "styles": ", ".join(style if len(job.styles) == 1 else f"{style}={weight:g}" for style, weight in job.styles),
        "width": width,
        "height": height,
        "steps_made": result.steps or None,
        "total": result.total,
        "seconds": result.seconds,
        "prepared": result.prepared,
        "worker": result.worker,
        "settings": dict(job.settings),
    }
    return {key: value for key, value in row.items() if value not in (None, "")}


def _page(jobs: Sequence[Job], rows: Sequence[Mapping[str, Any]], counts: Mapping[str, int], folder: Path, language: Language) -> str:
    def translate(message: str, **values: object) -> str:
        return gettext_lazy(message).fill(**values).text(language)

    environment = Environment(
        loader=PackageLoader("pincel", "batches"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page_rows = [_page_row(job, row, folder) for job, row in zip(jobs, rows, strict=True)]
    return environment.get_template("page.html.j2").render(
        rows=page_rows, counts=counts, language=language, _=translate, version=__version__
    )


def _page_row(job: Job, row: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the row of a job on the page; addresses are relative to the page."""
    done = row["state"] == "done"
    return {
        **dict.fromkeys(COLUMNS, ""),
        **row,
        "address": quote(os.fsencode(job.name)) if done else "",
        "picture": _thumbnail(Path(job.output), folder, LARGE) if done else "",
        "given": [(basename(place), _input_thumbnail(place, folder)) for place in (job.content, *(style for style, _ in job.styles))],
    }


def _input_thumbnail(place: str, folder: Path) -> str:
    if place.startswith(BLANK) or is_folder(place):
        return ""
    return _thumbnail(find_sample(place) if place.startswith(PREFIX) else Path(place), folder, SMALL)


def _thumbnail(picture: Path, folder: Path, side: int) -> str:
    """Make a small copy of a picture, unless there is one; return its address relative to the page, or nothing if it cannot be read."""
    name = f"{hashlib.sha256(os.fsencode(os.path.realpath(picture))).hexdigest()[:16]}-{side}.jpg"
    target = folder / THUMBNAILS / name
    try:
        if not (target.is_file() and target.stat().st_mtime_ns >= picture.stat().st_mtime_ns):
            _shrink(picture, target, side)
    except (OSError, ValueError, SyntaxError):
        return ""
    return f"{THUMBNAILS}/{name}"


def _shrink(picture: Path, target: Path, side: int) -> None:
    """Write a picture no longer than ``side``; raises OSError or ValueError for one that cannot be read."""
    with opened_file(picture) as image:
        # A large JPEG is decoded at a lower resolution.
        image.draft("RGB", (2 * side, 2 * side))
        image.thumbnail((side, side))
        small = ImageOps.exif_transpose(image)
        clear = small.convert("RGBA") if small.mode in ("LA", "PA", "P", "RGBA") else None
        plain = Image.new("RGB", small.size, "white") if clear else small.convert("RGB")
        if clear:
            plain.paste(clear, mask=clear)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomically(target, what="thumbnail") as temporary:
        plain.save(temporary, "JPEG", quality=82)
