"""Uploaded pictures."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi import Path as Part
from fastapi.responses import FileResponse

from pincel.images.formats import ACCEPTED
from pincel.studio.errors import error_responses
from pincel.studio.models import PICTURE, PictureView
from pincel.studio.studio import Here

# The id is a hash of the bytes.
CACHED = {"Cache-Control": "private, max-age=31536000, immutable"}
Key = Annotated[str, Part(pattern=f"^{PICTURE}$", examples=["0123456789abcdef"])]


router = APIRouter(prefix="/api/pictures", responses=error_responses(404, 422))


@router.post(
    "",
    status_code=201,
    summary="Upload a picture",
    responses=error_responses(400, 413, 415, 507) | {200: {"model": PictureView, "description": "It was here already"}},
)
async def upload(
    studio: Here,
    response: Response,
    file: Annotated[UploadFile, File(description=f"{ACCEPTED}; HEIC where its library is installed.")],
    name: Annotated[str | None, Form(max_length=300, description="What to call it; the name of the file when left out.")] = None,
) -> PictureView:
    """Add a picture, checked and shrunk in a process of its own. The same bytes get the same id."""
    view, new = await studio.pictures.add(file.file, name or file.filename or "picture")
    response.status_code = 201 if new else 200
    return view


@router.get("", summary="The pictures there are")
async def pictures(studio: Here) -> list[PictureView]:
    """Newest first."""
    return studio.pictures.newest()


@router.get("/{key}", summary="A picture's properties")
async def picture(key: Key, studio: Here) -> PictureView:
    """Name, size, notes."""
    return studio.pictures[key]


@router.get("/{key}/thumb.webp", summary="A picture, small", response_class=FileResponse)
async def thumb(key: Key, studio: Here) -> FileResponse:
    """At most 320 pixels a side."""
    return FileResponse(studio.pictures.file(key, "thumb.webp"), media_type="image/webp", headers=CACHED)


@router.get("/{key}/view.jpg", summary="A picture, in the size of a screen", response_class=FileResponse)
async def view(key: Key, studio: Here) -> FileResponse:
    """At most 1600 pixels a side, upright, in sRGB."""
    return FileResponse(studio.pictures.file(key, "view.jpg"), media_type="image/jpeg", headers=CACHED)


@router.delete("/{key}", status_code=204, summary="Delete a picture", responses=error_responses(415))
async def delete(key: Key, studio: Here) -> None:
    """Runs that began with it keep what they need."""
    await asyncio.to_thread(studio.pictures.delete, key)
