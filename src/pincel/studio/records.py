"""A run as it is kept on the disk (``run.json``) and told to the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from pincel.colors import DEFAULT_BACKGROUND
from pincel.files import write_text
from pincel.studio.commands import CHECKPOINT, PAGE, PREVIEW, RESULT, Order
from pincel.studio.home import Home, folders
from pincel.studio.models import RUN, Model, RunView

# Steps, as they were told; and what the process said.
DIARY, LOG = "events.jsonl", "log.txt"
ENDED = ("done", "cancelled", "failed", "interrupted")


class Process(Model):
    """The process of a run, so that it can be told from another that has its number later."""

    pid: int
    started: float


class Record(Model):
    """Everything about a run.

    Attributes:
        view: What the page knows.
        order: What its process is told.
        needs: Ids of the uploads it began with.
        resuming: Whether it is to go on from its checkpoint.
        plan: (share of the size, steps) of each scale, coarse to fine, those included that may be left out.
        background: What the picture is seen on where it is transparent.
        process: While it is under way.
    """

    view: RunView
    order: Order
    needs: list[str] = Field(default=[])
    resuming: bool = False
    plan: list[tuple[float, float]] = Field(default=[])
    background: str = DEFAULT_BACKGROUND
    process: Process | None = None

    @property
    def key(self) -> str:
        """Its id."""
        return self.view.id

    @property
    def ended(self) -> bool:
        """Whether nothing happens to it any more by itself."""
        return self.view.state in ENDED

    def note(self, **changes: Any) -> None:
        """Change what the page knows."""
        self.view = self.view.model_copy(update=changes)


def now() -> datetime:
    """Return the time, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def save(home: Home, record: Record) -> None:
    """Write a record; raises OutputError."""
    write_text(home.run(record.key) / "run.json", record.model_dump_json(indent=1) + "\n", what="run")


def stored(home: Home) -> Iterator[Record]:
    """Read all records, oldest first; folders without one that can be read are left alone."""
    for folder in folders(home.runs, RUN):
        try:
            record = Record.model_validate_json((folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            continue
        if record.key == folder.name:
            yield record


def take_stock(folder: Path, record: Record) -> None:
    """Note which files a run has."""
    page = folder / PAGE / "index.html"
    record.note(
        has_result=(folder / RESULT).is_file(),
        has_preview=(folder / PREVIEW).is_file(),
        has_checkpoint=any((folder / CHECKPOINT).glob("checkpoint-*.safetensors")),
        page=f"/api/runs/{record.key}/page/" if page.is_file() else None,
    )
