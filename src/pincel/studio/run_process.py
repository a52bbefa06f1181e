"""One run, from the start of its process to its end."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pincel.studio.child_process import ChildProcess, exit_message
from pincel.studio.commands import CHECKPOINT, PAGE, PREVIEW, RECORD, RESULT, argv, resuming
from pincel.studio.courses import pages_in
from pincel.studio.event_parser import EventParser
from pincel.studio.history import StepHistory, append, read_history
from pincel.studio.models import Message
from pincel.studio.records import EVENT_LOG, LOG, Record, now, scan_files
from pincel.studio.thumbnails import THUMB, converted_names
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Seconds between two checks for a new preview.
POLL_SECONDS = 0.5
# Seconds after which a second Cancel ends the process at once.
KILL_AFTER = 60.0
INTERRUPTED = (130, 143)
CLOSED_MESSAGE = _("The studio ended while this run was under way.")


class RunProcess:
    """A run under way.

    Args:
        record: Record of the run; updated.
        folder: Folder of the run.
        publish: Called with type and data of each event; without data for ``run`` and ``tick``, which are about the record.
    """

    def __init__(self, record: Record, folder: Path, publish: Callable[[str, Any], None]) -> None:
        self.record, self._folder, self._publish = record, folder, publish
        self.parser = EventParser(record, publish, [])
        self._process: ChildProcess | None = None
        self._cancelled_at = 0.0
        self._closing = False

    async def run(self, pincel: Sequence[str], started: Callable[[], None]) -> tuple[str, Message | None]:
        """Start the process and follow it to its end.

        Args:
            pincel: The command line of pincel.
            started: Called when the process has been started.

        Returns:
            The state the run ends in, and a message.
        """
        record = self.record
        self.parser.history = StepHistory(await asyncio.to_thread(self._prepare))
        command = resuming() if record.resuming else argv(record.order)
        record.note(state="running", started=now(), seconds_left=None)
        process = self._process = await ChildProcess.start([*pincel, *command], self._folder)
        record.process = process.identity
        started()
        if self._closing or record.view.stopping:
            process.interrupt()
        over = asyncio.Event()
        watching = asyncio.create_task(self._watch(over))
        try:
            code = await process.listen(self.parser.stdout, self.parser.stderr)
        except BaseException:
            process.kill()
            raise
        finally:
            self._process = None
            over.set()
            await watching
        await self._write_logs()
        await asyncio.to_thread(scan_files, self._folder, record)
        return self._outcome(code)

    def cancel(self) -> None:
        """Ask the process to end and keep what it has; if asked again after a while, end it at once."""
        again, self.record.view = self.record.view.stopping, self.record.view.model_copy(update={"stopping": True})
        if self._process and again and time.monotonic() - self._cancelled_at > KILL_AFTER:
            self._process.kill()
        elif self._process and not again:
            self._cancelled_at = time.monotonic()
            self._process.interrupt()

    def close(self) -> None:
        """Ask the process to end because the studio does; the second time, end it at once."""
        if self._process and self._closing:
            self._process.kill()
        elif self._process and not self.record.view.stopping:
            self._process.interrupt()
        self._closing = True

    def kill(self) -> None:
        """End the process at once."""
        if self._process:
            self._process.kill()

    def _prepare(self) -> list[dict[str, Any]]:
        """Return the steps of a run that is resumed; remove the files of one that starts again."""
        if self.record.resuming:
            return read_history(self._folder / EVENT_LOG)
        # Pages of a course that are there are kept, unless they were made from something else.
        for name in (CHECKPOINT,) if self.record.view.kind == "course" else (CHECKPOINT, PAGE):
            shutil.rmtree(self._folder / name, ignore_errors=True)
        for name in (RESULT, RECORD, PREVIEW, EVENT_LOG, THUMB, *converted_names()):
            (self._folder / name).unlink(missing_ok=True)
        self.record.note(step=None, steps=None, total=None, terms={}, seconds=None, size=None, scale=None)
        scan_files(self._folder, self.record)
        return []

    def _outcome(self, code: int) -> tuple[str, Message | None]:
        """Return the state and the message of a run whose process has ended with a code."""
        view = self.record.view
        if code == 0:
            return "done", view.message
        error = Message.of(exit_message(code, self.parser.last_line))
        as_asked = code in INTERRUPTED or code < 0 or view.step is None
        if view.stopping:
            return "cancelled", None if as_asked else error
        if self._closing and as_asked:
            return "interrupted", Message.of(Note(CLOSED_MESSAGE))
        if code in INTERRUPTED:
            return "interrupted", Message.of(Note(_("Somebody ended the process of this run.")))
        return "interrupted" if code < 0 and view.has_checkpoint else "failed", error

    async def _watch(self, over: asyncio.Event) -> None:
        """Until the run is over, publish new previews and pages, and write the logs."""
        version, view = version_of(self._folder), self.record.view
        while not over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), POLL_SECONDS)
            if (latest := version_of(self._folder)) != version:
                version = latest
                self.record.note(has_preview=True)
                self._publish("preview", {"version": version})
            if self.record.view.kind == "course" and pages_in(self._folder / PAGE) != self.record.view.pages:
                scan_files(self._folder, self.record)
            await self._write_logs()
            if self.record.view is not view:
                view = self.record.view
                self._publish("tick", None)

    async def _write_logs(self) -> None:
        steps, log = self.parser.history.take_unwritten(), self.parser.take_log()
        with suppress(OSError):  # on a full disk, the run may still have room for its picture
            await asyncio.to_thread(append, self._folder / EVENT_LOG, steps)
            await asyncio.to_thread(append, self._folder / LOG, log)


def version_of(folder: Path) -> int:
    """Return a number for the preview of a run: its time in milliseconds; 0 for none."""
    with suppress(OSError):
        return (folder / PREVIEW).stat().st_mtime_ns // 1_000_000
    return 0
