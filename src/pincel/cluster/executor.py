"""Tasks done by the workers of a Ray cluster."""

from __future__ import annotations

import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

from pincel.cluster import store
from pincel.cluster.address import AUTO, join
from pincel.cluster.pool import PATIENCE, WorkerPool, WorkerResources
from pincel.cluster.worker import SENTINEL, RayWorker
from pincel.errors import OptionError
from pincel.executors.protocol import ExecutorEvent, MakeWorker, Stop, never_stop
from pincel.files import check_output, one_line

T = TypeVar("T")


class RayExecutor(ABC, Generic[T]):
    """Has tasks done by workers of a Ray cluster; a subclass defines the tasks.

    Args:
        folder: Where results go: a path all machines share, or an address.
        address: See :func:`pincel.cluster.address.join`.
        workers: How many; as many as there is room for when left out.
        device: On machines with GPUs each worker has one, unless this is ``cpu``.
        threads: Of each worker.
        patience: Seconds to wait while there is no worker at all.

    Raises:
        ExtraMissingError: If Ray is not installed.
        ClusterError: If no Ray answers; in :meth:`run`, if no worker can be started, or none that shares the folder of the results.
        OptionError: For less than one worker.
    """

    def __init__(
        self,
        folder: str,
        address: str = AUTO,
        workers: int | None = None,
        *,
        device: str = "auto",
        threads: int = 1,
        patience: float = PATIENCE,
    ) -> None:
        if workers is not None and workers < 1:
            raise OptionError(one_line("workers: there must be somebody to paint", str(workers), "1 or more", "--workers 2"))
        self._folder = folder if store.is_address(folder) else os.path.abspath(folder)
        self._cluster = join(address, cores=workers and workers * threads)
        gpus = int(device != "cpu" and self._cluster.resources().get("GPU", 0) >= 1)
        self._needs, self._patience = WorkerResources(threads, gpus=gpus), patience
        self._workers = workers
        self._pools: list[WorkerPool[T]] = []

    @property
    def workers(self) -> int:
        """Number of workers, if there are as many tasks."""
        return self._workers or max(1, self._needs.capacity(self._cluster.resources()))

    @property
    def peers(self) -> int:
        """How many of them one machine has room for."""
        return min(self.workers, max([1, *map(self._needs.capacity, self._cluster.machines())]))

    @abstractmethod
    def make_worker(self) -> MakeWorker[T]:
        """Return what makes a worker, in its process."""

    @abstractmethod
    def prepare(self, tasks: Sequence[T]) -> list[T]:
        """Return tasks in a form that can be sent, in the order they are assigned."""

    def run(self, tasks: Sequence[T], emit: Callable[[ExecutorEvent[T]], None], stop: Stop = never_stop) -> None:
        """Have all tasks done; see :class:`pincel.executors.protocol.Executor`."""
        if not tasks or stop():
            return
        with folder_token(self._folder) as token, self._pool((self.make_worker(), self._folder, token), len(tasks)) as pool:
            for event in pool.results(self.prepare(tasks), stop):
                emit(event)

    def close(self) -> None:
        """End the remaining workers, and the cluster if it was started here."""
        for pool in self._pools:
            pool.close()
        self._cluster.close()

    @contextmanager
    def _pool(self, arguments: tuple[Any, ...], most: int) -> Iterator[WorkerPool[T]]:
        """Yield a pool of at most so many workers."""
        count = max(1, min(self.workers, most))
        pool = WorkerPool[T](self._cluster, RayWorker, arguments, workers=count, needs=self._needs, patience=self._patience)
        self._pools.append(pool)
        try:
            yield pool
        finally:
            self._pools.remove(pool)
            pool.close()


@contextmanager
def folder_token(folder: str) -> Iterator[str]:
    """Write a file into a folder by which workers recognize it, and yield its contents; a store needs none."""
    if store.is_address(folder):
        yield ""
        return
    file, token = Path(folder, SENTINEL), secrets.token_hex(16)
    check_output(file, what="folder of results")
    try:
        file.write_text(token, encoding="utf-8")
        yield token
    finally:
        file.unlink(missing_ok=True)
