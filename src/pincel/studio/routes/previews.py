"""Previews of what has been chosen."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from pincel.studio.errors import error_responses
from pincel.studio.models import PreviewRequest
from pincel.studio.studio import Here

router = APIRouter(prefix="/api/previews", responses=error_responses(400, 404, 413, 415, 422))
# Seconds between two looks whether somebody still waits.
LOOK = 0.2


@router.post("", summary="A quick preview", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
async def preview(asked: PreviewRequest, request: Request, studio: Here) -> Response:
    """What the network for any style makes of a photograph and paintings, small, in seconds; ended as soon as nobody waits for it."""
    painting = asyncio.create_task(studio.previews.paint(asked))
    while not painting.done():
        await asyncio.wait({painting}, timeout=LOOK)
        if await request.is_disconnected():
            painting.cancel()
            await asyncio.wait({painting})
            return Response(status_code=204)
    return Response(await painting, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
