"""Files of runs: previews, pictures in three formats, records, commands, pages of studies and courses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi import Path as Part
from fastapi.responses import FileResponse, RedirectResponse

from pincel.studio import commands
from pincel.studio.errors import ApiError, error_responses
from pincel.studio.models import Command
from pincel.studio.routes.runs import Key
from pincel.studio.studio import Here, Studio
from pincel.studio.thumbnails import FORMATS, converted

router = APIRouter(prefix="/api/runs/{key}", responses=error_responses(404, 422))
# A run that is resumed ends with another picture.
REVALIDATE = {"Cache-Control": "no-cache"}
# Pages of studies have their own styles and scripts, and may do nothing else.
SANDBOX = (
    "sandbox allow-scripts allow-popups allow-downloads; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
}
Download = Annotated[bool, Query(description="Have the browser keep it as a file.")]


@router.get("/preview.jpg", summary="The picture so far", response_class=Response)
async def preview(
    key: Key, studio: Here, _v: Annotated[int | None, Query(alias="v", description="Which; there is only the last one.")] = None
) -> Response:
    """At most 640 pixels a side, renewed about once a second."""
    return await _send_now(_file(studio, key, commands.PREVIEW, "preview"), "image/jpeg")


@router.get("/result.png", summary="The picture", response_class=FileResponse)
async def result(key: Key, studio: Here, download: Download = False) -> FileResponse:
    """As the run wrote it: lossless."""
    return _picture(studio, key, _file(studio, key, commands.RESULT, "result"), "image/png", download=download)


@router.get("/result.jpg", summary="The picture as JPEG", response_class=FileResponse, responses=error_responses(507))
async def result_jpeg(key: Key, studio: Here, download: Download = False) -> FileResponse:
    """Quality 95, colors in full."""
    return await _converted(studio, key, "jpg", download=download)


@router.get("/result.tif", summary="The picture as TIFF", response_class=FileResponse, responses=error_responses(507))
async def result_tiff(key: Key, studio: Here, download: Download = True) -> FileResponse:
    """Lossless, 8 bits a sample."""
    return await _converted(studio, key, "tif", download=download)


@router.get("/thumb.webp", summary="The picture, small", response_class=Response)
async def thumb(key: Key, studio: Here) -> Response:
    """Of the result; before there is one, the preview or the photograph."""
    folder = studio.home.run(studio.runs[key].key)
    for name, kind in (("thumb.webp", "image/webp"), (commands.PREVIEW, "image/jpeg")):
        if (folder / name).is_file():
            return await _send_now(folder / name, kind)
    view = studio.runs[key].view
    ref = next(iter(filter(None, [view.content, *view.pictures])), None)
    if ref is None or (ref in studio.pictures) == ref.startswith("sample:"):
        raise ApiError(404, "There is nothing to see of this run yet.")
    path = f"samples/{ref.removeprefix('sample:')}" if ref.startswith("sample:") else f"pictures/{ref}"
    # Relative: a proxy may have a path before /api.
    return RedirectResponse(f"../../{path}/thumb.webp", 307, headers=REVALIDATE)


@router.get("/record.json", summary="The record", response_class=FileResponse)
async def record(key: Key, studio: Here, download: Download = False) -> FileResponse:
    """Recipe, pictures with their hashes, versions, every loss, and how good the picture is."""
    return _picture(studio, key, _file(studio, key, commands.RECORD, "record"), "application/json", download=download)


@router.get("/command", summary="What remakes the picture")
async def command(key: Key, studio: Here) -> Command:
    """The line for a terminal, and the lines of Python; files are named as their owner calls them."""
    order, view = studio.runs[key].order, studio.runs[key].view
    python = commands.python(order, view.recipe or "pincel", view.settings) if view.kind == "transfer" else None
    return Command(cli=commands.command_line(order), python=python)


@router.get("/page/", summary="The page of a study, or the contents of a course", response_class=FileResponse)
async def page(key: Key, studio: Here) -> FileResponse:
    """In a sandbox: it can show itself and nothing else."""
    return await page_file(key, "index.html", studio)


@router.get("/page/{name}", summary="A file of that page", response_class=FileResponse)
async def page_file(
    key: Key, name: Annotated[str, Part(pattern=r"^[\w.-]{1,120}$", examples=["index.html"])], studio: Here
) -> FileResponse:
    """Its pictures, plots, tables and numbers."""
    folder = studio.home.run(studio.runs[key].key) / commands.PAGE
    # The name is compared with those of the files: no path is made of it.
    found = {path.name: path for path in await asyncio.to_thread(_files, folder)}
    if name not in found or found[name].suffix not in KINDS:
        raise ApiError(404, f"The page has no '{name}'.")
    return FileResponse(found[name], media_type=KINDS[found[name].suffix], headers={**REVALIDATE, "Content-Security-Policy": SANDBOX})


async def _send_now(path: Path, kind: str) -> Response:
    """Send a small file that may be replaced meanwhile: it is read at once, so that body and length match."""
    return Response(await asyncio.to_thread(path.read_bytes), media_type=kind, headers=REVALIDATE)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _file(studio: Studio, key: str, name: str, what: str) -> Path:
    path = studio.home.run(studio.runs[key].key) / name
    if not path.is_file():
        raise ApiError(404, f"The run has no {what}, or not yet.")
    return path


def _picture(studio: Studio, key: str, path: Path, kind: str, *, download: bool) -> FileResponse:
    """Send a file; to ``download``, under a name that tells the picture."""
    name = Path(studio.runs[key].order.output).stem
    return FileResponse(
        path,
        media_type=kind,
        headers=REVALIDATE,
        filename=f"{name}-{key}{path.suffix}" if download else None,
        content_disposition_type="attachment",
    )


async def _converted(studio: Studio, key: str, suffix: str, *, download: bool) -> FileResponse:
    folder = _file(studio, key, commands.RESULT, "result").parent
    path = await asyncio.to_thread(converted, folder, suffix, studio.runs[key].background)
    return _picture(studio, key, path, FORMATS[suffix], download=download)
