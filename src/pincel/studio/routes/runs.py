"""Runs: asked for, listed, cancelled, resumed, continued, listened to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response
from fastapi import Path as Part
from fastapi.responses import StreamingResponse

from pincel.studio import orders
from pincel.studio.models import RUN, More, Painting, RunId, RunList, RunView, State
from pincel.studio.records import Record
from pincel.studio.studio import Here
from pincel.studio.troubles import answers

router = APIRouter(prefix="/api", responses=answers(404, 422))
Key = Annotated[str, Part(pattern=f"^{RUN}$", examples=["20260131-142501-3f9a"])]
Last = Annotated[str | None, Header(alias="Last-Event-ID", description="The last event that was heard: what came after it is told.")]
_STREAM: dict[int | str, dict[str, object]] = {200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}}


@router.post("/runs", status_code=201, summary="Paint", responses=answers(400, 413, 415, 429, 507))
async def paint(asked: Painting, studio: Here) -> RunView:
    """Put a run into the queue. What can be checked at once is; ``field`` of an error says which setting it is about."""
    studio.workshop.check_room()
    return await studio.workshop.add(await asyncio.to_thread(orders.painting, asked, studio.home, studio.pictures))


@router.get("/runs", summary="Runs, newest first")
async def runs(  # noqa: PLR0913, PLR0917 - each is a filter
    studio: Here,
    state: Annotated[list[State] | None, Query(description="Only those in a state; may be given several times.")] = None,
    kind: Annotated[Literal["transfer", "study"] | None, Query(description="Only pictures, or only studies.")] = None,
    recipe: Annotated[str | None, Query(max_length=60)] = None,
    since: Annotated[datetime | None, Query(description="Begun at this time or later.")] = None,
    until: Annotated[datetime | None, Query(description="Begun before this time.")] = None,
    q: Annotated[str | None, Query(max_length=100, description="Words that are in the title, the recipe or the study.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[RunId | None, Query(description="Only those older than this run: the last of the page before.")] = None,
) -> RunList:
    """All of them, or those asked for."""
    words = (q or "").lower().split()

    def wanted(record: Record) -> bool:
        view = record.view
        said = " ".join([view.title, view.recipe or "", view.study or ""]).lower()
        return (
            (not state or view.state in state)
            and kind in (None, view.kind)
            and recipe in (None, "", view.recipe)
            and (since is None or view.created >= _aware(since))
            and (until is None or view.created < _aware(until))
            and (before is None or view.id < before)
            and all(word in said for word in words)
        )

    found = [record for record in studio.workshop.newest() if wanted(record)]
    return RunList(runs=[studio.workshop.view(record) for record in found[:limit]], more=len(found) > limit)


@router.get("/runs/{key}", summary="A run")
async def run(key: Key, studio: Here) -> RunView:
    """Where it stands."""
    return studio.workshop.view(studio.workshop[key])


@router.delete("/runs/{key}", status_code=204, summary="Forget a run", responses=answers(409, 415))
async def delete(key: Key, studio: Here) -> None:
    """And all it made; not while it is under way."""
    await studio.workshop.delete(key)


@router.post("/runs/{key}/cancel", summary="End a run", responses=answers(409, 413, 415))
async def cancel(key: Key, studio: Here) -> RunView:
    """It ends after the step under way and keeps its best picture."""
    return await studio.workshop.cancel(key)


@router.post("/runs/{key}/resume", summary="Go on with a run that was cut short", responses=answers(409, 413, 415, 429, 507))
async def resume(key: Key, studio: Here) -> RunView:
    """From its newest checkpoint, or from the start if it has none."""
    return await studio.workshop.resume(key)


@router.post(
    "/runs/{key}/continue",
    status_code=201,
    summary="Paint on from a result",
    responses=answers(400, 409, 413, 415, 429, 507),
)
async def continue_(key: Key, more: More, studio: Here) -> RunView:
    """A new run, with so many more steps, that begins with the picture of this one."""
    studio.workshop.check_room()
    before = studio.workshop[key]
    return await studio.workshop.add(await asyncio.to_thread(orders.continued, before, more.steps, studio.home))


@router.get("/runs/{key}/events", summary="Listen to a run", responses=_STREAM, response_class=StreamingResponse)
async def events(key: Key, studio: Here, last: Last = None) -> Response:
    """Events ``run``, ``history``, ``step``, ``preview``, ``notice``, and ``end``, after which there is nothing more to come."""
    record, channel = studio.workshop[key], studio.workshop.channel(key)
    missed = channel.missed(last)
    if record.ended and missed is not None and not missed:
        # Told to a browser, this ends its asking again.
        return Response(status_code=204)
    return _stream(channel.listen(last, lambda: studio.workshop.standing(record), end="end"))


@router.get("/events", summary="Listen to all runs", responses=_STREAM, response_class=StreamingResponse)
async def all_events(studio: Here, last: Last = None) -> Response:
    """Events ``runs`` with those that changed, and ``removed`` with the ids of those that are gone; at first, those not ended."""
    return _stream(studio.workshop.everyone.listen(last, studio.workshop.all_standing))


def _stream(lines: AsyncIterator[bytes]) -> StreamingResponse:
    return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


def _aware(moment: datetime) -> datetime:
    """Take a time without a zone for UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
