"""Records of runs: ``run.json`` on the disk, and what of it the page shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from pincel.colors import DEFAULT_BACKGROUND
from pincel.files import write_text
from pincel.studio.commands import CHECKPOINT, PAGE, PREVIEW, RESULT, RunSpec
from pincel.studio.courses import pages_in
from pincel.studio.data_dir import DataDir, folders
from pincel.studio.models import RUN, Model, RunView

# Steps, as they were sent to the page; and the output of the process.
EVENT_LOG, LOG = "events.jsonl", "log.txt"
ENDED = ("done", "cancelled", "failed", "interrupted")


class Process(Model):
    """Identity of a process: another may have the same number later."""

    pid: int
    started: float


class Record(Model):
    """Everything about a run.

    Attributes:
        view: What the page shows.
        order: Command of its process.
        needs: Ids of the uploads it began with.
        resuming: Whether it goes on from its checkpoint.
        plan: (fraction of the size, steps) of each scale, coarse to fine, including scales that may be left out.
        background: Color behind transparent parts of the picture.
        process: Set while it is under way.
    """

    view: RunView
    order: RunSpec
    needs: list[str] = Field(default=[])
    resuming: bool = False
    plan: list[tuple[float, float]] = Field(default=[])
    background: str = DEFAULT_BACKGROUND
    process: Process | None = None

    @property
    def key(self) -> str:
        """Id of the run."""
        return self.view.id

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self.view.state in ENDED

    def note(self, **changes: Any) -> None:
        """Update the view."""
        self.view = self.view.model_copy(update=changes)


def now() -> datetime:
    """Return the present time, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def save(home: DataDir, record: Record) -> None:
    """Write a record; raises OutputError."""
    write_text(home.run(record.key) / "run.json", record.model_dump_json(indent=1) + "\n", what="run")


def stored(home: DataDir) -> Iterator[Record]:
    """Read all records, oldest first; folders without a readable one are skipped."""
    for folder in folders(home.runs, RUN):
        try:
            record = Record.model_validate_json((folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            continue
        if record.key == folder.name:
            yield record


def scan_files(folder: Path, record: Record) -> None:
    """Update the view by the files of a run."""
    page = folder / PAGE / "index.html"
    record.note(
        has_result=(folder / RESULT).is_file(),
        has_preview=(folder / PREVIEW).is_file(),
        has_checkpoint=any((folder / CHECKPOINT).glob("checkpoint-*.safetensors")),
        page=f"/api/runs/{record.key}/page/" if page.is_file() else None,
        pages=pages_in(page.parent) if record.view.kind == "course" else [],
    )
