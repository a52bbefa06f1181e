"""Paints one job after another, and keeps between them what the next has use for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from pincel.batch.image_cache import ImageCache
from pincel.batch.jobs import USUAL
from pincel.batch.messages import LEFT, Job, JobResult, Progress
from pincel.batch.path_globs import is_folder
from pincel.engine.device import use_threads
from pincel.engine.events import ScaleStart, Step, Stopped
from pincel.engine.memory import trim_heap
from pincel.engine.result import Result, record_path
from pincel.errors import PincelError
from pincel.executors.protocol import Stop, never_stop
from pincel.images.io import check_limits
from pincel.run.cache import Cache
from pincel.run.machine import Machine
from pincel.run.run import Run

__all__ = ["JobResult", "JobRunner", "Progress"]

Tell: TypeAlias = Callable[[Progress], None]


class JobRunner:
    """Paints jobs in this process; networks, style targets and decoded pictures stay from one to the next.

    Args:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto``, ``fp32``, ``tf32`` or ``bf16``.
        threads: Of the processor; torch is told so for the whole process. As many as it takes by itself when left out.
        tiles: ``auto``, ``whole``, or such as ``pool2=512,rest=2048``.
        memory: What a run may use in all, such as ``6G``; what is free when left out.
        worker: Its name in what it tells.
    """

    def __init__(
        self,
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
        *,
        tiles: str = "auto",
        memory: str | None = None,
        worker: str = "here",
    ) -> None:
        if threads is not None:
            use_threads(threads)
        # Resolved when the first job comes: a device that is not there fails jobs, not the runner.
        self._options: dict[str, Any] = {"device": device, "precision": precision, "tiles": tiles, "memory": memory}
        self._cache = Cache()
        self._pictures = ImageCache()
        self.worker = worker

    @cached_property
    def _machine(self) -> Machine:
        return Machine.resolve(**self._options, cache=self._cache)

    def run(self, job: Job, tell: Tell = lambda _: None, stop: Stop = never_stop) -> JobResult:
        """Paint a job and write its picture and record, each whole or not at all.

        Args:
            job: What to paint.
            tell: Is given how far it is, after each step.
            stop: Asked after each event whether to leave the picture, of which nothing is kept then.

        Returns:
            What became of it. A picture or a setting that cannot be used is no exception, but one of the things that become of a job.
        """
        watch = Stopwatch()
        tell(Progress(job.name, 0, 0, self.worker))
        try:
            result = self._painted(job, tell, stop, watch)
        except PincelError as error:
            result = JobResult(job.name, "failed", _line(str(error)))
        except Exception as error:
            # Whatever is the matter with one picture must not end a night's work.
            result = JobResult(job.name, "failed", _line(f"{type(error).__name__}: {error}"))
        return replace(result, seconds=watch.elapsed, prepared=watch.prepared, worker=self.worker)

    def _painted(self, job: Job, tell: Tell, stop: Stop, watch: Stopwatch) -> JobResult:
        settings = dict(job.settings)
        content = self._pictures.open(job.content, "content")
        # A folder stays one style with one weight, however many pictures are in it.
        styles = [(place if is_folder(place) else self._pictures.open(place, "style"), weight) for place, weight in job.styles]
        recipe = settings.pop("recipe", USUAL)
        run = Run(content, styles, recipe=recipe, machine=self._machine, **settings)
        if run.plan.memory_constrained:
            # From here on; those that come after it are slower for it, and not many in a batch that has such pictures.
            trim_heap()
        check_limits(job.output, run.size, alpha=run.inputs.content.alpha is not None)
        steps, before, of_scale, reason = sum(scale.steps for scale in run.plan.scales), 0, 0, ""
        for event in run:
            if isinstance(event, ScaleStart):
                before, of_scale = before + of_scale, event.steps
            elif isinstance(event, Step):
                watch.first_step()
                tell(Progress(job.name, before + event.step, steps, self.worker))
            elif isinstance(event, Stopped):
                reason = event.reason
            if stop():
                run.stop("interrupted")
        return _written(job, run.result) if run.finished else _left(job, reason)


class Stopwatch:
    """How long a job has taken, and how long until its picture was first evaluated."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._ready: float | None = None

    @property
    def elapsed(self) -> float:
        return round(time.perf_counter() - self._began, 3)

    @property
    def prepared(self) -> float:
        return self.elapsed if self._ready is None else self._ready

    def first_step(self) -> None:
        """Take the time, the first time that this is called."""
        if self._ready is None:
            self._ready = self.elapsed


def _written(job: Job, result: Result) -> JobResult:
    """Write picture and record; raises OutputError if they cannot be."""
    target = Path(job.output)
    target.parent.mkdir(parents=True, exist_ok=True)
    result.save(target)
    return JobResult(
        job.name,
        "done",
        "The objective went out of bounds; this is the best picture before." if result.stopped == "diverged" else "",
        size=result.image.size,
        steps=sum(scale["steps"] for scale in result.record["scales"]),
        total=(result.record["saved"] or {}).get("total"),
        files=(str(target), str(record_path(target))),
    )


def _left(job: Job, reason: str) -> JobResult:
    """Say why nothing is kept of a picture that is not whole."""
    if reason == "out of memory":
        return JobResult(job.name, "failed", "Out of memory; try a smaller size, or fewer workers at a time.")
    return JobResult(job.name, "stopped", LEFT)


def _line(text: str) -> str:
    return " ".join(text.split())
