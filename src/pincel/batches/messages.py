"""Jobs, their progress and their results, as plain data that can be sent to another process or machine. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

# Message of a job that was stopped.
NOT_FINISHED = "It was stopped before it was finished."


@dataclass(frozen=True)
class Job:
    """One picture to paint.

    Attributes:
        name: Unique in a batch: path of the output relative to the folder of the batch, with ``/``.
        content: The photograph: a path, or ``sample:NAME``.
        styles: Paths of style pictures or folders of them, or ``sample:NAME``, with weights.
        output: Path of the picture to write; its record goes beside it.
        settings: ``recipe``, by name or TOML file, and values that differ from it, as for :class:`pincel.run.run.Run`.
    """

    name: str
    content: str
    styles: tuple[tuple[str, float], ...]
    output: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MachineOptions:
    """Where and how to compute, which changes a picture only by rounding.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto``, ``fp32``, ``tf32`` or ``bf16``.
        tiles: ``auto``, ``whole``, or such as ``pool2=512,rest=2048``.
        memory: Of a run in all, such as ``6G``; what is free when left out.
        threads: Of the processor; torch's default when left out.
    """

    device: str = "auto"
    precision: str = "auto"
    tiles: str = "auto"
    memory: str | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Progress:
    """Progress of a job.

    Attributes:
        name: Of the job.
        step: Steps made in all scales; 0 also during preparation.
        steps: Of how many at most; 0 while that is not known.
        worker: Name of its worker.
    """

    name: str
    step: int
    steps: int
    worker: str = ""


@dataclass(frozen=True)
class JobResult:
    """The result of a job.

    Attributes:
        name: Of the job.
        state: ``done``; ``failed``, with a message why; or ``stopped``, with nothing kept.
        message: Why it failed, in one line; or a note on a picture that is done.
        seconds: From the start of the job to its files.
        prepared: Of these, those before the first step: reading, loading, measuring targets.
        size: (width, height) of the picture.
        steps: Made in all scales.
        total: J of the picture as saved, if it was measured.
        files: The picture and its record.
        worker: Name of its worker.
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
