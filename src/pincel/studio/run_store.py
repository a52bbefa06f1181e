"""The runs of a data directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from pincel.errors import OutputError
from pincel.studio.child_process import kill_stale
from pincel.studio.data_dir import DataDir, delete_tree, purge, size_of
from pincel.studio.errors import missing
from pincel.studio.event_parser import note_step
from pincel.studio.history import read_history
from pincel.studio.limits import Limits
from pincel.studio.models import Message
from pincel.studio.records import EVENT_LOG, Record, now, save, scan_files, stored
from pincel.studio.run_process import CLOSED_MESSAGE
from pincel.translation import Note


class RunStore:
    """Records of runs, by id; :meth:`load` reads those of earlier servers."""

    def __init__(self, home: DataDir) -> None:
        self.home = home
        self._records: dict[str, Record] = {}
        self._sizes: dict[str, int] = {}

    def __getitem__(self, key: str) -> Record:
        """Return a run; raises ApiError."""
        if key not in self._records:
            raise missing("run", key)
        return self._records[key]

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def newest(self) -> Iterator[Record]:
        """Yield all runs, newest first."""
        yield from sorted(self._records.values(), key=lambda record: record.key, reverse=True)

    def pictures(self) -> list[str]:
        """Return the ids of the pictures that runs began with."""
        return [key for record in self._records.values() for key in record.needs]

    def load(self) -> list[Record]:
        """Read the runs of an earlier server; one that was under way is interrupted. Returns those that wait, in order."""
        purge(self.home.runs)
        for record in stored(self.home):
            if record.view.state == "running":
                self._interrupt(record)
            self._records[record.key] = record
        return [record for _, record in sorted(self._records.items()) if record.view.state == "queued"]

    def _interrupt(self, record: Record) -> None:
        if record.process:
            kill_stale(record.process)
        folder = self.home.run(record.key)
        scan_files(folder, record)
        record.process, record.resuming = None, False
        record.note(state="interrupted", ended=now(), stopping=False, message=Message.of(Note(CLOSED_MESSAGE)))
        # The record was last written when the run began.
        for step in read_history(folder / EVENT_LOG)[-1:]:
            note_step(record, step)
        self.save(record)

    def add(self, record: Record) -> None:
        """Add a run and write its record; raises OutputError."""
        save(self.home, record)
        self._records[record.key] = record

    def save(self, record: Record) -> None:
        """Write a record; on a full disk it is written another time."""
        self._sizes.pop(record.key, None)
        with suppress(OutputError):
            save(self.home, record)

    def remove(self, key: str) -> None:
        """Delete a run and its folder."""
        self._records.pop(key, None)
        self._sizes.pop(key, None)
        delete_tree(self.home.run(key))

    def expired(self, limits: Limits) -> list[Record]:
        """Return the runs to delete."""
        return expired(list(self.newest()), limits, self._size)

    def _size(self, record: Record) -> int:
        """Return the bytes of a run; one that has ended is measured once."""
        known = self._sizes.get(record.key)
        size = size_of(self.home.run(record.key)) if known is None else known
        if record.ended:
            self._sizes[record.key] = size
        return size


def expired(records: Sequence[Record], limits: Limits, size: Callable[[Record], int]) -> list[Record]:
    """Return the runs to delete: the newest stay up to a number and a size, and so do those that wait or are under way.

    Args:
        records: Runs, newest first.
        limits: The number and the size.
        size: Returns the bytes of a run.
    """
    count = total = 0
    gone = []
    for record in records:
        bytes_ = size(record)
        if record.ended and (count >= limits.runs or (count and total + bytes_ > limits.kept)):
            gone.append(record)
            continue
        count, total = count + 1, total + bytes_
    return gone
