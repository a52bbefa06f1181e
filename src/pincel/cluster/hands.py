"""A batch painted by workers of a Ray cluster."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pincel.batch.messages import Job, MachineOptions, Message, Outcome
from pincel.cluster import store
from pincel.cluster.address import AUTO, join
from pincel.cluster.easel import SIGN, Easel, MakePainter, Makes, absolute
from pincel.cluster.pool import PATIENCE, Done, Heard, Lost, Needs, Pool
from pincel.engine.memory import parse_memory
from pincel.errors import OptionError
from pincel.files import check_output, one_line


class Crowd:
    """The workers of a cluster that one piece of work may have.

    Args:
        address: See :func:`pincel.cluster.address.join`.
        workers: How many; as many as there is room for when left out.
        threads: Of each.
        patience: Seconds to wait while none is there at all.

    Raises:
        ExtraMissingError: If Ray is not installed.
        ClusterError: If no Ray answers.
        OptionError: For less than one worker.
    """

    def __init__(self, address: str, workers: int | None, threads: int, patience: float) -> None:
        if workers is not None and workers < 1:
            raise OptionError(one_line("workers: there must be somebody to paint", str(workers), "1 or more", "--workers 2"))
        self._cluster = join(address, cores=workers and workers * threads)
        self._workers, self._threads, self._patience = workers, threads, patience
        self._pools: list[Pool[Any]] = []

    def needs(self, device: str) -> Needs:
        """Return what a worker needs: a GPU of its own where there are any, unless it is to do without."""
        return Needs(self._threads, gpus=int(device != "cpu" and self._cluster.resources().get("GPU", 0) >= 1))

    def size(self, device: str) -> int:
        """Return how many workers there will be."""
        return self._workers or max(1, self.needs(device).room(self._cluster.resources()))

    def peers(self, device: str) -> int:
        """Return how many of them may be on one machine."""
        needs = self.needs(device)
        return min(self.size(device), max([1, *map(needs.room, self._cluster.machines())]))

    @contextmanager
    def pool(self, kind: type, arguments: tuple[Any, ...], *, device: str, most: int) -> Iterator[Pool[Any]]:
        """Have workers, at most so many, until the work is done."""
        count = max(1, min(self.size(device), most))
        pool = Pool[Any](self._cluster, kind, arguments, workers=count, needs=self.needs(device), patience=self._patience)
        self._pools.append(pool)
        try:
            yield pool
        finally:
            self._pools.remove(pool)
            pool.close()

    def close(self) -> None:
        """End the workers that are left, and the cluster if it was started here."""
        for pool in self._pools:
            pool.close()
        self._cluster.close()


class RayHands:
    """Paints with workers of a Ray cluster, each with a painter of its own that is kept warm.

    Files of jobs are paths that all machines share, or addresses as ``s3://bucket/photo.jpg``. A worker that is lost is replaced by Ray,
    and its job given to another, twice; what it had written is written again, in the same place.

    Example:
        >>> from pincel.batch.run import run_batch
        >>> hands = RayHands("auto", workers=2)  # doctest: +SKIP
        >>> summary = run_batch(jobs, hands, Path("/shared/painted"))  # doctest: +SKIP

    Args:
        address: See :func:`pincel.cluster.address.join`.
        workers: How many; as many as the cluster has room for when left out.
        machine: Where and how each works; ``threads`` (1 when left out) and ``memory`` are each one's own. On machines with GPUs each
            worker has one, unless the device is ``cpu``.
        make: Makes the painter of a worker.
        patience: Seconds to wait while no worker is there at all.

    Raises:
        ExtraMissingError: If Ray is not installed.
        ClusterError: If no Ray answers.
        OptionError: For less than one worker, or an amount of memory that is none.
    """

    def __init__(
        self,
        address: str = AUTO,
        workers: int | None = None,
        machine: MachineOptions | None = None,
        *,
        make: Makes | None = None,
        patience: float = PATIENCE,
    ) -> None:
        machine = machine or MachineOptions()
        self._machine = replace(machine, threads=machine.threads or 1)
        if machine.memory is not None:
            parse_memory(machine.memory)
        self._crowd = Crowd(address, workers, self._machine.threads or 1, patience)
        self._make = make or MakePainter(self._machine, self._crowd.peers(machine.device))
        self._asked = False

    @property
    def workers(self) -> int:
        """How many there will be, if there are as many jobs."""
        return self._crowd.size(self._machine.device)

    def outcomes(self, jobs: Sequence[Job]) -> Iterator[Message]:
        """Paint all jobs, and tell how each goes and what becomes of it, as it comes: in no certain order.

        Raises:
            ClusterError: If no worker can be had, or none that sees the folder of the results.
        """
        if not jobs or self._asked:
            return
        folder = absolute(jobs[0]).output.rpartition("/")[0]
        device, most = self._machine.device, len(jobs)
        with folder_token(folder) as token, self._crowd.pool(Easel, (self._make, folder, token), device=device, most=most) as pool:
            for result in pool.results(map(absolute, jobs), lambda: self._asked):
                yield _told(result, stopping=self._asked)

    def stop(self) -> None:
        """Ask for the end: what is under way is left, nothing more is begun. Safe from a signal handler."""
        self._asked = True

    def close(self) -> None:
        """End the workers, and the cluster if it was started here."""
        self._crowd.close()


@contextmanager
def folder_token(folder: str) -> Iterator[str]:
    """Put a file into a folder by which others know it, and give what is in it; a store needs none."""
    if store.is_address(folder):
        yield ""
        return
    file, token = Path(folder, SIGN), secrets.token_hex(16)
    check_output(file, what="folder of results")
    try:
        file.write_text(token, encoding="utf-8")
        yield token
    finally:
        file.unlink(missing_ok=True)


def _told(result: Done[Job] | Lost[Job] | Heard[Job], *, stopping: bool) -> Message:
    """Say of a batch what the pool says of tasks."""
    if isinstance(result, Done | Heard):
        message: Message = result.said
        return message
    if stopping:
        return Outcome(result.task.name, "stopped", "It was left before it was whole.")
    return Outcome(result.task.name, "failed", f"{result.why}.")
