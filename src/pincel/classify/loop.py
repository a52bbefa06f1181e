"""The loop of training: steps, and after each epoch a look at the pictures held out."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass

from pincel.classify.evaluate import judged
from pincel.classify.events import Ended, Epoch, Learnt, TrainingEvent
from pincel.classify.loader import Batch, Key, Material, dealt, in_batches, loaded, shuffled
from pincel.classify.network import flat
from pincel.classify.rate import Plateau
from pincel.classify.state import Counts
from pincel.classify.step import Learner, Outcome

# Why training may be asked to end by somebody, or by the clock.
REASONS = ("interrupted", "terminated", "stopped", "time")
# Steps that the pace is measured over, and what looking costs of what learning does.
WINDOW, LOOKING = 20, 1 / 3
Told = Generator[TrainingEvent, None, str]


@dataclass(frozen=True)
class Limits:
    """When training ends before its last epoch.

    Attributes:
        minutes: Of time in all, also before it was resumed; 0 for no limit.
        error: Training error, over the latest epoch's worth of steps, that is low enough when it is below; 0 for no limit.
    """

    minutes: float = 0.0
    error: float = 0.0


class Loop:
    """Training, step by step: iterate for events. The state of the learner changes in place.

    Args:
        learner: The network.
        material: What it learns from.
        limits: When it ends early.
        workers: Processes that load.
    """

    def __init__(self, learner: Learner, material: Material, limits: Limits, workers: int) -> None:
        self.learner, self.material, self.limits, self.workers = learner, material, limits, workers
        # Why somebody has asked for the end.
        self.asked = ""
        self._before, self._began = learner.state.seconds, time.monotonic()
        self._clock: deque[tuple[float, int]] = deque([(self._began, 0)], maxlen=WINDOW)
        for each in flat(learner.state.weights):
            each.requires_grad_()

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return math.ceil(len(self.material.labels["train"]) / self.learner.recipe.batch)

    @property
    def seconds(self) -> float:
        """Since training began."""
        return self._before + time.monotonic() - self._began

    def __iter__(self) -> Iterator[TrainingEvent]:
        """Train; between two events the state is one to go on from."""
        state, epochs = self.learner.state, self.learner.recipe.epochs
        reason = "settled" if state.rate.settled else ""
        with loaded(self.material, self._keys(), self.workers) as stream:
            while not reason and state.epoch < epochs:
                reason = yield from self._learnt(stream)
                reason = reason or (yield from self._judged(stream))
        yield Ended(reason or "epochs", state.epoch, state.epoch * self.steps + state.step)

    def _keys(self) -> Iterator[list[Key]]:
        """Yield this process's share of all batches to come, behind each epoch those held out."""
        recipe, first, share = self.learner.recipe, self.learner.state.step, self.learner.share
        counts = {part: len(labels) for part, labels in self.material.labels.items()}
        views = "random" if recipe.views == "random" else "same"
        for epoch in range(self.learner.state.epoch + 1, recipe.epochs + 1):
            for batch in in_batches(shuffled(recipe.seed, epoch, counts["train"]), recipe.batch, first):
                yield [Key("train", index, epoch, views) for index in dealt(batch, share)]
            for batch in in_batches(range(counts["val"]), recipe.batch):
                yield [Key("val", index, epoch, "central") for index in dealt(batch, share)]
            first = 0

    def _learnt(self, stream: Iterator[Batch]) -> Told:
        """Make the steps that are left of an epoch; return why training shall end, if it shall."""
        state, size = self.learner.state, self.learner.recipe.batch
        pictures = len(self.material.labels["train"])
        while state.step < self.steps:
            late = 0 < 60 * self.limits.minutes <= self.seconds
            flags = [reason == self.asked or (reason == "time" and late) for reason in REASONS]
            outcome = self.learner.step(next(stream), min(size, pictures - state.step * size), flags)
            self._count(outcome)
            yield self._told(outcome)
            if any(outcome.flags):
                return next(reason for reason, flag in zip(REASONS, outcome.flags, strict=True) if flag)
            if len(state.recent) == self.steps and state.recent_error < self.limits.error:
                return "error"
        return ""

    def _count(self, outcome: Outcome) -> None:
        state = self.learner.state
        state.step += 1
        state.counts.pictures += outcome.pictures
        state.counts.loss += outcome.loss
        state.counts.wrong += outcome.wrong
        state.counts.missed += outcome.missed
        state.recent = [*state.recent, (outcome.pictures, outcome.wrong)][-self.steps :]
        state.seconds = self.seconds
        self._clock.append((time.monotonic(), outcome.pictures))

    def _told(self, outcome: Outcome) -> Learnt:
        state, recipe, count = self.learner.state, self.learner.recipe, outcome.pictures
        return Learnt(
            epoch=state.epoch + 1,
            epochs=recipe.epochs,
            step=state.step,
            steps=self.steps,
            loss=outcome.loss / count,
            top1_error=outcome.wrong / count,
            top5_error=outcome.missed / count,
            rate=state.rate.now,
            pace=self._pace(),
            seconds=state.seconds,
            left=self._left(),
        )

    def _pace(self) -> float:
        """Return the pictures a second of the latest steps."""
        (begin, _), *others = self._clock
        return sum(count for _, count in others) / max(self._clock[-1][0] - begin, 1e-9)

    def _left(self) -> float:
        """Return the seconds until the end, as far as one can tell."""
        state, counts = self.learner.state, {part: len(labels) for part, labels in self.material.labels.items()}
        epochs = self.learner.recipe.epochs - state.epoch
        pictures = epochs * counts["train"] - state.counts.pictures + LOOKING * epochs * counts["val"]
        left = pictures / max(self._pace(), 1e-9)
        return min(left, max(0.0, 60 * self.limits.minutes - state.seconds)) if self.limits.minutes else left

    def _judged(self, stream: Iterator[Batch]) -> Told:
        """Look at the pictures held out, and close the epoch; return why training shall end, if it shall."""
        state, recipe = self.learner.state, self.learner.recipe
        sizes = [len(batch) for batch in in_batches(range(len(self.material.labels["val"])), recipe.batch)]
        look, classes = self.learner.look, len(self.learner.card.classes)
        ways = {"centre": slice(0, 1)}
        tallies = yield from judged(look, stream, sizes, ways, self.learner.share, classes=classes, what="validation")
        tally = tallies["centre"]
        error, loss = tally.top1, tally.mean_loss
        best = (error, loss) < (state.best["top1_error"], state.best["loss"])
        counts, rate = state.counts, state.rate
        state.epoch, state.step, state.counts = state.epoch + 1, 0, Counts()
        state.rate = rate.after(error, Plateau(recipe.patience, recipe.drops, recipe.drop_factor))
        if best:
            state.best = {"epoch": state.epoch, "top1_error": error, "loss": loss}
        state.seconds = self.seconds
        # What was looked at meanwhile is no step.
        self._clock.clear()
        self._clock.append((time.monotonic(), 0))
        epoch = Epoch(
            epoch=state.epoch,
            epochs=recipe.epochs,
            steps=state.epoch * self.steps,
            train_loss=counts.loss / counts.pictures,
            train_top1_error=counts.wrong / counts.pictures,
            train_top5_error=counts.missed / counts.pictures,
            val_loss=loss,
            val_top1_error=error,
            val_top5_error=tally.top5,
            rate=rate.now,
            seconds=state.seconds,
            best=best,
        )
        state.history.append(asdict(epoch))
        yield epoch
        return "settled" if state.rate.settled else ""
