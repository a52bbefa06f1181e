"""One run, from the start of its process to its end."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pincel.studio.commands import CHECKPOINT, PAGE, PREVIEW, RECORD, RESULT, argv, resuming
from pincel.studio.follower import Follower, append, read_history
from pincel.studio.records import DIARY, LOG, Record, now, take_stock
from pincel.studio.small import THUMB, converted_name
from pincel.studio.worker import Worker, ending

# Seconds between two looks at what is new on the disk.
TICK = 0.5
# Seconds after which Cancel, asked for again, is meant by all means.
PATIENCE = 60.0
INTERRUPTED = (130, 143)
CLOSED = "The studio ended while this run was under way."

Tell = Callable[[str, Any], None]


class Easel:
    """A run under way.

    Args:
        record: Of the run; changed as things happen.
        folder: In which it is made.
        tell: Is told its events: type and data, none for the run itself.
    """

    def __init__(self, record: Record, folder: Path, tell: Tell) -> None:
        self.record, self._folder, self._tell = record, folder, tell
        self.follower = Follower(record, tell, [])
        self._worker: Worker | None = None
        self._asked = 0.0
        self._closing = False

    async def paint(self, pincel: Sequence[str], begun: Callable[[], None]) -> tuple[str, str | None]:
        """Have the run made.

        Args:
            pincel: The command line.
            begun: Is told when the process is there.

        Returns:
            The state it ends in, and why if not well.
        """
        record = self.record
        self.follower.history = await asyncio.to_thread(self._make_ready)
        command = resuming() if record.resuming else argv(record.order)
        record.note(state="running", started=now(), seconds_left=None)
        worker = self._worker = await Worker.start([*pincel, *command], self._folder)
        record.process = worker.told
        begun()
        if self._closing or record.view.stopping:
            worker.interrupt()
        over = asyncio.Event()
        ticking = asyncio.create_task(self._tick(over))
        try:
            code = await worker.listen(self.follower.hear, self.follower.note)
        except BaseException:
            worker.kill()
            raise
        finally:
            self._worker = None
            over.set()
            await ticking
        await self._write_down()
        await asyncio.to_thread(take_stock, self._folder, record)
        return self._outcome(code)

    def cancel(self) -> None:
        """Ask the process to end and keep what it has; one that does not for a long time is ended by force."""
        again, self.record.view = self.record.view.stopping, self.record.view.model_copy(update={"stopping": True})
        if self._worker and again and time.monotonic() - self._asked > PATIENCE:
            self._worker.kill()
        elif self._worker and not again:
            self._asked = time.monotonic()
            self._worker.interrupt()

    def close(self) -> None:
        """Ask the process to end because the studio does; the second time, end it by force."""
        if self._worker and self._closing:
            self._worker.kill()
        elif self._worker and not self.record.view.stopping:
            self._worker.interrupt()
        self._closing = True

    def kill(self) -> None:
        """End the process by force."""
        if self._worker:
            self._worker.kill()

    def _make_ready(self) -> list[dict[str, Any]]:
        """Clear away what is left of an earlier beginning, or read it; return the steps told before."""
        if self.record.resuming:
            return read_history(self._folder / DIARY)
        for name in (CHECKPOINT, PAGE):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        for name in (RESULT, RECORD, PREVIEW, DIARY, THUMB, *converted_name()):
            (self._folder / name).unlink(missing_ok=True)
        self.record.note(step=None, steps=None, total=None, terms={}, seconds=None, size=None, scale=None)
        take_stock(self._folder, self.record)
        return []

    def _outcome(self, code: int) -> tuple[str, str | None]:
        """Say in which state the run is whose process has ended with a code, and why if not well."""
        view = self.record.view
        if code == 0:
            return "done", view.message
        asked = code in INTERRUPTED or code < 0 or view.step is None
        if view.stopping:
            return "cancelled", None if asked else ending(code, self.follower.last)
        if self._closing and asked:
            return "interrupted", CLOSED
        if code in INTERRUPTED:
            return "interrupted", "Somebody ended the process of this run."
        return "interrupted" if code < 0 and view.has_checkpoint else "failed", ending(code, self.follower.last)

    async def _tick(self, over: asyncio.Event) -> None:
        """Until the run is over, look for new previews and keep its diary."""
        version, told = version_of(self._folder), self.record.view
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), TICK)
            if (latest := version_of(self._folder)) != version:
                version = latest
                self.record.note(has_preview=True)
                self._tell("preview", {"version": version})
            await self._write_down()
            if self.record.view is not told:
                told = self.record.view
                self._tell("tick", None)

    async def _write_down(self) -> None:
        diary, log = self.follower.written()
        with suppress(OSError):  # a full disk: the run may still find room for its picture
            await asyncio.to_thread(append, self._folder / DIARY, diary)
            await asyncio.to_thread(append, self._folder / LOG, log)


def version_of(folder: Path) -> int:
    """Number the preview of a run: its time, in milliseconds; 0 for none."""
    with suppress(OSError):
        return (folder / PREVIEW).stat().st_mtime_ns // 1_000_000
    return 0
