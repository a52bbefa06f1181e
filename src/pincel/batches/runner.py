"""The worker of a batch: runs one job after another, and keeps what the next can use."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from pincel.batches.image_cache import ImageCache
from pincel.batches.jobs import DEFAULT_RECIPE
from pincel.batches.messages import NOT_FINISHED, Job, JobResult, MachineOptions, Progress
from pincel.batches.path_globs import is_folder
from pincel.engine.device import use_threads
from pincel.engine.events import ScaleStart, Step, Stopped
from pincel.engine.memory import trim_heap
from pincel.engine.result import Result, record_path
from pincel.errors import PictureError, PincelError
from pincel.executors.protocol import Stop, never_stop
from pincel.images.io import check_limits
from pincel.run.cache import Cache
from pincel.run.machine import Machine
from pincel.run.run import Run

Emit: TypeAlias = Callable[[Progress], None]


class JobRunner:
    """Runs jobs in this process; networks, style targets and decoded pictures stay from one to the next.

    Args:
        options: Where and how to compute; threads are those of the whole process.
        worker: Its name in progress and results.
    """

    def __init__(self, options: MachineOptions | None = None, worker: str = "here") -> None:
        self._options = options or MachineOptions()
        if self._options.threads is not None:
            use_threads(self._options.threads)
        self._cache = Cache()
        self._pictures = ImageCache()
        self.worker = worker

    @cached_property
    def _machine(self) -> Machine:
        """Resolved with the first job: a device that is not there fails jobs, not the runner."""
        options = self._options
        return Machine.resolve(options.device, options.precision, options.tiles, options.memory, cache=self._cache)

    def run(self, job: Job, emit: Emit = lambda _: None, stop: Stop = never_stop) -> JobResult:
        """Run a job and write its picture and record, each whole or not at all.

        Args:
            job: The job.
            emit: Called with the progress after each step.
            stop: Called after each event; where it returns True, the job ends and nothing of it is kept.

        Returns:
            The result. A picture or a setting that cannot be used is a failed result, not an exception.
        """
        watch = Stopwatch()
        emit(Progress(job.name, 0, 0, self.worker))
        try:
            result = self._paint(job, emit, stop, watch)
        except PincelError as error:
            # The name of the file says which picture it is.
            text = error.message if isinstance(error, PictureError) else str(error)
            result = JobResult(job.name, "failed", " ".join(text.split()))
        except Exception as error:
            # No error of one picture ends the batch.
            result = JobResult(job.name, "failed", " ".join(f"{type(error).__name__}: {error}".split()))
        return replace(result, seconds=watch.elapsed, prepared=watch.prepared, worker=self.worker)

    def _paint(self, job: Job, emit: Emit, stop: Stop, watch: Stopwatch) -> JobResult:
        settings = dict(job.settings)
        content = self._pictures.open(job.content, "content")
        # A folder stays one style with one weight, however many pictures are in it.
        styles = [(place if is_folder(place) else self._pictures.open(place, "style"), weight) for place, weight in job.styles]
        recipe = settings.pop("recipe", DEFAULT_RECIPE)
        run = Run(content, styles, recipe=recipe, machine=self._machine, **settings)
        if run.plan.memory_constrained:
            trim_heap()
        check_limits(job.output, run.size, alpha=run.inputs.content.alpha is not None)
        steps, steps_before, scale_steps, reason = sum(scale.steps for scale in run.plan.scales), 0, 0, ""
        for event in run:
            if isinstance(event, ScaleStart):
                steps_before, scale_steps = steps_before + scale_steps, event.steps
            elif isinstance(event, Step):
                watch.first_step()
                emit(Progress(job.name, steps_before + event.step, steps, self.worker))
            elif isinstance(event, Stopped):
                reason = event.reason
            if stop():
                run.stop("interrupted")
        return _save(job, run.result) if run.finished else _unfinished(job, reason)


class Stopwatch:
    """Measures how long a job takes, and how long until its first step."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._ready: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        return round(time.perf_counter() - self._began, 3)

    @property
    def prepared(self) -> float:
        """Seconds until the first step."""
        return self.elapsed if self._ready is None else self._ready

    def first_step(self) -> None:
        """Take the time, at the first call."""
        if self._ready is None:
            self._ready = self.elapsed


def _save(job: Job, result: Result) -> JobResult:
    """Write picture and record; raises OutputError."""
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


def _unfinished(job: Job, reason: str) -> JobResult:
    """Return why nothing is kept of a picture that is not finished."""
    if reason == "out of memory":
        return JobResult(job.name, "failed", "Out of memory; try a smaller size, or fewer workers at a time.")
    return JobResult(job.name, "stopped", NOT_FINISHED)
