"""A pool of workers on a Ray cluster: each has one task, and gets the next when that is done.

Ray's own ActorPool gives up a task whose worker is lost, and has neither messages of tasks nor a way to stop one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pincel.cluster.address import Cluster
from pincel.cluster.errors import first_line
from pincel.errors import ClusterError
from pincel.executors.protocol import Completed, ExecutorEvent, Failed, Stop, Update, never_stop
from pincel.files import one_line

T = TypeVar("T")

# Workers that may be lost with one task, before the task fails.
TRIES = 3
# Seconds between two calls of ``stop``, and between two requests for messages.
INTERVAL = 0.5
# Seconds to wait for messages that were requested when a task ends.
MESSAGE_TIMEOUT = 5.0
# Seconds to wait while there is no worker: a cluster may have to start machines.
PATIENCE = 900.0


@dataclass(frozen=True)
class WorkerResources:
    """Resources of each worker.

    Attributes:
        cores: CPUs, as Ray counts them.
        gpus: GPUs, likewise.
    """

    cores: int = 1
    gpus: int = 0

    def capacity(self, resources: dict[str, float]) -> int:
        """Return for how many such workers some resources suffice."""
        cores = int(resources.get("CPU", 0) // self.cores) if self.cores else None
        gpus = int(resources.get("GPU", 0) // self.gpus) if self.gpus else None
        return min(room for room in (cores, gpus, 1 << 20) if room is not None)


@dataclass
class _Attempt(Generic[T]):
    task: T
    tries: int = 0


@dataclass(eq=False)
class _Handle(Generic[T]):
    """A worker: its actor, its task, how often it was lost before it began, and the pending request for messages."""

    actor: Any
    attempt: _Attempt[T] | None = None
    losses: int = 0
    request: Any = None


@dataclass
class _PoolState(Generic[T]):
    """The workers by what they do; those that start or work by the reference of their result."""

    idle: deque[_Handle[T]] = field(default_factory=deque)
    starting: dict[Any, _Handle[T]] = field(default_factory=dict)
    busy: dict[Any, _Handle[T]] = field(default_factory=dict)


class WorkerPool(Generic[T]):
    """Workers of one kind, such as :class:`pincel.cluster.worker.RayWorker`, each in its own process.

    A worker has the methods ``ready()``, which raises a PincelError if it cannot work there; ``work(task)``, which returns the result and
    the messages that were not fetched; and, called from another thread meanwhile, ``messages()`` and ``stop()``.

    Ray restarts a worker wherever there is room when its process or machine is lost; its task goes to the next idle worker. No more tasks
    are taken from the caller than there are workers.

    Args:
        cluster: The cluster.
        kind: Class of the workers.
        arguments: Of its constructor.
        workers: How many; those for which there is no room yet begin when there is.
        needs: Resources of each.
        patience: Seconds to wait while there is no worker at all.
    """

    def __init__(
        self,
        cluster: Cluster,
        kind: type,
        arguments: tuple[Any, ...] = (),
        *,
        workers: int,
        needs: WorkerResources | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._ray = cluster.ray
        self._cluster = cluster
        self._needs = needs or WorkerResources()
        self._patience = patience
        # A second thread answers while the first works.
        actor = self._ray.remote(
            num_cpus=self._needs.cores,
            num_gpus=self._needs.gpus,
            max_restarts=-1,
            max_task_retries=0,
            concurrency_groups={"beside": 1},
        )(kind)
        self._handles: list[_Handle[T]] = [_Handle(actor.remote(*arguments)) for _ in range(workers)]
        self._trouble = ""

    def close(self) -> None:
        """End the workers."""
        for handle in self._handles:
            self._ray.kill(handle.actor, no_restart=True)
        self._handles = []

    def results(self, tasks: Iterable[T], stop: Stop = never_stop) -> Iterator[ExecutorEvent[T]]:
        """Have all tasks done, and yield messages and results as they come, in any order.

        Args:
            tasks: Taken one by one, when there is an idle worker.
            stop: Called repeatedly; where it returns True, workers stop early and no other task is begun.

        Raises:
            ClusterError: If no worker can be started.
        """
        tasks, again = iter(tasks), deque[_Attempt[T]]()
        state = _PoolState[T]()
        for handle in self._handles:
            self._start(handle, state)
        last_worker, stopping = time.monotonic(), False
        while True:
            if not stopping and stop():
                stopping = True
                self._stop_workers(state)
            if not stopping:
                self._assign(tasks, again, state)
            if not state.busy and (stopping or state.idle):
                return
            done, _ = self._ray.wait([*state.busy, *state.starting], timeout=INTERVAL)
            for reference in done:
                if reference in state.starting:
                    self._finish_start(reference, state)
                else:
                    yield from self._finish_task(reference, state, None if stopping else again)
            if not done:
                yield from self._fetch_messages(state)
            last_worker = time.monotonic() if state.busy or state.idle else last_worker
            self._check_workers(state, time.monotonic() - last_worker)

    def _stop_workers(self, state: _PoolState[T]) -> None:
        for handle in state.busy.values():
            handle.actor.stop.options(concurrency_group="beside").remote()

    def _start(self, handle: _Handle[T], state: _PoolState[T]) -> None:
        # Retried while Ray restarts the worker.
        state.starting[handle.actor.ready.options(max_task_retries=-1).remote()] = handle

    def _assign(self, tasks: Iterator[T], again: deque[_Attempt[T]], state: _PoolState[T]) -> None:
        """Give each idle worker a task, first those of lost workers."""
        while state.idle:
            attempt = again.popleft() if again else next((_Attempt(task) for task in tasks), None)
            if attempt is None:
                return
            handle = state.idle.popleft()
            handle.attempt = attempt
            attempt.tries += 1
            state.busy[handle.actor.work.remote(attempt.task)] = handle

    def _finish_start(self, reference: Any, state: _PoolState[T]) -> None:
        """Add a worker that is ready to the idle ones; drop one that cannot work."""
        handle = state.starting.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayActorError as error:
            handle.losses += 1
            self._trouble = first_line(error)
            if handle.losses < TRIES:
                self._start(handle, state)
        except self._ray.exceptions.RayTaskError as error:
            self._trouble = first_line(error.cause if error.cause else error)
        else:
            handle.losses = 0
            state.idle.append(handle)

    def _finish_task(self, reference: Any, state: _PoolState[T], again: deque[_Attempt[T]] | None) -> Iterator[ExecutorEvent[T]]:
        """Yield the result of a task; one whose worker is lost goes into ``again``, or fails."""
        handle = state.busy.pop(reference)
        yield from self._received(handle, MESSAGE_TIMEOUT)
        attempt, handle.attempt, handle.request = handle.attempt, None, None
        assert attempt is not None
        try:
            result, messages = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            state.idle.append(handle)
            yield Failed(attempt.task, first_line(error.cause if error.cause else error), attempt.tries)
        except self._ray.exceptions.RayError as error:
            # The process is lost, or its machine, or the connection.
            self._start(handle, state)
            if again is not None and attempt.tries < TRIES:
                again.append(attempt)
            else:
                yield Failed(attempt.task, self._loss_reason(error, attempt.tries), attempt.tries)
        else:
            state.idle.append(handle)
            yield from (Update(attempt.task, message) for message in messages)
            yield Completed(attempt.task, result)

    def _loss_reason(self, error: Exception, tries: int) -> str:
        """Return why a task failed whose workers were lost."""
        if isinstance(error, self._ray.exceptions.OutOfMemoryError):
            return f"its machine was short of memory {tries} times; try fewer workers, or a smaller size"
        return f"the process or machine at it was lost {tries} times; was there too little memory? Try fewer workers, or a smaller size"

    def _fetch_messages(self, state: _PoolState[T]) -> Iterator[Update[T]]:
        """Yield new messages of busy workers, and request the next, unless a request is pending."""
        for handle in state.busy.values():
            yield from self._received(handle, 0.0)
            if handle.request is None:
                handle.request = handle.actor.messages.options(concurrency_group="beside").remote()

    def _received(self, handle: _Handle[T], seconds: float) -> Iterator[Update[T]]:
        """Yield the messages that were requested of a worker, if they come in time."""
        if handle.request is None or handle.attempt is None or not self._ray.wait([handle.request], timeout=seconds)[0]:
            return
        request, handle.request = handle.request, None
        with suppress(self._ray.exceptions.RayError):
            yield from (Update(handle.attempt.task, message) for message in self._ray.get(request))

    def _check_workers(self, state: _PoolState[T], seconds: float) -> None:
        """Raise ClusterError if there has been no worker for so many seconds, which is too long, or will be none."""
        if state.busy or state.idle:
            return
        has = ", ".join(f"{value:g} {name}" for name, value in sorted(self._cluster.resources().items()) if name in ("CPU", "GPU"))
        each = f"{self._needs.cores} CPU" + (f" and {self._needs.gpus} GPU" if self._needs.gpus else "")
        if not state.starting:
            raise ClusterError(
                one_line(f"cluster: no worker can work, {self._trouble}", has, f"machines with {each} a worker", "'ray status'")
            )
        if seconds > self._patience:
            failed = f"cluster: no worker could be started in {seconds:.0f} s"
            raise ClusterError(one_line(failed, has, f"{each} for each worker", "fewer other jobs, or more machines"))
