"""What goes between whoever asks for pictures and whoever paints them. Plain data; loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

# Of a picture that was stopped.
LEFT = "It was left before it was whole."


@dataclass(frozen=True)
class Job:
    """One picture to paint. Plain data, so that it can be sent to another process or machine.

    Attributes:
        name: What it is called among all jobs of a batch: its output as seen from the folder of the batch, parted by ``/``.
        content: The photograph: a path, or ``sample:NAME``.
        styles: Paths of style pictures or folders of them, or ``sample:NAME``, with weights.
        output: Path of the picture to write; its record goes beside it.
        settings: ``recipe``, by name or TOML file, and values of it that are otherwise, as :class:`pincel.run.run.Run` takes them.
    """

    name: str
    content: str
    styles: tuple[tuple[str, float], ...]
    output: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MachineOptions:
    """Where and how to work, which changes nothing of a picture but rounding; the arguments of a :class:`JobRunner`.

    Attributes:
        device: As of a JobRunner.
        precision: Likewise.
        tiles: Likewise.
        memory: Likewise.
        threads: Likewise.
    """

    device: str = "auto"
    precision: str = "auto"
    tiles: str = "auto"
    memory: str | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a job is. Plain data.

    Attributes:
        name: Of the job.
        step: Steps made in all scales so far; 0 also while it is being prepared.
        steps: Of how many at most; 0 while that is not known.
        worker: Who paints it.
    """

    name: str
    step: int
    steps: int
    worker: str = ""


@dataclass(frozen=True)
class JobResult:
    """What became of a job. Plain data.

    Attributes:
        name: Of the job.
        state: ``done``; ``failed``, with a message why; or ``stopped``: it was asked to end, and nothing of it was kept.
        message: Why it failed, in one line; or what is to be known of a picture that is done, if anything.
        seconds: From taking up the job to its files being written.
        prepared: Of these, those until the picture was evaluated for the first time: reading, loading, measuring targets.
        size: (width, height) of the picture.
        steps: Made in all scales.
        total: J of the picture as saved, if it was measured.
        files: The picture and its record.
        worker: Who painted it.
    """

    name: str
    state: Literal["done", "failed", "stopped"]
    message: str = ""
    seconds: float = 0.0
    prepared: float = 0.0
    size: tuple[int, int] | None = None
    steps: int = 0
    total: float | None = None
    files: tuple[str, ...] = ()
    worker: str = ""


Message: TypeAlias = JobResult | Progress
