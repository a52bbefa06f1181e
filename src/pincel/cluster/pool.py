"""Workers of a Ray cluster, kept warm: each has one piece of work, and gets the next when that is done.

Ray's own ActorPool gives up a task whose worker is lost, and neither hears how far one is nor asks it to end early.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pincel.cluster.address import Cluster
from pincel.cluster.words import first_line
from pincel.errors import ClusterError
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
class Done(Generic[T]):
    """A worker is done with a task.

    Attributes:
        task: It.
        said: What the worker returned.
    """

    task: T
    said: Any


@dataclass(frozen=True)
class Lost(Generic[T]):
    """A task will not be done.

    Attributes:
        task: It.
        why: In one line.
        tries: How many workers began it.
    """

    task: T
    why: str
    tries: int


@dataclass(frozen=True)
class Heard(Generic[T]):
    """What a worker said of the task it is at.

    Attributes:
        task: It.
        said: Whatever its ``said`` returned.
    """

    task: T
    said: Any


@dataclass(frozen=True)
class Needs:
    """What each worker needs of a machine.

    Attributes:
        cores: CPUs, as Ray counts them.
        gpus: GPUs, likewise.
    """

    cores: int = 1
    gpus: int = 0

    def room(self, resources: dict[str, float]) -> int:
        """Return how many such workers a cluster has room for."""
        cores = int(resources.get("CPU", 0) // self.cores) if self.cores else None
        gpus = int(resources.get("GPU", 0) // self.gpus) if self.gpus else None
        return min(room for room in (cores, gpus, 1 << 20) if room is not None)


@dataclass
class _Attempt(Generic[T]):
    task: T
    tries: int = 0


@dataclass(eq=False)
class _Hand(Generic[T]):
    """A worker as the driver sees it: what Ray knows it by, and what it is at."""

    actor: Any
    at: _Attempt[T] | None = None
    losses: int = 0
    asked: Any = None


@dataclass
class _Troop(Generic[T]):
    """Who is where: each reference Ray will answer, with the worker it is for."""

    idle: deque[_Hand[T]] = field(default_factory=deque)
    starting: dict[Any, _Hand[T]] = field(default_factory=dict)
    busy: dict[Any, _Hand[T]] = field(default_factory=dict)


class Pool(Generic[T]):
    """Workers of one kind.

    A worker is an object of ``kind`` in a process of its own, with the methods ``ready()``, which raises a PincelError if it cannot work
    where it is; ``work(task)``; and, called from another thread meanwhile, ``said()`` and ``leave()``, which asks it to end its work early.

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
        needs: Needs | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._ray = cluster.ray
        self._cluster = cluster
        self._needs = needs or Needs()
        self._patience = patience
        # A second thread answers while the first paints.
        actor = self._ray.remote(
            num_cpus=self._needs.cores,
            num_gpus=self._needs.gpus,
            max_restarts=-1,
            max_task_retries=0,
            concurrency_groups={"beside": 1},
        )(kind)
        self._hands: list[_Hand[T]] = [_Hand(actor.remote(*arguments)) for _ in range(workers)]
        self._trouble = ""

    def close(self) -> None:
        """End the workers."""
        for hand in self._hands:
            self._ray.kill(hand.actor, no_restart=True)
        self._hands = []

    def results(self, tasks: Iterable[T], stop: Callable[[], bool] = lambda: False) -> Iterator[Done[T] | Lost[T] | Heard[T]]:
        """Have all tasks done, and tell what becomes of each as it comes, in no certain order.

        Args:
            tasks: Taken from the caller when there is somebody to do them.
            stop: Asked again and again; if it says so, workers are told to leave what they are at, and nothing more is begun.

        Raises:
            ClusterError: If no worker can be had.
        """
        tasks, again = iter(tasks), deque[_Attempt[T]]()
        troop = _Troop[T]()
        for hand in self._hands:
            self._begin(hand, troop)
        alone, leaving = time.monotonic(), False
        while True:
            if not leaving and stop():
                leaving = True
                self._leave(troop)
            if not leaving:
                self._hand_out(tasks, again, troop)
            if not troop.busy and (leaving or troop.idle):
                return
            done, _ = self._ray.wait([*troop.busy, *troop.starting], timeout=TICK)
            for reference in done:
                if reference in troop.starting:
                    self._started(reference, troop)
                else:
                    yield from self._ended(reference, troop, None if leaving else again)
            if not done:
                yield from self._listen(troop)
            alone = time.monotonic() if troop.busy or troop.idle else alone
            self._check_somebody_is_there(troop, time.monotonic() - alone)

    def _leave(self, troop: _Troop[T]) -> None:
        for hand in troop.busy.values():
            hand.actor.leave.options(concurrency_group="beside").remote()

    def _begin(self, hand: _Hand[T], troop: _Troop[T]) -> None:
        # A worker that Ray is starting anew is waited for.
        troop.starting[hand.actor.ready.options(max_task_retries=-1).remote()] = hand

    def _hand_out(self, tasks: Iterator[T], again: deque[_Attempt[T]], troop: _Troop[T]) -> None:
        """Give each free worker something to do, first what another has lost."""
        while troop.idle:
            attempt = again.popleft() if again else next((_Attempt(task) for task in tasks), None)
            if attempt is None:
                return
            hand = troop.idle.popleft()
            hand.at = attempt
            attempt.tries += 1
            troop.busy[hand.actor.work.remote(attempt.task)] = hand

    def _started(self, reference: Any, troop: _Troop[T]) -> None:
        """Take in a worker that is ready, or do without it."""
        hand = troop.starting.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayActorError as error:
            hand.losses += 1
            self._trouble = first_line(error)
            if hand.losses < TRIES:
                self._begin(hand, troop)
        except self._ray.exceptions.RayTaskError as error:
            self._trouble = first_line(error.cause if error.cause else error)
        else:
            hand.losses = 0
            troop.idle.append(hand)

    def _ended(self, reference: Any, troop: _Troop[T], again: deque[_Attempt[T]] | None) -> Iterator[Done[T] | Lost[T] | Heard[T]]:
        """Take an answer, or see to it that a task whose worker is gone is done by another."""
        hand = troop.busy.pop(reference)
        yield from self._heard(hand, ANSWER)
        attempt, hand.at, hand.asked = hand.at, None, None
        assert attempt is not None
        try:
            answer = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            troop.idle.append(hand)
            yield Lost(attempt.task, first_line(error.cause if error.cause else error), attempt.tries)
        except self._ray.exceptions.RayError as error:
            # The process is gone, or its machine, or the way there.
            self._begin(hand, troop)
            if again is not None and attempt.tries < TRIES:
                again.append(attempt)
            else:
                yield Lost(attempt.task, self._why(error, attempt.tries), attempt.tries)
        else:
            troop.idle.append(hand)
            yield Done(attempt.task, answer)

    def _why(self, error: Exception, tries: int) -> str:
        """Say why a task is given up."""
        if isinstance(error, self._ray.exceptions.OutOfMemoryError):
            return f"its machine was short of memory {tries} times; try fewer workers, or a smaller size"
        return f"the process or machine at it was lost {tries} times; was there too little memory? Try fewer workers, or a smaller size"

    def _listen(self, troop: _Troop[T]) -> Iterator[Heard[T]]:
        """Pass on what workers said since, and ask again. One that does not answer is not asked twice."""
        for hand in troop.busy.values():
            yield from self._heard(hand, 0.0)
            if hand.asked is None:
                hand.asked = hand.actor.said.options(concurrency_group="beside").remote()

    def _heard(self, hand: _Hand[T], seconds: float) -> Iterator[Heard[T]]:
        """Take a worker's answer, if it comes in time."""
        if hand.asked is None or hand.at is None or not self._ray.wait([hand.asked], timeout=seconds)[0]:
            return
        asked, hand.asked = hand.asked, None
        try:
            said = self._ray.get(asked)
        except self._ray.exceptions.RayError:
            return
        if said:
            yield Heard(hand.at.task, said)

    def _check_somebody_is_there(self, troop: _Troop[T], seconds: float) -> None:
        if troop.busy or troop.idle:
            return
        has = ", ".join(f"{value:g} {name}" for name, value in sorted(self._cluster.resources().items()) if name in ("CPU", "GPU"))
        each = f"{self._needs.cores} CPU" + (f" and {self._needs.gpus} GPU" if self._needs.gpus else "")
        if not troop.starting:
            raise ClusterError(
                one_line(f"cluster: no worker can work, {self._trouble}", has, f"machines with {each} a worker", "'ray status'")
            )
        if seconds > self._patience:
            failed = f"cluster: no worker could be started in {seconds:.0f} s"
            raise ClusterError(one_line(failed, has, f"{each} for each worker", "fewer other jobs, or more machines"))
