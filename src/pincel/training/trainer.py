"""The training loop: makes the steps of a subject until it ends or is stopped, and has checkpoints of it written.

A subject says what is trained, on what and by which rule: :class:`pincel.classify.training.ClassifierTraining` or
:class:`pincel.training.style_training.StyleTraining`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Hashable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

from pincel.errors import OptionError
from pincel.files import check_between_saves, one_line
from pincel.training.events import EpochEnd, StepEnd, TrainingEvent

# Why a training ends before its subject does: it was stopped, or its time is used up.
STOP_REASONS = ("interrupted", "terminated", "stopped")
REASONS = (*STOP_REASONS, "time")
# Steps that the throughput is measured over.
WINDOW = 20
# Fraction of the time that writing checkpoints takes at most.
MAX_WRITING = 0.1


class ReplicaGroup(Protocol):
    """The processes that train together, as one of them; :class:`pincel.engine.process_group.TorchGroup` is one."""

    @property
    def rank(self) -> int:
        """Number of this process; 0 writes."""

    @property
    def processes(self) -> int:
        """How many there are."""

    def all_reduce(self, part: Tensor) -> Tensor:
        """Return the sum of the tensors of all processes."""

    def all_gather(self, text: str) -> list[str]:
        """Return the texts of all processes."""


class SingleReplica:
    """One process by itself."""

    rank = 0
    processes = 1

    def all_reduce(self, part: Tensor) -> Tensor:
        """Return the tensor."""
        return part

    def all_gather(self, text: str) -> list[str]:
        """Return the text."""
        return [text]


class TrainClock:
    """The time a training has taken, and the images a second of its latest steps.

    Args:
        seconds: Of training before, from the checkpoint it was resumed from.
        limit: Seconds after which the training ends; 0 for no limit.
    """

    def __init__(self, seconds: float = 0.0, limit: float = 0.0) -> None:
        self._before, self._limit, self._began = seconds, limit, time.monotonic()
        self._steps: deque[tuple[float, int]] = deque([(self._began, 0)], maxlen=WINDOW)

    @property
    def seconds(self) -> float:
        """Of training, also before it was resumed."""
        return self._before + time.monotonic() - self._began

    @property
    def throughput(self) -> float:
        """Images a second over the latest steps."""
        (begin, _), *others = self._steps
        return sum(pictures for _, pictures in others) / max(self._steps[-1][0] - begin, 1e-9)

    def step(self, pictures: int) -> None:
        """Record a step that ends now."""
        self._steps.append((time.monotonic(), pictures))

    def restart(self) -> None:
        """Discard the latest steps, after something that is no step."""
        self._steps.clear()
        self._steps.append((time.monotonic(), 0))

    def left(self, pictures: float) -> float:
        """Return the seconds that so many images take, or until the time limit."""
        left = pictures / max(self.throughput, 1e-9)
        return min(left, max(0.0, self._limit - self.seconds)) if self._limit else left


class Subject(Protocol):
    """What is trained: its data, its network, the rule of a step, and its files."""

    @property
    def group(self) -> ReplicaGroup:
        """The processes that train together; they end together."""

    @property
    def seconds(self) -> float:
        """Of training so far, as of the latest step."""

    @property
    def position(self) -> Hashable:
        """The step training is at; a checkpoint is written once for each."""

    def prepare(self) -> Iterator[TrainingEvent]:
        """Load data and network; the last event is a :class:`TrainStart`. Raises PincelError for what cannot be used."""

    def train(self, clock: TrainClock) -> Generator[TrainingEvent, None, str]:
        """Make the steps and return why they end; may be closed at any event, where the state is one to resume from."""

    def save(self) -> None:
        """Write a checkpoint, whole or not at all; raises OutputError, or DivergedError for weights that are not finite."""

    def finish(self, reason: str) -> Iterator[TrainingEvent]:
        """Write network and record; the last event is a :class:`TrainEnd`."""


S_co = TypeVar("S_co", bound=Subject, covariant=True)


# Seconds between two checkpoints.
EVERY = 60.0
MOST_MINUTES = 366 * 24 * 60


@dataclass(frozen=True)
class TrainerConfig:
    """How long a training may take and how often its state is written.

    Attributes:
        every: Seconds between two checkpoints, above 0.
        minutes: Of training in all, also before it was resumed, after which it ends; 0 for no limit.

    Raises:
        OptionError: For 0 seconds or less, more than a week, or more than a year of training.
    """

    every: float = EVERY
    minutes: float = 0.0

    def __post_init__(self) -> None:
        check_between_saves(self.every, EVERY)
        if not 0 <= self.minutes <= MOST_MINUTES:
            accepted = f"0 (no limit) to {MOST_MINUTES} (a year)"
            raise OptionError(one_line("cannot be that", f"{self.minutes:g}", accepted, "60"), about="minutes")


class Trainer(Generic[S_co]):
    """Trains a subject: iterate for events, :meth:`stop` early. However it ends, the network is written.

    Example:
        >>> from pincel.training.style_training import StyleTraining
        >>> trainer = Trainer(StyleTraining("starry.jpg", "photographs", "starry.safetensors", steps=500))  # doctest: +SKIP
        >>> for event in trainer:  # doctest: +SKIP
        ...     pass

    Args:
        subject: What is trained.
        config: How long, and how often its state is written.
    """

    def __init__(self, subject: S_co, config: TrainerConfig | None = None) -> None:
        self.subject, self.config = subject, config or TrainerConfig()
        self._stop_reason = ""
        self._saved: Hashable = None
        self._due = 0.0

    def stop(self, reason: str = "stopped") -> None:
        """End after the current step; safe from another thread or a signal handler."""
        self._stop_reason = reason if reason in STOP_REASONS else "stopped"

    def __iter__(self) -> Iterator[TrainingEvent]:
        """Train, yielding every event; the last one says why it ended."""
        yield from self.subject.prepare()
        reason = yield from self._train()
        self._save()
        yield from self.subject.finish(reason)

    def _train(self) -> Generator[TrainingEvent, None, str]:
        """Make the steps; return why they end."""
        clock = TrainClock(self.subject.seconds, 60 * self.config.minutes)
        self._due = time.monotonic() + self.config.every
        with closing(self.subject.train(clock)) as events:
            while not (reason := self._end_reason()):
                try:
                    event = next(events)
                except StopIteration as end:
                    return str(end.value)
                if isinstance(event, EpochEnd) or (isinstance(event, StepEnd) and time.monotonic() >= self._due):
                    self._save()
                yield event
        return reason

    def _end_reason(self) -> str:
        """Return why training ends here, the same in all processes; empty if it continues."""
        late = 0 < 60 * self.config.minutes <= self.subject.seconds
        flags = [reason == self._stop_reason or (reason == "time" and late) for reason in REASONS]
        counts = self.subject.group.all_reduce(torch.tensor(flags, dtype=torch.float64)).tolist()
        return next((reason for reason, count in zip(REASONS, counts, strict=True) if count), "")

    def _save(self) -> None:
        """Write a checkpoint, unless there is one of this step; the next is due when writing has taken no more than its fraction."""
        began = time.monotonic()
        if self._saved != self.subject.position:
            self.subject.save()
            self._saved = self.subject.position
        self._due = time.monotonic() + max(self.config.every, (time.monotonic() - began) / MAX_WRITING)
