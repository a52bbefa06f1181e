"""The queue: one run at a time, in order; cancelled, resumed, forgotten; and it survives the server."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pincel.errors import OutputError
from pincel.studio.channel import Channel, Events
from pincel.studio.commands import CHECKPOINT
from pincel.studio.easel import CLOSED, Easel, version_of
from pincel.studio.follower import points, reached, read_history
from pincel.studio.home import Home, discard, size_of, sweep
from pincel.studio.limits import Limits
from pincel.studio.models import RunView, plain
from pincel.studio.pruning import surplus
from pincel.studio.records import DIARY, Record, now, save, stored, take_stock
from pincel.studio.small import thumbnail
from pincel.studio.troubles import ApiError, missing
from pincel.studio.worker import PINCEL, put_down

# Seconds a run has to end when the server does.
FAREWELL = 30.0
# Events that are remembered of a run that is over; its steps are on the disk.
LAST = 20


class Workshop:
    """The runs in a home, and the one under way.

    Args:
        home: Where they are kept.
        limits: How many, how large.
        pincel: The command line.
    """

    def __init__(self, home: Home, limits: Limits, pincel: Sequence[str] = PINCEL) -> None:
        self.home, self.limits = home, limits
        self.everyone = Channel()
        self._pincel = pincel
        self._records: dict[str, Record] = {}
        self._channels: dict[str, Channel] = {}
        self._queue: list[Record] = []
        self._work = asyncio.Event()
        self._easel: Easel | None = None
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._sizes: dict[str, int] = {}

    # What there is.

    def __getitem__(self, key: str) -> Record:
        """Return a run; raises ApiError."""
        if key not in self._records:
            raise missing("run", key)
        return self._records[key]

    def newest(self) -> Iterator[Record]:
        """Yield all runs, the last one first."""
        yield from sorted(self._records.values(), key=lambda record: record.key, reverse=True)

    def needed(self) -> list[str]:
        """Ids of the pictures that runs were begun with."""
        return [key for record in self._records.values() for key in record.needs]

    def view(self, record: Record) -> RunView:
        """Return a run as it is told."""
        if record.view.state != "queued":
            return record.view
        place = next((place for place, other in enumerate(self._queue, 1) if other is record), None)
        return record.view.model_copy(update={"queue_position": place})

    def channel(self, key: str) -> Channel:
        """Return where a run's events are told."""
        return self._channels.setdefault(key, Channel())

    async def standing(self, record: Record) -> Events:
        """Return where a run stands, as events."""
        stored_steps = await asyncio.to_thread(read_history, self.home.run(record.key) / DIARY)
        easel = self._easel if self._easel and self._easel.record is record else None
        steps = points(easel.follower.history) if easel else stored_steps
        view = plain(self.view(record))
        told: Events = [("run", view), ("history", {"steps": steps})]
        if record.view.has_preview:
            told.append(("preview", {"version": version_of(self.home.run(record.key))}))
        return [*told, ("end", view)] if record.ended else told

    async def all_standing(self) -> Events:
        """Return where all stand that have not ended, as events."""
        return [("runs", {"changed": [plain(self.view(record)) for record in self.newest() if not record.ended]})]

    # What can be asked for.

    def check_room(self) -> None:
        """Raise ApiError if too many wait."""
        if len(self._queue) >= self.limits.waiting:
            raise ApiError(429, f"{len(self._queue)} runs wait already; cancel some, or wait for them.")

    async def add(self, record: Record) -> RunView:
        """Put a run at the end of the queue; its folder is there, with the pictures it needs. Raises ApiError or OutputError."""
        try:
            self.check_room()
            await asyncio.to_thread(save, self.home, record)
        except (ApiError, OutputError):
            await asyncio.to_thread(discard, self.home.run(record.key))
            raise
        self._records[record.key] = record
        self._enqueue(record)
        return self.view(record)

    async def cancel(self, key: str) -> RunView:
        """End a run, and keep its best picture; raises ApiError."""
        record = self[key]
        if record in self._queue:
            self._queue.remove(record)
            await self._end(record, "cancelled", None)
            self._renumbered()
        elif self._easel and self._easel.record is record:
            self._easel.cancel()
            self._changed(record)
        else:
            raise ApiError(409, f"The run neither waits nor is under way, it is {record.view.state}: there is nothing to cancel.")
        return self.view(record)

    async def resume(self, key: str) -> RunView:
        """Put a run that was cut short into the queue again, to go on from its checkpoint or to begin anew without one.

        Raises:
            ApiError: If it was not cut short, or too many wait.
        """
        record = self[key]
        if record.view.state not in ("interrupted", "cancelled", "failed"):
            raise ApiError(409, f"Only a run that was cut short can go on; this one is {record.view.state}.")
        self.check_room()
        take_stock(self.home.run(key), record)
        record.resuming = record.view.has_checkpoint
        record.note(state="queued", ended=None, message=None, stopping=False)
        self.channel(key).forget()
        self._enqueue(record)
        await asyncio.to_thread(save, self.home, record)
        return self.view(record)

    async def delete(self, key: str) -> None:
        """Forget a run and all it made; raises ApiError while it is under way."""
        record = self[key]
        if self._easel and self._easel.record is record:
            raise ApiError(409, "The run is under way; cancel it first.")
        if record in self._queue:
            self._queue.remove(record)
            self._renumbered()
        await self._forget(record)

    # From the first day to the last.

    async def start(self) -> None:
        """Take up what an earlier server left, and begin to work."""
        for record in await asyncio.to_thread(self._left):
            self._records[record.key] = record
            if record.view.state == "queued":
                self._queue.append(record)
        self._queue.sort(key=lambda record: record.key)
        self._task = asyncio.create_task(self._keep_working())

    def farewell(self) -> None:
        """Ask the run under way to end, since the server does, and let all listeners go. The second time, end it by force."""
        if self._easel:
            self._easel.close()
        self._closing = True
        self._work.set()
        for channel in (self.everyone, *self._channels.values()):
            channel.close()

    async def close(self) -> None:
        """Wait for the run under way to end, not for ever."""
        if not self._closing:
            self.farewell()
        if self._task:
            done, _ = await asyncio.wait([self._task], timeout=FAREWELL)
            if not done and self._easel:
                self._easel.kill()
            await self._task

    def _left(self) -> list[Record]:
        """Read the runs of an earlier server; the one that was under way is interrupted now."""
        sweep(self.home.runs)
        records = list(stored(self.home))
        for record in records:
            if record.view.state == "running":
                if record.process:
                    put_down(record.process)
                folder = self.home.run(record.key)
                take_stock(folder, record)
                record.process, record.resuming = None, False
                record.note(state="interrupted", ended=now(), stopping=False, message=CLOSED)
                reached(record, read_history(folder / DIARY))
                with suppress(OutputError):
                    save(self.home, record)
        return records

    # The work.

    async def _keep_working(self) -> None:
        await self._prune()
        while not self._closing:
            if not self._queue:
                self._work.clear()
                await self._work.wait()
                continue
            record = self._queue.pop(0)
            self._easel = Easel(record, self.home.run(record.key), partial(self._told, record))
            try:
                state, message = await self._easel.paint(self._pincel, partial(self._begun, record))
            except Exception as error:  # whatever it is, the next run shall have its turn
                state, message = "failed", f"The run could not be made: {error}"
            self._easel = None
            await self._end(record, state, message)
            await self._prune()

    def _begun(self, record: Record) -> None:
        with suppress(OutputError):
            save(self.home, record)
        self._changed(record)
        self._renumbered()

    async def _end(self, record: Record, state: str, message: str | None) -> None:
        """Note that a run is over, and tell everybody."""
        folder, changes = self.home.run(record.key), dict[str, Any]()
        if state == "done":
            await asyncio.to_thread(shutil.rmtree, folder / CHECKPOINT, ignore_errors=True)
            changes["has_checkpoint"] = False
        with suppress(OSError, OutputError, ValueError):
            size = await asyncio.to_thread(thumbnail, folder, record.background)
            changes |= {"size": size} if size else {}
        # All at once: nobody shall see half of it.
        record.process, record.resuming = None, False
        record.note(state=state, ended=now(), message=message, stopping=False, seconds_left=None, **changes)
        with suppress(OutputError):
            await asyncio.to_thread(save, self.home, record)
        self._sizes.pop(record.key, None)
        self._changed(record)
        self.channel(record.key).tell("end", plain(record.view))
        self.channel(record.key).forget(keep=LAST)

    def _enqueue(self, record: Record) -> None:
        self._queue.append(record)
        self._work.set()
        self._changed(record)

    def _renumbered(self) -> None:
        """Tell those that wait where they stand now."""
        for record in self._queue:
            self._changed(record)

    def _told(self, record: Record, name: str, data: Any) -> None:
        """Pass on what the run under way tells."""
        if name == "tick":
            self.everyone.tell("runs", {"changed": [plain(record.view)]})
        else:
            self.channel(record.key).tell(name, plain(record.view) if name == "run" else data)

    def _changed(self, record: Record) -> None:
        view = plain(self.view(record))
        self.channel(record.key).tell("run", view)
        self.everyone.tell("runs", {"changed": [view]})

    # Forgetting.

    async def _prune(self) -> None:
        for record in await asyncio.to_thread(surplus, list(self.newest()), self.limits, self._size):
            await self._forget(record)

    def _size(self, record: Record) -> int:
        """Return the bytes of a run; one that has ended is measured once."""
        known = self._sizes.get(record.key)
        size = size_of(self.home.run(record.key)) if known is None else known
        if record.ended:
            self._sizes[record.key] = size
        return size

    async def _forget(self, record: Record) -> None:
        if self._records.pop(record.key, None):
            await asyncio.to_thread(discard, self.home.run(record.key))
            self._channels.pop(record.key, Channel()).close()
            self._sizes.pop(record.key, None)
            self.everyone.tell("removed", {"ids": [record.key]})
