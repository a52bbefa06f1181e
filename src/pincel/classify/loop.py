"""The epochs of training: steps, and after each epoch an evaluation on the validation set."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass

from pincel.classify.evaluate import judged
from pincel.classify.loader import Batch, Key, Material, dealt, in_batches, loaded, shuffled
from pincel.classify.network import flat
from pincel.classify.rate import Plateau
from pincel.classify.state import Counts
from pincel.classify.step import Learner, Outcome
from pincel.training.events import EpochEnd, StepEnd, TrainingEvent
from pincel.training.trainer import TrainClock

# What evaluating a picture costs of what training on it does.
EVALUATION = 1 / 3
# Yields events; returns why training ends, or nothing if it goes on.
Events = Generator[TrainingEvent, None, str]


@dataclass(frozen=True)
class EpochLoop:
    """The epochs of a training. The state of the learner changes in place.

    Attributes:
        learner: The network.
        material: What it is trained on.
        workers: Processes that load.
        stop_error: Training error, over the latest epoch's worth of steps, below which training ends; 0 for no limit.
        keep: Called after each epoch, before its event.
        clock: Counts steps and time.
    """

    learner: Learner
    material: Material
    workers: int
    stop_error: float
    keep: Callable[[EpochEnd], None]
    clock: TrainClock

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return steps_of(self.material, self.learner.recipe.batch)

    def events(self) -> Events:
        """Train; between two events the state is one to resume from."""
        for each in flat(self.learner.state.weights):
            each.requires_grad_()
        state, epochs = self.learner.state, self.learner.recipe.epochs
        reason = "settled" if state.rate.settled else ""
        with loaded(self.material, self._keys(), self.workers) as stream:
            while not reason and state.epoch < epochs:
                reason = yield from self._steps(stream)
                reason = reason or (yield from self._evaluated(stream))
        return reason or "epochs"

    def _keys(self) -> Iterator[list[Key]]:
        """Yield this process's share of all batches to come, behind each epoch those held out."""
        recipe, first, group = self.learner.recipe, self.learner.state.step, self.learner.group
        counts = {part: len(labels) for part, labels in self.material.labels.items()}
        views = "random" if recipe.views == "random" else "same"
        for epoch in range(self.learner.state.epoch + 1, recipe.epochs + 1):
            for batch in in_batches(shuffled(recipe.seed, epoch, counts["train"]), recipe.batch, first):
                yield [Key("train", index, epoch, views) for index in dealt(batch, group)]
            for batch in in_batches(range(counts["val"]), recipe.batch):
                yield [Key("val", index, epoch, "central") for index in dealt(batch, group)]
            first = 0

    def _steps(self, stream: Iterator[Batch]) -> Events:
        """Make the steps that are left of an epoch."""
        state, size = self.learner.state, self.learner.recipe.batch
        pictures = len(self.material.labels["train"])
        while state.step < self.steps:
            outcome = self.learner.step(next(stream), min(size, pictures - state.step * size))
            self._count(outcome)
            yield self._step_end(outcome)
            if len(state.recent) == self.steps and state.recent_error < self.stop_error:
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
        self.clock.step(outcome.pictures)
        state.seconds = self.clock.seconds

    def _step_end(self, outcome: Outcome) -> StepEnd:
        state, count = self.learner.state, outcome.pictures
        return StepEnd(
            step=state.step,
            steps=self.steps,
            metrics={"loss": outcome.loss / count, "top1_error": outcome.wrong / count, "top5_error": outcome.missed / count},
            rate=state.rate.now,
            throughput=self.clock.throughput,
            seconds=state.seconds,
            left=self._left(),
            epoch=state.epoch + 1,
            epochs=self.learner.recipe.epochs,
        )

    def _left(self) -> float:
        """Return the seconds until the end, as far as one can tell."""
        state, counts = self.learner.state, {part: len(labels) for part, labels in self.material.labels.items()}
        epochs = self.learner.recipe.epochs - state.epoch
        return self.clock.left(epochs * counts["train"] - state.counts.pictures + EVALUATION * epochs * counts["val"])

    def _evaluated(self, stream: Iterator[Batch]) -> Events:
        """Evaluate the network on the validation set, and close the epoch."""
        state, recipe = self.learner.state, self.learner.recipe
        sizes = [len(batch) for batch in in_batches(range(len(self.material.labels["val"])), recipe.batch)]
        predict, classes = self.learner.predict, len(self.learner.spec.classes)
        ways = {"center": slice(0, 1)}
        metrics = yield from judged(predict, stream, sizes, ways, self.learner.group, classes=classes, what="validation")
        metric = metrics["center"]
        error, loss = metric.top1, metric.mean_loss
        best = (error, loss) < (state.best["top1_error"], state.best["loss"])
        counts, rate = state.counts, state.rate
        state.epoch, state.step, state.counts = state.epoch + 1, 0, Counts()
        state.rate = rate.after(error, Plateau(recipe.patience, recipe.drops, recipe.drop_factor))
        if best:
            state.best = {"epoch": state.epoch, "top1_error": error, "loss": loss}
        state.seconds = self.clock.seconds
        # An evaluation is no step.
        self.clock.restart()
        epoch = EpochEnd(
            epoch=state.epoch,
            epochs=recipe.epochs,
            steps=state.epoch * self.steps,
            train_loss=counts.loss / counts.pictures,
            train_top1_error=counts.wrong / counts.pictures,
            train_top5_error=counts.missed / counts.pictures,
            val_loss=loss,
            val_top1_error=error,
            val_top5_error=metric.top5,
            rate=rate.now,
            seconds=state.seconds,
            best=best,
        )
        state.history.append(asdict(epoch))
        self.keep(epoch)
        yield epoch
        return "settled" if state.rate.settled else ""


def steps_of(material: Material, batch: int) -> int:
    """Return the steps of an epoch."""
    return math.ceil(len(material.labels["train"]) / batch)
