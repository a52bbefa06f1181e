"""Studies: which there are, and one more."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from pincel.studio import orders
from pincel.studio.models import RunView, StudyAsked, StudyView
from pincel.studio.studies import STUDIES
from pincel.studio.studio import Here
from pincel.studio.troubles import answers

router = APIRouter(prefix="/api/studies", responses=answers(422))


@router.get("", summary="The studies that can be started")
async def studies() -> list[StudyView]:
    """What each is about, which pictures it takes, and its options."""
    return list(STUDIES.values())


@router.post("", status_code=201, summary="Start a study", responses=answers(400, 413, 415, 429, 507))
async def study(asked: StudyAsked, studio: Here) -> RunView:
    """Put a study into the queue; when it is done, its ``page`` can be read."""
    studio.workshop.check_room()
    return await studio.workshop.add(await asyncio.to_thread(orders.study, asked, studio.home, studio.pictures))
