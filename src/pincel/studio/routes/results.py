"""What runs made: previews, pictures in three formats, records, commands, pages of studies."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi import Path as Part
from fastapi.responses import FileResponse, RedirectResponse

from pincel.studio import commands
from pincel.studio.models import Command
from pincel.studio.routes.runs import Key
from pincel.studio.small import FORMATS, converted
from pincel.studio.studio import Here, Studio
from pincel.studio.troubles import ApiError, answers

router = APIRouter(prefix="/api/runs/{key}", responses=answers(404, 422))
# It may change: a run that is resumed ends with another picture.
ASK = {"Cache-Control": "no-cache"}
# Pages of studies carry their own styles and scripts, and may do nothing else.
CONFINED = (
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
    return await _at_once(_file(studio, key, commands.PREVIEW, "preview"), "image/jpeg")


@router.get("/result.png", summary="The picture", response_class=FileResponse)
async def result(key: Key, studio: Here, download: Download = False) -> FileResponse:
    """As the run wrote it: lossless."""
    return _picture(studio, key, _file(studio, key, commands.RESULT, "result"), "image/png", download=download)


@router.get("/result.jpg", summary="The picture as JPEG", response_class=FileResponse, responses=answers(507))
async def result_jpeg(key: Key, studio: Here, download: Download = False) -> FileResponse:
    """Quality 95, colors in full."""
    return await _converted(studio, key, "jpg", download=download)


@router.get("/result.tif", summary="The picture as TIFF", response_class=FileResponse, responses=answers(507))
async def result_tiff(key: Key, studio: Here, download: Download = True) -> FileResponse:
    """Lossless, 8 bits a sample."""
    return await _converted(studio, key, "tif", download=download)


@router.get("/thumb.webp", summary="The picture, small", response_class=Response)
async def thumb(key: Key, studio: Here) -> Response:
    """Of the result; before there is one, what there is to see: the preview, or the photograph."""
    folder = studio.home.run(studio.workshop[key].key)
    for name, kind in (("thumb.webp", "image/webp"), (commands.PREVIEW, "image/jpeg")):
        if (folder / name).is_file():
            return await _at_once(folder / name, kind)
    view = studio.workshop[key].view
    ref = next(iter(filter(None, [view.content, *view.pictures])), None)
    if ref is None or (ref in studio.pictures) == ref.startswith("sample:"):
        raise ApiError(404, "There is nothing to see of this run yet.")
    place = f"samples/{ref.removeprefix('sample:')}" if ref.startswith("sample:") else f"pictures/{ref}"
    # Seen from here: whatever is before /api at a proxy stays.
    return RedirectResponse(f"../../{place}/thumb.webp", 307, headers=ASK)


@router.get("/record.json", summary="The record", response_class=FileResponse)
async def record(key: Key, studio: Here, download: Download = False) -> FileResponse:
    """Recipe, pictures with their hashes, versions, every loss, and how good the picture is."""
    return _picture(studio, key, _file(studio, key, commands.RECORD, "record"), "application/json", download=download)


@router.get("/command", summary="What remakes the picture")
async def command(key: Key, studio: Here) -> Command:
    """The line for a terminal, and the lines of Python; files are named as their owner calls them."""
    kept = studio.workshop[key]
    view = kept.view
    python = commands.python(kept.order, view.recipe or "pincel", view.settings) if view.kind == "transfer" else None
    return Command(cli=commands.shown(kept.order), python=python)


@router.get("/page/", summary="The page of a study", response_class=FileResponse)
async def page(key: Key, studio: Here) -> FileResponse:
    """It is confined: it can show itself and nothing else."""
    return await page_file(key, "index.html", studio)


@router.get("/page/{name}", summary="A file of that page", response_class=FileResponse)
async def page_file(
    key: Key, name: Annotated[str, Part(pattern=r"^[\w.-]{1,120}$", examples=["index.html"])], studio: Here
) -> FileResponse:
    """Its pictures, plots, tables and numbers."""
    folder = studio.home.run(studio.workshop[key].key) / commands.PAGE
    # What is there is compared with what is asked for: no path is made of it.
    found = {path.name: path for path in await asyncio.to_thread(_files, folder)}
    if name not in found or found[name].suffix not in KINDS:
        raise ApiError(404, f"The page has no '{name}'.")
    return FileResponse(found[name], media_type=KINDS[found[name].suffix], headers={**ASK, "Content-Security-Policy": CONFINED})


async def _at_once(path: Path, kind: str) -> Response:
    """Send a small file that may be replaced meanwhile: read in one go, it is the old one or the new one, and its length is its own."""
    return Response(await asyncio.to_thread(path.read_bytes), media_type=kind, headers=ASK)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _file(studio: Studio, key: str, name: str, what: str) -> Path:
    path = studio.home.run(studio.workshop[key].key) / name
    if not path.is_file():
        raise ApiError(404, f"The run has no {what}, or not yet.")
    return path


def _picture(studio: Studio, key: str, path: Path, kind: str, *, download: bool) -> FileResponse:
    """Send a file, under the name its owner would give it if it is to be kept."""
    name = Path(studio.workshop[key].order.output).stem
    return FileResponse(
        path,
        media_type=kind,
        headers=ASK,
        filename=f"{name}-{key}{path.suffix}" if download else None,
        content_disposition_type="attachment",
    )


async def _converted(studio: Studio, key: str, suffix: str, *, download: bool) -> FileResponse:
    folder = _file(studio, key, commands.RESULT, "result").parent
    path = await asyncio.to_thread(converted, folder, suffix, studio.workshop[key].background)
    return _picture(studio, key, path, FORMATS[suffix], download=download)
