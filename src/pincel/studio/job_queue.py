"""The queue: one run at a time, in order; runs are cancelled, resumed and deleted, and the queue survives the server."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pincel.errors import OutputError
from pincel.studio.child_process import PINCEL
from pincel.studio.commands import CHECKPOINT
from pincel.studio.errors import ApiError
from pincel.studio.event_stream import Events, EventStream
from pincel.studio.history import downsample, read_history
from pincel.studio.limits import Limits
from pincel.studio.models import Message, RunView, plain
from pincel.studio.records import EVENT_LOG, Record, now, scan_files
from pincel.studio.run_process import RunProcess, version_of
from pincel.studio.run_store import RunStore
from pincel.studio.thumbnails import thumbnail
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Seconds a run has to end when the server does.
SHUTDOWN_SECONDS = 30.0
# Events that are kept of a run that is over; its steps are on the disk.
LAST = 20


class JobQueue:
    """Runs queued runs, one after the other.

    Args:
        runs: All runs.
        limits: How many may wait, and how many are kept.
        pincel: The command line of pincel.
    """

    def __init__(self, runs: RunStore, limits: Limits, pincel: Sequence[str] = PINCEL) -> None:
        self.all_runs_stream = EventStream()
        self._runs, self._limits, self._pincel = runs, limits, pincel
        self._streams: dict[str, EventStream] = {}
        self._waiting: list[Record] = []
        self._wakeup = asyncio.Event()
        self._active: RunProcess | None = None
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def view(self, record: Record) -> RunView:
        """Return a run with its place in the queue."""
        if record.view.state != "queued":
            return record.view
        place = next((place for place, other in enumerate(self._waiting, 1) if other is record), None)
        return record.view.model_copy(update={"queue_position": place})

    def stream(self, key: str) -> EventStream:
        """Return the events of a run."""
        return self._streams.setdefault(key, EventStream())

    async def snapshot(self, record: Record) -> Events:
        """Return the state of a run as events."""
        folder = self._runs.home.run(record.key)
        stored_steps = await asyncio.to_thread(read_history, folder / EVENT_LOG)
        active = self._active_on(record)
        view = plain(self.view(record))
        events: Events = [("run", view), ("history", {"steps": downsample(active.parser.history.steps) if active else stored_steps})]
        if record.view.has_preview:
            events.append(("preview", {"version": version_of(folder)}))
        return [*events, ("end", view)] if record.ended else events

    async def all_snapshots(self) -> Events:
        """Return the state of all runs that have not ended, as events."""
        return [("runs", {"changed": [plain(self.view(record)) for record in self._runs.newest() if not record.ended]})]

    def check_room(self) -> None:
        """Raise ApiError if too many runs wait."""
        if len(self._waiting) >= self._limits.waiting:
            raise ApiError(429, f"{len(self._waiting)} runs wait already; cancel some, or wait for them.")

    async def add(self, record: Record) -> RunView:
        """Put a run whose folder has been made at the end of the queue; raises ApiError or OutputError."""
        try:
            self.check_room()
            await asyncio.to_thread(self._runs.add, record)
        except (ApiError, OutputError):
            await asyncio.to_thread(self._runs.remove, record.key)
            raise
        self._enqueue(record)
        return self.view(record)

    async def cancel(self, key: str) -> RunView:
        """End a run, and keep its best picture; raises ApiError."""
        record = self._runs[key]
        if active := self._active_on(record):
            active.cancel()
            self._publish(record)
        elif record in self._waiting:
            self._waiting.remove(record)
            await self._end(record, "cancelled", None)
            self._publish_waiting()
        else:
            raise ApiError(409, f"The run neither waits nor is under way, it is {record.view.state}: there is nothing to cancel.")
        return self.view(record)

    async def resume(self, key: str) -> RunView:
        """Put a run that was cut short into the queue again, to go on from its checkpoint, or to start again without one.

        Raises:
            ApiError: If it was not cut short, or too many wait.
        """
        record = self._runs[key]
        if record.view.state not in ("interrupted", "cancelled", "failed"):
            raise ApiError(409, f"Only a run that was cut short can go on; this one is {record.view.state}.")
        self.check_room()
        scan_files(self._runs.home.run(key), record)
        record.resuming = record.view.has_checkpoint
        record.note(state="queued", ended=None, message=None, stopping=False)
        self.stream(key).clear()
        self._enqueue(record)
        await asyncio.to_thread(self._runs.save, record)
        return self.view(record)

    async def delete(self, key: str) -> None:
        """Delete a run and all its files; raises ApiError while it is under way."""
        record = self._runs[key]
        if self._active_on(record):
            raise ApiError(409, "The run is under way; cancel it first.")
        if record in self._waiting:
            self._waiting.remove(record)
            self._publish_waiting()
        await self._remove(record)

    async def start(self) -> None:
        """Read the runs of an earlier server, and start working."""
        self._waiting += await asyncio.to_thread(self._runs.load)
        self._task = asyncio.create_task(self._work_loop())

    def shutdown(self) -> None:
        """Ask the run under way to end, since the server does, and disconnect all listeners. The second time, end it at once."""
        if self._active:
            self._active.close()
        self._closing = True
        self._wakeup.set()
        for stream in (self.all_runs_stream, *self._streams.values()):
            stream.close()

    async def close(self) -> None:
        """Wait for the run under way to end, up to :data:`SHUTDOWN_SECONDS`."""
        if not self._closing:
            self.shutdown()
        if self._task:
            done, _ = await asyncio.wait([self._task], timeout=SHUTDOWN_SECONDS)
            if not done and self._active:
                self._active.kill()
            await self._task

    def _active_on(self, record: Record) -> RunProcess | None:
        """Return the process of a run that is under way."""
        return self._active if self._active and self._active.record is record else None

    async def _work_loop(self) -> None:
        await self._delete_expired()
        while not self._closing:
            if not self._waiting:
                self._wakeup.clear()
                await self._wakeup.wait()
                continue
            record = self._waiting.pop(0)
            self._active = RunProcess(record, self._runs.home.run(record.key), partial(self._forward, record))
            try:
                state, message = await self._active.run(self._pincel, partial(self._started, record))
            except Exception as error:  # whatever it is, the next run is made
                state, message = "failed", Message.of(Note(_("The run could not be made: {error}"), error=error))
            self._active = None
            await self._end(record, state, message)
            await self._delete_expired()

    def _started(self, record: Record) -> None:
        self._runs.save(record)
        self._publish(record)
        self._publish_waiting()

    async def _end(self, record: Record, state: str, message: Message | None) -> None:
        """Write and publish that a run is over."""
        folder, changes = self._runs.home.run(record.key), dict[str, Any]()
        if state == "done":
            await asyncio.to_thread(shutil.rmtree, folder / CHECKPOINT, ignore_errors=True)
            changes["has_checkpoint"] = False
        with suppress(OSError, OutputError, ValueError):
            size = await asyncio.to_thread(thumbnail, folder, record.background)
            changes |= {"size": size} if size else {}
        # All at once: no request sees half of it.
        record.process, record.resuming = None, False
        record.note(state=state, ended=now(), message=message, stopping=False, seconds_left=None, **changes)
        await asyncio.to_thread(self._runs.save, record)
        self._publish(record)
        self.stream(record.key).publish("end", plain(record.view))
        self.stream(record.key).clear(keep=LAST)

    def _enqueue(self, record: Record) -> None:
        self._waiting.append(record)
        self._wakeup.set()
        self._publish(record)

    def _publish_waiting(self) -> None:
        """Publish the runs that wait: their places have changed."""
        for record in self._waiting:
            self._publish(record)

    def _forward(self, record: Record, name: str, data: Any) -> None:
        """Publish an event of the run under way."""
        if name == "tick":
            self.all_runs_stream.publish("runs", {"changed": [plain(record.view)]})
        else:
            self.stream(record.key).publish(name, plain(record.view) if name == "run" else data)

    def _publish(self, record: Record) -> None:
        view = plain(self.view(record))
        self.stream(record.key).publish("run", view)
        self.all_runs_stream.publish("runs", {"changed": [view]})

    async def _delete_expired(self) -> None:
        for record in await asyncio.to_thread(self._runs.expired, self._limits):
            await self._remove(record)

    async def _remove(self, record: Record) -> None:
        if record.key in self._runs:
            await asyncio.to_thread(self._runs.remove, record.key)
            self._streams.pop(record.key, EventStream()).close()
            self.all_runs_stream.publish("removed", {"ids": [record.key]})
