"""The training loop by itself: when it ends, and when checkpoints are written."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from torch import Tensor

from pincel.engine.events import Notice
from pincel.training import trainer
from pincel.training.events import EpochEnd, StepEnd, TrainEnd, TrainingEvent, TrainStart
from pincel.training.trainer import SingleReplica, TrainClock, Trainer, TrainerConfig


class Counting:
    """A subject that counts its steps, two an epoch, and notes what is asked of it."""

    def __init__(self, steps: int = 4, group: SingleReplica | None = None) -> None:
        self.group, self.steps = group or SingleReplica(), steps
        self.seconds, self.position = 0.0, 0
        self.calls: list[str] = []

    def prepare(self) -> Iterator[TrainingEvent]:
        yield TrainStart("counting", 1, {}, "cpu", self.position, self.steps)

    def train(self, clock: TrainClock) -> Generator[TrainingEvent, None, str]:
        try:
            while self.position < self.steps:
                self.position += 1
                self.seconds += 30
                clock.step(8)
                yield StepEnd(self.position, self.steps, {}, 0.1, clock.throughput, self.seconds, clock.left(8))
                if self.position % 2 == 0:
                    yield EpochEnd(self.position // 2, 2, self.position, 0, 0, 0, 0, 0, 0, 0, 0, best=False)
            return "steps"
        finally:
            self.calls.append("closed")

    def save(self) -> None:
        self.calls.append(f"saved {self.position}")

    def finish(self, reason: str) -> Iterator[TrainingEvent]:
        self.calls.append(f"finished {reason}")
        yield TrainEnd(reason, self.position)


def test_a_checkpoint_after_each_epoch_and_once_for_each_step() -> None:
    subject = Counting()
    told = list(Trainer(subject))
    assert told[-1] == TrainEnd("steps", 4)
    # The last is written already.
    assert subject.calls == ["saved 2", "saved 4", "closed", "finished steps"]


def test_checkpoints_that_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "MAX_WRITING", 1e9)
    subject = Counting(3)
    list(Trainer(subject, TrainerConfig(every=1e-9)))
    assert subject.calls == ["saved 1", "saved 2", "saved 3", "closed", "finished steps"]


def test_it_is_stopped_after_the_step_under_way() -> None:
    subject = Counting()
    run = Trainer(subject)
    for event in run:
        if isinstance(event, StepEnd) and event.step == 3:
            run.stop("interrupted")
    assert subject.calls == ["saved 2", "closed", "saved 3", "finished interrupted"]


def test_stopped_before_it_begins_it_makes_no_step() -> None:
    subject = Counting()
    run = Trainer(subject)
    run.stop("whatever this is")
    assert list(run)[-1] == TrainEnd("stopped", 0)


def test_left_without_a_word_it_writes_nothing() -> None:
    subject = Counting()
    events = iter(Trainer(subject))
    next(event for event in events if isinstance(event, StepEnd))
    events.close()  # type: ignore[attr-defined]
    assert subject.calls == ["closed"]


def test_its_time_counts_what_was_before() -> None:
    subject = Counting(100)
    subject.seconds = 60.0
    assert list(Trainer(subject, TrainerConfig(minutes=2)))[-1] == TrainEnd("time", 2)


class Both(SingleReplica):
    """Two processes, of which the other was interrupted."""

    def all_reduce(self, part: Tensor) -> Tensor:
        other = part.clone()
        other[0] = 1
        return part + other


def test_all_processes_end_with_the_one_that_is_stopped() -> None:
    assert list(Trainer(Counting(group=Both())))[-1] == TrainEnd("interrupted", 0)


def test_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = TrainClock(50.0, limit=60.0)
    for pictures in (4, 2):
        now[0] += 1
        clock.step(pictures)
    assert (clock.seconds, clock.throughput) == (52.0, 3.0)
    # 30 pictures take 10 s, and there are 8 s left.
    assert (clock.left(12), clock.left(30)) == (4.0, 8.0)
    now[0] += 5
    clock.restart()
    now[0] += 1
    clock.step(5)
    assert clock.throughput == 5.0


def test_a_subject_that_yields_notices_is_passed_on() -> None:
    class Noting(Counting):
        def prepare(self) -> Iterator[TrainingEvent]:
            yield Notice("One picture is left out.")
            yield from super().prepare()

    assert next(iter(Trainer(Noting(0)))) == Notice("One picture is left out.")
