"""Runs: started, listed, cancelled, resumed, continued, followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi import Path as Part
from fastapi.responses import StreamingResponse

from pincel.studio import new_runs
from pincel.studio.errors import error_responses
from pincel.studio.models import RUN, ContinueRequest, Kind, RunId, RunList, RunView, State, TransferRequest
from pincel.studio.records import Record
from pincel.studio.studio import Here

router = APIRouter(prefix="/api", responses=error_responses(404, 422))
Key = Annotated[str, Part(pattern=f"^{RUN}$", examples=["20260131-142501-3f9a"])]
Last = Annotated[str | None, Header(alias="Last-Event-ID", description="Id of the last event received; those after it are sent.")]
_STREAM: dict[int | str, dict[str, object]] = {200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}}


@router.post("/runs", status_code=201, summary="Paint", responses=error_responses(400, 413, 415, 429, 507))
async def paint(request: TransferRequest, studio: Here) -> RunView:
    """Put a run into the queue. Settings are checked at once; ``field`` of an error is the setting that is wrong."""
    studio.queue.check_room()
    return await studio.queue.add(await asyncio.to_thread(new_runs.transfer, request, studio.home, studio.pictures))


@router.get("/runs", summary="Runs, newest first")
async def runs(  # noqa: PLR0913, PLR0917 - each is a filter
    studio: Here,
    state: Annotated[list[State] | None, Query(description="Only those in a state; may be given several times.")] = None,
    kind: Annotated[Kind | None, Query(description="Only pictures, only studies, or only courses.")] = None,
    recipe: Annotated[str | None, Query(max_length=60)] = None,
    since: Annotated[datetime | None, Query(description="Begun at this time or later.")] = None,
    until: Annotated[datetime | None, Query(description="Begun before this time.")] = None,
    q: Annotated[str | None, Query(max_length=100, description="Words that are in the title, the recipe or the study.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[RunId | None, Query(description="Only those older than this run: the last of the page before.")] = None,
) -> RunList:
    """All runs, or those that match."""
    words = (q or "").lower().split()

    def wanted(record: Record) -> bool:
        view = record.view
        text = " ".join([view.title, view.recipe or "", view.study or ""]).lower()
        return (
            (not state or view.state in state)
            and kind in (None, view.kind)
            and recipe in (None, "", view.recipe)
            and (since is None or view.created >= _aware(since))
            and (until is None or view.created < _aware(until))
            and (before is None or view.id < before)
            and all(word in text for word in words)
        )

    found = [record for record in studio.runs.newest() if wanted(record)]
    return RunList(runs=[studio.queue.view(record) for record in found[:limit]], more=len(found) > limit)


@router.get("/runs/{key}", summary="A run")
async def run(key: Key, studio: Here) -> RunView:
    """State and progress."""
    return studio.queue.view(studio.runs[key])


@router.delete("/runs/{key}", status_code=204, summary="Delete a run", responses=error_responses(409, 415))
async def delete(key: Key, studio: Here) -> None:
    """And its files; not while it is under way."""
    await studio.queue.delete(key)


@router.post("/runs/{key}/cancel", summary="End a run", responses=error_responses(409, 413, 415))
async def cancel(key: Key, studio: Here) -> RunView:
    """It ends after the step under way and keeps its best picture."""
    return await studio.queue.cancel(key)


@router.post("/runs/{key}/resume", summary="Go on with a run that was cut short", responses=error_responses(409, 413, 415, 429, 507))
async def resume(key: Key, studio: Here) -> RunView:
    """From its newest checkpoint, or from the start if it has none."""
    return await studio.queue.resume(key)


@router.post(
    "/runs/{key}/continue",
    status_code=201,
    summary="Paint on from a result",
    responses=error_responses(400, 409, 413, 415, 429, 507),
)
async def continue_(key: Key, more: ContinueRequest, studio: Here) -> RunView:
    """A new run, with so many more steps, that begins with the picture of this one."""
    studio.queue.check_room()
    before = studio.runs[key]
    return await studio.queue.add(await asyncio.to_thread(new_runs.continuation, before, more.steps, studio.home))


@router.get("/runs/{key}/events", summary="Listen to a run", responses=_STREAM, response_class=StreamingResponse)
async def events(key: Key, studio: Here, last: Last = None) -> Response:
    """Events ``run``, ``history``, ``step``, ``preview``, ``notice``, and ``end``, after which there is nothing more to come."""
    record, stream = studio.runs[key], studio.queue.stream(key)
    missed = stream.replay(last)
    if record.ended and missed is not None and not missed:
        # For a browser, this status ends its reconnecting.
        return Response(status_code=204)
    return _stream(stream.listen(last, lambda: studio.queue.snapshot(record), end="end"))


@router.get("/events", summary="Listen to all runs", responses=_STREAM, response_class=StreamingResponse)
async def all_events(studio: Here, last: Last = None) -> Response:
    """Events ``runs`` with those that changed, and ``removed`` with ids of deleted runs; first, all that have not ended."""
    return _stream(studio.queue.all_runs_stream.listen(last, studio.queue.all_snapshots))


def _stream(lines: AsyncIterator[bytes]) -> StreamingResponse:
    return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


def _aware(moment: datetime) -> datetime:
    """Return a time without a zone as UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
