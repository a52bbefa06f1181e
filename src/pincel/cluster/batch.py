"""A batch on the workers of a Ray cluster, which read and write at addresses as well as paths."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pincel.batches.messages import Job, JobResult, MachineOptions
from pincel.batches.resources import MakeRunner
from pincel.cluster import store
from pincel.cluster.address import AUTO
from pincel.cluster.executor import RayExecutor
from pincel.cluster.paths import absolute_path, absolute_setting
from pincel.cluster.pool import PATIENCE
from pincel.cluster.worker import share_of_memory
from pincel.engine.memory import parse_memory
from pincel.errors import PincelError
from pincel.executors.protocol import MakeWorker, Stop, Worker


class RayBatch(RayExecutor[Job]):
    """Runs jobs on the workers of a Ray cluster, each with its own networks, which stay from one job to the next.

    Files of jobs are paths that all machines share, or addresses such as ``s3://bucket/photo.jpg``. A worker that is lost is restarted by
    Ray, and its job given to another, twice; its files are written again, in the same place.

    Example:
        >>> from pincel.batches.run import run_batch
        >>> executor = RayBatch("/shared/painted", workers=2)  # doctest: +SKIP
        >>> summary = run_batch(jobs, executor, Path("/shared/painted"))  # doctest: +SKIP

    Args, beside those of :class:`RayExecutor`:
        machine: Where and how each computes, with its own ``threads`` (1 when left out) and ``memory``.
        make: Makes the runner of a worker.

    Raises:
        OptionError: For an amount of memory that is none; others as :class:`RayExecutor`.
    """

    def __init__(
        self,
        folder: str,
        address: str = AUTO,
        workers: int | None = None,
        machine: MachineOptions | None = None,
        *,
        make: MakeWorker[Job] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        machine = machine or MachineOptions()
        threads = machine.threads or 1
        if machine.memory is not None:
            parse_memory(machine.memory)
        super().__init__(folder, address, workers, device=machine.device, threads=threads, patience=patience)
        self._make = make or MakeRayRunner(replace(machine, threads=threads), self.peers)

    def make_worker(self) -> MakeWorker[Job]:
        """Return what makes a worker."""
        return partial(BatchWorker, self._make)

    def prepare(self, tasks: Sequence[Job]) -> list[Job]:
        """Return jobs with absolute paths."""
        return [absolute(job) for job in tasks]


@dataclass(frozen=True)
class MakeRayRunner:
    """Makes the runner of a worker, in its process.

    Attributes:
        machine: Where and how it computes.
        peers: How many workers there may be on one machine, which share its memory.
    """

    machine: MachineOptions
    peers: int = 1

    def __call__(self, name: str) -> Worker[Job]:
        """Make the runner."""
        memory = share_of_memory(self.machine.device, self.machine.memory, self.peers)
        return MakeRunner(replace(self.machine, memory=memory))(name)


class BatchWorker:
    """Runs jobs whose files may be at addresses. Its runner is made with the first job: a device that is not there fails jobs.

    Args:
        make: Makes its runner.
        name: Name of the worker.
    """

    def __init__(self, make: MakeWorker[Job], name: str) -> None:
        self._make, self._name = make, name
        self._runner: Worker[Job] | None = None
        self._copies: dict[str, str] = {}
        self._scratch = Path(tempfile.mkdtemp(prefix="pincel-"))

    def run(self, job: Job, emit: Callable[[Any], None], stop: Stop) -> JobResult:
        """Run a job and write its files; a picture that cannot be used is a failed result."""
        temporary = Path(tempfile.mkdtemp(dir=self._scratch))
        try:
            local = self._localize(job, temporary)
            self._runner = self._runner or self._make(self._name)
            return self._upload(job, local, self._runner.run(local, emit, stop))
        except PincelError as error:
            return JobResult(job.name, "failed", str(error), worker=self._name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _localize(self, job: Job, temporary: Path) -> Job:
        """Return the job with all its files on this machine."""
        content = str(store.fetch(job.content, temporary)) if store.is_address(job.content) else job.content
        output = str(temporary / "out" / PurePosixPath(job.output).name) if store.is_address(job.output) else job.output
        styles = tuple((self._copy(style), weight) for style, weight in job.styles)
        settings = {key: self._value(value) for key, value in job.settings.items()}
        return replace(job, content=content, styles=styles, output=output, settings=settings)

    def _value(self, value: Any) -> Any:
        """Return a value of a recipe with paths of copies for addresses."""
        if isinstance(value, str):
            return self._copy(value)
        return [self._value(each) for each in value] if isinstance(value, list | tuple) else value

    def _copy(self, place: str) -> str:
        """Return the path of a copy of an address, which stays for the next job; a path as it is."""
        if not store.is_address(place):
            return place
        if place not in self._copies:
            self._copies[place] = str(store.fetch(place, self._scratch / f"style-{len(self._copies)}"))
        return self._copies[place]

    def _upload(self, job: Job, local: Job, result: JobResult) -> JobResult:
        """Upload the files of a result, the picture last, so that where it is its record is too."""
        if local.output == job.output or result.state != "done":
            return result
        folder = job.output.rpartition("/")[0]
        addresses = {file: store.joined(folder, Path(file).name) for file in result.files}
        for file in sorted(addresses, key=lambda file: file == result.files[0]):
            store.upload(Path(file), addresses[file])
        return replace(result, files=tuple(addresses[file] for file in result.files))


def absolute(job: Job) -> Job:
    """Return the job with absolute paths."""
    styles = tuple((absolute_path(style), weight) for style, weight in job.styles)
    settings = {name: absolute_setting(name, value) for name, value in job.settings.items()}
    return replace(job, content=absolute_path(job.content), styles=styles, output=absolute_path(job.output), settings=settings)
