"""The studio, its settings and samples."""

from __future__ import annotations

import asyncio
import shutil
from functools import cache
from pathlib import Path
from typing import Annotated, get_args

from fastapi import APIRouter
from fastapi import Path as Part
from fastapi.responses import FileResponse

from pincel.errors import UnknownNameError
from pincel.samples import PREFIX, find_sample, sample_names
from pincel.studio.data_dir import size_of
from pincel.studio.errors import ApiError, error_responses
from pincel.studio.forms import form
from pincel.studio.models import About, Form, SampleView, UploadLimits
from pincel.studio.studio import Here
from pincel.studio.thumbnails import size_of_picture
from pincel.translation import Language
from pincel.version import __version__

router = APIRouter(prefix="/api", responses=error_responses(404, 422))
# Does not change while the server runs.
CACHED = {"Cache-Control": "private, max-age=86400"}
SampleName = Annotated[str, Part(pattern="^[a-z][a-z-]{0,30}$", examples=["harbour"])]


@router.get("/about", summary="This studio and its machine")
async def about(studio: Here) -> About:
    """Version, limits, disk; the device is known seconds after the first request."""
    studio.detect_device()
    home = studio.home
    size, free = await asyncio.to_thread(lambda: (size_of(home.root), shutil.disk_usage(home.root).free))
    return About(
        version=__version__,
        languages=list(get_args(Language)),
        limits=UploadLimits.of(studio.limits),
        device=studio.device,
        home=str(home.root),
        home_bytes=size,
        free_bytes=free,
        prune_rule=studio.limits.rule,
    )


@router.get("/settings", summary="Everything that can be chosen for a run")
async def settings(lang: Language = "en") -> Form:
    """Groups of settings with their help and bounds, and every recipe with all its values; texts in a language."""
    return await asyncio.to_thread(_form, lang)


@router.get("/samples", summary="The pictures that come with pincel")
async def samples() -> list[SampleView]:
    """Scenes to paint, styles to paint after; a run names them ``sample:NAME``."""
    return await asyncio.to_thread(_samples)


@router.get("/samples/{name}.jpg", summary="One of them", response_class=FileResponse)
async def sample(name: SampleName) -> FileResponse:
    """The picture itself."""
    return FileResponse(_sample(name), media_type="image/jpeg", headers=CACHED)


@router.get("/samples/{name}/thumb.webp", summary="One of them, small", response_class=FileResponse)
async def sample_thumb(name: SampleName, studio: Here) -> FileResponse:
    """At most 320 pixels a side."""
    path = await studio.sample_thumb(find_sample(PREFIX + name)) if name in sample_names() else _sample(name)
    return FileResponse(path, media_type="image/webp", headers=CACHED)


def _sample(name: str) -> Path:
    try:
        return find_sample(PREFIX + name)
    except UnknownNameError as error:
        raise ApiError(404, str(error)) from None


@cache
def _form(language: Language) -> Form:
    return form(language)


@cache
def _samples() -> list[SampleView]:
    views = []
    for name, path in sample_names().items():
        width, height = size_of_picture(path)
        kind = path.stem.partition("-")[0]
        views.append(SampleView(name=name, kind="scene" if kind == "scene" else "style", width=width, height=height))
    return views
