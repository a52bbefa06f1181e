"""The course: its pages, and how it is made."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from pincel.studio import new_runs
from pincel.studio.courses import page_views
from pincel.studio.errors import error_responses
from pincel.studio.models import CoursePageView, CourseRequest, RunView
from pincel.studio.studio import Here
from pincel.translation import Language

router = APIRouter(prefix="/api/courses", responses=error_responses(422))


@router.get("", summary="The pages of the course")
async def pages(lang: Language = "en") -> list[CoursePageView]:
    """In their order, with the minutes each takes to teach; titles in a language."""
    return page_views(lang)


@router.post("", status_code=201, summary="Make the course", responses=error_responses(400, 413, 415, 429, 507))
async def course(request: CourseRequest, studio: Here) -> RunView:
    """Put a course into the queue; ``pages`` of the run grows, and each can be read at ``page`` as soon as it is there.

    Pages that an earlier course has, made from the same, are kept.
    """
    studio.queue.check_room()
    return await studio.queue.add(
        await asyncio.to_thread(new_runs.course, request, studio.home, studio.pictures, list(studio.runs.newest()))
    )
