"""How long many pieces of work take on many workers: a simulation, event by event.

A worker asks the driver for a piece, fetches its bytes from the store, works, brings bytes to the store, and asks again: as
:mod:`pincel.cluster.pool` has it, with one piece for each worker. The driver answers one after the other. The store has so many bytes a
second for all transfers that are under way, each of which gets the same share, up to what a worker's own line takes. A worker is lost at
random moments; what it was at begins again, with whoever is free next, from where its results were kept last; it is replaced after a while,
and must load its network again. Some workers are slower than others for as long as it lasts.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial


@dataclass(frozen=True)
class Plant:
    """What there is to work with. All times in seconds, all rates in bytes a second.

    Attributes:
        workers: How many.
        warm: From a worker's start to its first piece: the process, the network.
        driver: The driver takes for each piece.
        store: Of all transfers together.
        line: Of one.
        latency: Until the first byte, each time.
        between_failures: Of one worker, on average.
        repair: Until a lost worker is replaced.
        slow_share: Of workers that are slow.
        slow_times: How many times as long they take.
    """

    workers: int
    warm: float = 0.0
    driver: float = 0.0
    store: float = math.inf
    line: float = math.inf
    latency: float = 0.0
    between_failures: float = math.inf
    repair: float = 0.0
    slow_share: float = 0.0
    slow_times: float = 1.0


@dataclass
class Piece:
    """A piece of work.

    Attributes:
        seconds: Of a worker that is not slow.
        fetched: Bytes before.
        brought: Bytes after.
        kept_every: Seconds of work after which what is done cannot be lost; 0 if only the whole counts.
        done: Seconds of it that are kept.
    """

    seconds: float
    fetched: float = 0.0
    brought: float = 0.0
    kept_every: float = 0.0
    done: float = 0.0


@dataclass
class Report:
    """What a simulation came to.

    Attributes:
        seconds: From the start to the last result.
        worked: Seconds of work that counted, of all workers together.
        lost: Seconds of work that was done in vain.
        transferring: Seconds of workers waiting for the store.
        asking: Seconds of workers waiting for the driver.
        idle: Seconds of workers that found nothing more to do.
        failures: How often a worker was lost.
        ends: When each piece was done, in order.
    """

    seconds: float = 0.0
    worked: float = 0.0
    lost: float = 0.0
    transferring: float = 0.0
    asking: float = 0.0
    idle: float = 0.0
    failures: int = 0
    ends: list[float] = field(default_factory=list)


@dataclass(eq=False)
class _Worker:
    slow: float
    piece: Piece | None = None
    began: float = 0.0
    working: bool = False
    # Seconds at its piece, when it has worked and brings what it has.
    spent: float = 0.0
    # Raised whenever it is lost: what was to happen to it before does not.
    life: int = 0


class _Store:
    """Transfers that share what there is: each has had as many bytes as any other since it began."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._given = 0.0
        self._now = 0.0
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def _rate(self) -> float:
        return min(self._plant.line, self._plant.store / max(1, len(self._waiting)))

    def begin(self, now: float, size: float, then: Callable[[], None]) -> None:
        self._forward(now)
        heapq.heappush(self._waiting, (self._given + size, next(self._numbers), then))

    def next(self) -> float:
        """When the next transfer ends, as things are."""
        if not self._waiting:
            return math.inf
        left = max(0.0, self._waiting[0][0] - self._given)
        return self._now + (left / self._rate() if left else 0.0)

    def end(self, now: float) -> Callable[[], None]:
        self._forward(now)
        return heapq.heappop(self._waiting)[2]

    def _forward(self, now: float) -> None:
        if self._waiting and now > self._now:
            self._given += (now - self._now) * self._rate()
        self._now = now


