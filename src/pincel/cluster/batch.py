"""A batch run by the workers of a Ray cluster: each reads and writes at addresses as well as paths."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pincel.batch.messages import Job, JobResult, MachineOptions
from pincel.batch.resources import MakeRunner
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
    """Runs jobs on the workers of a Ray cluster, each with networks of its own that are kept warm.

    Files of jobs are paths that all machines share, or addresses as ``s3://bucket/photo.jpg``. A worker that is lost is replaced by Ray,
    and its job given to another, twice; what it had written is written again, in the same place.

    Example:
        >>> from pincel.batch.run import run_batch
        >>> executor = RayBatch("/shared/painted", workers=2)  # doctest: +SKIP
        >>> summary = run_batch(jobs, executor, Path("/shared/painted"))  # doctest: +SKIP

    Args:
        folder: Where results go: a path all machines share, or an address.
        address: See :func:`pincel.cluster.address.join`.
        workers: How many; as many as the cluster has room for when left out.
        machine: Where and how each works; ``threads`` (1 when left out) and ``memory`` are each one's own. On machines with GPUs each
            worker has one, unless the device is ``cpu``.
        make: Makes the runner of a worker.
        patience: Seconds to wait while no worker is there at all.

    Raises:
        ExtraMissingError: If Ray is not installed.
        ClusterError: If no Ray answers.
        OptionError: For less than one worker, or an amount of memory that is none.
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
        """Return jobs as they can be sent."""
        return [absolute(job) for job in tasks]


@dataclass(frozen=True)
class MakeRayRunner:
    """Makes the runner of a worker, there.

    Attributes:
        machine: Where and how it works.
        peers: How many workers there may be on one machine: they share its memory.
    """

    machine: MachineOptions
    peers: int = 1

    def __call__(self, name: str) -> Worker[Job]:
        """Make it."""
        memory = share_of_memory(self.machine.device, self.machine.memory, self.peers)
        return MakeRunner(replace(self.machine, memory=memory))(name)


class BatchWorker:
    """Runs jobs whose files may be at addresses. Its runner is made with the first job: a device that is not there fails jobs.

    Args:
        make: Makes its runner.
        name: Its own.
    """

    def __init__(self, make: MakeWorker[Job], name: str) -> None:
        self._make, self._name = make, name
        self._runner: Worker[Job] | None = None
        self._kept: dict[str, str] = {}
        self._scratch = Path(tempfile.mkdtemp(prefix="pincel-"))

    def run(self, job: Job, tell: Callable[[Any], None], stop: Stop) -> JobResult:
        """Paint a job and write its files; a picture that cannot be used is one of the things that become of a job."""
        aside = Path(tempfile.mkdtemp(dir=self._scratch))
        try:
            here = self._here(job, aside)
            self._runner = self._runner or self._make(self._name)
            return self._delivered(job, here, self._runner.run(here, tell, stop))
        except PincelError as error:
            return JobResult(job.name, "failed", str(error), worker=self._name)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _here(self, job: Job, aside: Path) -> Job:
        """Return the job with all its files on this machine."""
        content = str(store.fetch(job.content, aside)) if store.is_address(job.content) else job.content
        output = str(aside / "out" / PurePosixPath(job.output).name) if store.is_address(job.output) else job.output
        styles = tuple((self._copy(style), weight) for style, weight in job.styles)
        settings = {key: self._value(value) for key, value in job.settings.items()}
        return replace(job, content=content, styles=styles, output=output, settings=settings)

    def _value(self, value: Any) -> Any:
        """Return a value of a recipe, its addresses as paths of copies."""
        if isinstance(value, str):
            return self._copy(value)
        return [self._value(each) for each in value] if isinstance(value, list | tuple) else value

    def _copy(self, place: str) -> str:
        """Return the path of a copy that stays, if it is an address: the next job will want it too."""
        if not store.is_address(place):
            return place
        if place not in self._kept:
            self._kept[place] = str(store.fetch(place, self._scratch / f"style-{len(self._kept)}"))
        return self._kept[place]

    def _delivered(self, job: Job, here: Job, result: JobResult) -> JobResult:
        """Upload what was painted to where it should be, the picture last: where it is, its record is too."""
        if here.output == job.output or result.state != "done":
            return result
        above = job.output.rpartition("/")[0]
        there = {file: store.joined(above, Path(file).name) for file in result.files}
        for file in sorted(there, key=lambda file: file == result.files[0]):
            store.deliver(Path(file), there[file])
        return replace(result, files=tuple(there[file] for file in result.files))


def absolute(job: Job) -> Job:
    """Return the job with paths that mean the same from any folder."""
    styles = tuple((absolute_path(style), weight) for style, weight in job.styles)
    settings = {name: absolute_setting(name, value) for name, value in job.settings.items()}
    return replace(job, content=absolute_path(job.content), styles=styles, output=absolute_path(job.output), settings=settings)
