"""Studies: listed and started."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from pincel.studio import new_runs
from pincel.studio.errors import error_responses
from pincel.studio.models import RunView, StudyRequest, StudyView
from pincel.studio.studies import study_views
from pincel.studio.studio import Here
from pincel.translation import Language

router = APIRouter(prefix="/api/studies", responses=error_responses(422))


@router.get("", summary="The studies that can be started")
async def studies(lang: Language = "en") -> list[StudyView]:
    """What each is about, which pictures it takes, and its options; texts in a language."""
    return study_views(lang)


@router.post("", status_code=201, summary="Start a study", responses=error_responses(400, 413, 415, 429, 507))
async def study(request: StudyRequest, studio: Here) -> RunView:
    """Put a study into the queue; when it is done, its ``page`` can be read."""
    studio.queue.check_room()
    return await studio.queue.add(await asyncio.to_thread(new_runs.study, request, studio.home, studio.pictures))
