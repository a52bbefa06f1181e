"""The epochs of training: steps, and after each epoch an evaluation on the validation set."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass

from pincel.classify.evaluate import CROP_SETS, evaluate
from pincel.classify.loader import Batch, DataModule, SampleKey, batches_of, load_batches, permutation_of, shard
from pincel.classify.network import parameters
from pincel.classify.state import ErrorCounts
from pincel.classify.step import Learner
from pincel.training.events import EpochEnd, StepEnd, TrainingEvent
from pincel.training.trainer import TrainClock

# Time of evaluating an image as a fraction of that of training on it.
EVALUATION = 1 / 3
# Yields events; returns why training ends, or nothing if it continues.
Events = Generator[TrainingEvent, None, str]


@dataclass(frozen=True)
class EpochLoop:
    """The epochs of a training. The state of the learner changes in place.

    Attributes:
        learner: The network.
        data: What it is trained on.
        workers: Loading processes.
        stop_error: Training error, over the latest epoch's worth of steps, below which training ends; 0 for no limit.
        on_epoch: Called after each epoch, before its event.
        clock: Counts steps and time.
    """

    learner: Learner
    data: DataModule
    workers: int
    stop_error: float
    on_epoch: Callable[[EpochEnd], None]
    clock: TrainClock

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return steps_of(self.data, self.learner.recipe.batch)

    def events(self) -> Events:
        """Train; between two events the state is one to resume from."""
        state, epochs = self.learner.state, self.learner.recipe.epochs
        for each in parameters(state.weights):
            each.requires_grad_()
        reason = "settled" if state.schedule.settled else ""
        with load_batches(self.data, self._keys(), self.workers) as stream:
            while not reason and state.epoch < epochs:
                reason = yield from self._make_steps(stream)
                reason = reason or (yield from self._evaluate(stream))
        return reason or "epochs"

    def _count(self, part: str) -> int:
        return len(self.data.labels[part])

    def _keys(self) -> Iterator[list[SampleKey]]:
        """Yield this process's part of all batches to come: of each epoch those of training, then those of validation."""
        recipe, first, group = self.learner.recipe, self.learner.state.step, self.learner.group
        mode = "random" if recipe.views == "random" else "same"
        for epoch in range(self.learner.state.epoch + 1, recipe.epochs + 1):
            for batch in batches_of(permutation_of(recipe.seed, epoch, self._count("train")), recipe.batch, first):
                yield [SampleKey("train", index, epoch, mode) for index in shard(batch, group)]
            for batch in batches_of(range(self._count("val")), recipe.batch):
                yield [SampleKey("val", index, epoch, "central") for index in shard(batch, group)]
            first = 0

    def _make_steps(self, stream: Iterator[Batch]) -> Events:
        """Make the steps that are left of an epoch."""
        state, size = self.learner.state, self.learner.recipe.batch
        while state.step < self.steps:
            counts = self.learner.step(next(stream), min(size, self._count("train") - state.step * size))
            state.step += 1
            state.counts.add(counts)
            state.recent = [*state.recent, (counts.images, counts.top1_errors)][-self.steps :]
            self.clock.step(counts.images)
            state.seconds = self.clock.seconds
            yield self._step_end(counts)
            if len(state.recent) == self.steps and state.recent_error < self.stop_error:
                return "error"
        return ""

    def _step_end(self, counts: ErrorCounts) -> StepEnd:
        state = self.learner.state
        return StepEnd(
            step=state.step,
            steps=self.steps,
            metrics=counts.means(),
            rate=state.schedule.rate,
            throughput=self.clock.throughput,
            seconds=state.seconds,
            left=self._seconds_left(),
            epoch=state.epoch + 1,
            epochs=self.learner.recipe.epochs,
        )

    def _seconds_left(self) -> float:
        """Estimate the seconds until the end."""
        state = self.learner.state
        epochs = self.learner.recipe.epochs - state.epoch
        return self.clock.left(epochs * self._count("train") - state.counts.images + EVALUATION * epochs * self._count("val"))

    def _evaluate(self, stream: Iterator[Batch]) -> Events:
        """Evaluate the network on the validation set, and close the epoch."""
        state, recipe = self.learner.state, self.learner.recipe
        sizes = [len(batch) for batch in batches_of(range(self._count("val")), recipe.batch)]
        center, classes = {"center": CROP_SETS["center"]}, len(self.learner.spec.classes)
        predict, group = self.learner.predict, self.learner.group
        metrics = (yield from evaluate(predict, stream, sizes, center, group, classes=classes, what="validation"))["center"]
        error, loss = metrics.top1, metrics.mean_loss
        best = (error, loss) < (state.best["top1_error"], state.best["loss"])
        means, rate = state.counts.means(), state.schedule.rate
        state.epoch, state.step, state.counts = state.epoch + 1, 0, ErrorCounts()
        state.schedule = state.schedule.after(error, patience=recipe.patience, drops=recipe.drops, factor=recipe.drop_factor)
        if best:
            state.best = {"epoch": state.epoch, "top1_error": error, "loss": loss}
        state.seconds = self.clock.seconds
        # An evaluation is no step.
        self.clock.restart()
        epoch = EpochEnd(
            epoch=state.epoch,
            epochs=recipe.epochs,
            steps=state.epoch * self.steps,
            train_loss=means["loss"],
            train_top1_error=means["top1_error"],
            train_top5_error=means["top5_error"],
            val_loss=loss,
            val_top1_error=error,
            val_top5_error=metrics.top5,
            rate=rate,
            seconds=state.seconds,
            best=best,
        )
        state.history.append(asdict(epoch))
        self.on_epoch(epoch)
        yield epoch
        return "settled" if state.schedule.settled else ""


def steps_of(data: DataModule, batch: int) -> int:
    """Return the steps of an epoch."""
    return math.ceil(len(data.labels["train"]) / batch)
