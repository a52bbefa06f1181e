"""Workers of a Ray cluster, kept warm: each has one piece of work, and gets the next when that is done.

Ray's own ActorPool gives up a task whose worker is lost, and neither hears how far one is nor asks it to end early.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pincel.cluster.address import Cluster
from pincel.cluster.errors import first_line
from pincel.errors import ClusterError
from pincel.executors.protocol import Completed, ExecutorEvent, Failed, Stop, Update, never_stop
from pincel.files import one_line

T = TypeVar("T")

# Workers that are lost over one piece of work, before it is what must be wrong.
TRIES = 3
# Seconds between two looks at how far the workers are.
TICK = 0.5
# Seconds for an answer that is on its way when a task ends.
ANSWER = 5.0
# Until there is a worker at all, a cluster may have to bring up machines.
PATIENCE = 900.0


@dataclass(frozen=True)
class WorkerResources:
    """What each worker needs of a machine.

    Attributes:
        cores: CPUs, as Ray counts them.
        gpus: GPUs, likewise.
    """

    cores: int = 1
    gpus: int = 0

    def capacity(self, resources: dict[str, float]) -> int:
        """Return how many such workers a cluster has room for."""
        cores = int(resources.get("CPU", 0) // self.cores) if self.cores else None
        gpus = int(resources.get("GPU", 0) // self.gpus) if self.gpus else None
        return min(room for room in (cores, gpus, 1 << 20) if room is not None)


@dataclass
class _Attempt(Generic[T]):
    task: T
    tries: int = 0


@dataclass(eq=False)
class _Handle(Generic[T]):
    """A worker as the driver sees it: what Ray knows it by, and what it is at."""

    actor: Any
    at: _Attempt[T] | None = None
    losses: int = 0
    asked: Any = None


@dataclass
class _PoolState(Generic[T]):
    """Who is where: each reference Ray will answer, with the worker it is for."""

    idle: deque[_Handle[T]] = field(default_factory=deque)
    starting: dict[Any, _Handle[T]] = field(default_factory=dict)
    busy: dict[Any, _Handle[T]] = field(default_factory=dict)


class WorkerPool(Generic[T]):
    """Workers of one kind.

    A worker is an object of ``kind`` in a process of its own, as :class:`pincel.cluster.worker.RayWorker`, with the methods ``ready()``,
    which raises a PincelError if it cannot work where it is; ``work(task)``, which returns the result and the messages that were not asked
    for yet; and, called from another thread meanwhile, ``messages()``, those since it was last asked, and ``stop()``, which asks it to
    return early.

    Ray starts a worker anew, wherever there is room, when its process or machine is lost. Its task goes to whoever is free next. Only as
    many tasks as there are workers are ever under way, and no more are taken from the caller than that.

    Args:
        cluster: Where.
        kind: Makes the worker, there.
        workers: How many; those for which there is no room yet begin when there is.
        needs: Of each.
        patience: Seconds to wait while no worker is there at all.
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
        # A second thread answers while the first paints.
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
        """Have all tasks done, and tell what becomes of each as it comes, in no certain order.

        Args:
            tasks: Taken from the caller when there is somebody to do them.
            stop: Asked again and again; if it says so, workers are told to leave what they are at, and nothing more is begun.

        Raises:
            ClusterError: If no worker can be had.
        """
        tasks, again = iter(tasks), deque[_Attempt[T]]()
        state = _PoolState[T]()
        for handle in self._handles:
            self._begin(handle, state)
        alone, leaving = time.monotonic(), False
        while True:
            if not leaving and stop():
                leaving = True
                self._leave(state)
            if not leaving:
                self._hand_out(tasks, again, state)
            if not state.busy and (leaving or state.idle):
                return
            done, _ = self._ray.wait([*state.busy, *state.starting], timeout=TICK)
            for reference in done:
                if reference in state.starting:
                    self._started(reference, state)
                else:
                    yield from self._ended(reference, state, None if leaving else again)
            if not done:
                yield from self._listen(state)
            alone = time.monotonic() if state.busy or state.idle else alone
            self._check_somebody_is_there(state, time.monotonic() - alone)

    def _leave(self, state: _PoolState[T]) -> None:
        for handle in state.busy.values():
            handle.actor.stop.options(concurrency_group="beside").remote()

    def _begin(self, handle: _Handle[T], state: _PoolState[T]) -> None:
        # A worker that Ray is starting anew is waited for.
        state.starting[handle.actor.ready.options(max_task_retries=-1).remote()] = handle

    def _hand_out(self, tasks: Iterator[T], again: deque[_Attempt[T]], state: _PoolState[T]) -> None:
        """Give each free worker something to do, first what another has lost."""
        while state.idle:
            attempt = again.popleft() if again else next((_Attempt(task) for task in tasks), None)
            if attempt is None:
                return
            handle = state.idle.popleft()
            handle.at = attempt
            attempt.tries += 1
            state.busy[handle.actor.work.remote(attempt.task)] = handle

    def _started(self, reference: Any, state: _PoolState[T]) -> None:
        """Take in a worker that is ready, or do without it."""
        handle = state.starting.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayActorError as error:
            handle.losses += 1
            self._trouble = first_line(error)
            if handle.losses < TRIES:
                self._begin(handle, state)
        except self._ray.exceptions.RayTaskError as error:
            self._trouble = first_line(error.cause if error.cause else error)
        else:
            handle.losses = 0
            state.idle.append(handle)

    def _ended(self, reference: Any, state: _PoolState[T], again: deque[_Attempt[T]] | None) -> Iterator[ExecutorEvent[T]]:
        """Take an answer, or see to it that a task whose worker is gone is done by another."""
        handle = state.busy.pop(reference)
        yield from self._heard(handle, ANSWER)
        attempt, handle.at, handle.asked = handle.at, None, None
        assert attempt is not None
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            state.idle.append(handle)
            yield Failed(attempt.task, first_line(error.cause if error.cause else error), attempt.tries)
        except self._ray.exceptions.RayError as error:
            # The process is gone, or its machine, or the way there.
            self._begin(handle, state)
            if again is not None and attempt.tries < TRIES:
                again.append(attempt)
            else:
                yield Failed(attempt.task, self._why(error, attempt.tries), attempt.tries)
        else:
            state.idle.append(handle)
            result, messages = answer
            yield from (Update(attempt.task, message) for message in messages)
            yield Completed(attempt.task, result)

    def _why(self, error: Exception, tries: int) -> str:
        """Say why a task is given up."""
        if isinstance(error, self._ray.exceptions.OutOfMemoryError):
            return f"its machine was short of memory {tries} times; try fewer workers, or a smaller size"
        return f"the process or machine at it was lost {tries} times; was there too little memory? Try fewer workers, or a smaller size"

    def _listen(self, state: _PoolState[T]) -> Iterator[Update[T]]:
        """Pass on what workers said since, and ask again. One that does not answer is not asked twice."""
        for handle in state.busy.values():
            yield from self._heard(handle, 0.0)
            if handle.asked is None:
                handle.asked = handle.actor.messages.options(concurrency_group="beside").remote()

    def _heard(self, handle: _Handle[T], seconds: float) -> Iterator[Update[T]]:
        """Take a worker's answer, if it comes in time."""
        if handle.asked is None or handle.at is None or not self._ray.wait([handle.asked], timeout=seconds)[0]:
            return
        asked, handle.asked = handle.asked, None
        try:
            said = self._ray.get(asked)
        except self._ray.exceptions.RayError:
            return
        yield from (Update(handle.at.task, message) for message in said)

    def _check_somebody_is_there(self, state: _PoolState[T], seconds: float) -> None:
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