class Schedule:
    """A simulation. Its chances come from a seed: the same seed, the same course.

    Args:
        plant: What there is.
        pieces: What is to be done, in this order.
        seed: Of failures and slow workers.
    """

    def __init__(self, plant: Plant, pieces: Iterable[Piece], seed: int = 0) -> None:
        self._plant = plant
        self._pieces = deque(pieces)
        self._left = len(self._pieces)
        self._chance = random.Random(seed)  # noqa: S311 - chances of a simulation
        self._store = _Store(plant)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._now = 0.0
        self._driver_free = 0.0
        self._idle: deque[tuple[_Worker, float]] = deque()
        self.report = Report()

    def run(self) -> Report:
        """Let it happen."""
        for number in range(self._plant.workers):
            slow = number < round(self._plant.slow_share * self._plant.workers)
            worker = _Worker(self._plant.slow_times if slow else 1.0)
            self._later(worker, self._plant.warm, partial(self._ask, worker))
            self._doom(worker)
        while self._left:
            if self._store.next() <= (self._events[0][0] if self._events else math.inf):
                self._now = max(self._now, self._store.next())
                self._store.end(self._now)()
            else:
                self._now, _, happen = heapq.heappop(self._events)
                happen()
        self.report.seconds = self._now
        self.report.idle += sum(self._now - since for _, since in self._idle)
        return self.report

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), happen))

    def _later(self, worker: _Worker, seconds: float, happen: Callable[[], None]) -> None:
        """Let something happen to a worker, unless it is lost before."""
        life = worker.life
        self._at(self._now + seconds, lambda: happen() if worker.life == life else None)

    def _ask(self, worker: _Worker) -> None:
        """Give a worker the next piece, once the driver has time."""
        if not self._pieces:
            self._idle.append((worker, self._now))
            return
        worker.piece = self._pieces.popleft()
        answered = max(self._now, self._driver_free) + self._plant.driver
        self._driver_free = answered
        self.report.asking += answered - self._now
        piece = worker.piece
        self._later(worker, answered - self._now, lambda: self._transfer(worker, piece.fetched, lambda: self._work(worker, piece)))

    def _transfer(self, worker: _Worker, size: float, then: Callable[[], None]) -> None:
        began, life = self._now, worker.life

        def ended() -> None:
            if worker.life == life:
                self.report.transferring += self._now - began
                then()

        if size:
            self._later(worker, self._plant.latency, lambda: self._store.begin(self._now, size, ended))
        else:
            then()

    def _work(self, worker: _Worker, piece: Piece) -> None:
        worker.began, worker.working = self._now, True
        self._later(worker, (piece.seconds - piece.done) * worker.slow, lambda: self._worked(worker, piece))

    def _worked(self, worker: _Worker, piece: Piece) -> None:
        worker.working, worker.spent = False, self._now - worker.began
        self._transfer(worker, piece.brought, lambda: self._done(worker))

    def _done(self, worker: _Worker) -> None:
        self.report.worked += worker.spent
        worker.piece, worker.spent = None, 0.0
        self._left -= 1
        self.report.ends.append(self._now)
        if self._left:
            self._ask(worker)

    def _doom(self, worker: _Worker) -> None:
        if math.isfinite(self._plant.between_failures):
            self._at(self._now + self._chance.expovariate(1 / self._plant.between_failures), lambda: self._lose(worker))

    def _lose(self, worker: _Worker) -> None:
        """Lose a worker, and replace it after a while."""
        worker.life += 1
        self.report.failures += 1
        if any(each is worker for each, _ in self._idle):
            self._wake(worker)
        if worker.piece is not None:
            self._begin_again(worker, worker.piece)
        worker.piece, worker.working, worker.spent = None, False, 0.0
        self._later(worker, self._plant.repair + self._plant.warm, lambda: self._ask(worker))
        self._doom(worker)

    def _begin_again(self, worker: _Worker, piece: Piece) -> None:
        """Put back what a lost worker was at, but for what was kept of it."""
        done = (self._now - worker.began if worker.working else worker.spent) / worker.slow
        whole = piece.done + done
        kept = math.floor(whole / piece.kept_every + 1e-9) * piece.kept_every if piece.kept_every else 0.0
        fresh = max(0.0, kept - piece.done)
        self.report.worked += fresh * worker.slow
        self.report.lost += (done - fresh) * worker.slow
        piece.done = max(piece.done, kept)
        self._pieces.appendleft(piece)
        if self._idle:
            self._ask(self._wake(self._idle[0][0]))

    def _wake(self, worker: _Worker) -> _Worker:
        """Take a worker from those that have nothing to do."""
        self.report.idle += sum(self._now - since for each, since in self._idle if each is worker)
        self._idle = deque(pair for pair in self._idle if pair[0] is not worker)
        return worker
