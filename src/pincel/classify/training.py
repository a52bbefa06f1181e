"""An AlexNet as a subject of the trainer: its data, its epochs, and the files that are written."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pincel.backbones.native import read_network
from pincel.backbones.specs import ModelSpec
from pincel.classify.config import ClassifierTrainingConfig
from pincel.classify.data import find_data
from pincel.classify.evaluate import CROP_SETS, ConfusionMetrics, evaluate
from pincel.classify.folder import TrainingFolder
from pincel.classify.loader import SampleKey, batches_of, load_batches, shard
from pincel.classify.loop import EpochLoop, steps_of
from pincel.classify.network import init_weights, parameters
from pincel.classify.plan import plan_spec
from pincel.classify.prepare import PreparedData, prepare
from pincel.classify.recipes import find_training
from pincel.classify.record import TrainingResult, make_record
from pincel.classify.schema import TrainingRecipe
from pincel.classify.state import ClassifierState, Weights, read_state, write_state
from pincel.classify.step import Learner
from pincel.engine.events import Notice
from pincel.errors import OptionError, PictureError
from pincel.training.events import EpochEnd, TrainEnd, TrainingEvent, TrainStart
from pincel.training.resume import check_resumed, environment_notices
from pincel.training.trainer import STOP_REASONS, ReplicaGroup, TrainClock

DEFAULT = "alexnet-small"


class ClassifierTraining:
    """An AlexNet and its training on a data set, for :class:`pincel.training.trainer.Trainer`; read :attr:`result` at the end.

    Example:
        >>> from pincel.training.trainer import Trainer
        >>> subject = ClassifierTraining("photographs", "run", recipe="alexnet-small", epochs=5)  # doctest: +SKIP
        >>> for event in Trainer(subject):  # doctest: +SKIP
        ...     pass
        >>> subject.result.record["top1_error"]  # doctest: +SKIP

    Args:
        data: A data set; see :mod:`pincel.classify.data`.
        folder: Where everything is written.
        recipe: Name or values; when left out, :data:`DEFAULT`, or that of the run that is resumed.
        resume: Whether to resume the training in the folder.
        config: Where it is computed and until when.
        **overrides: Any value of the recipe.

    Raises:
        PincelError: With a one-line message, for whatever cannot be used.
    """

    def __init__(
        self,
        data: str | PathLike[str],
        folder: str | PathLike[str],
        *,
        recipe: str | TrainingRecipe | None = None,
        resume: bool = False,
        config: ClassifierTrainingConfig | None = None,
        **overrides: Any,
    ) -> None:
        self.folder, self.config = TrainingFolder(Path(folder)), config or ClassifierTrainingConfig()
        device = self.config.torch_device
        saved, self._saved_terms = read_state(self.folder.checkpoint, device) if resume else (None, {})
        self.recipe = _resolve_recipe(recipe, self._saved_terms.get("recipe")).override(**overrides)
        self.splits = find_data(str(data), self.recipe.held_out, self.recipe.seed)
        # A crop that is too small is refused before anything is decoded.
        plan_spec(self.recipe, self.splits.classes, (0.0, 0.0, 0.0), "", "")
        if resume:
            check_resumed(self._terms(), self._saved_terms, data={"data": "pictures"})
        elif self._writes:
            self.folder.check_new()
        if saved is not None:
            self.state = saved
        self._result: TrainingResult | None = None

    @property
    def result(self) -> TrainingResult:
        """The outcome; raises OptionError before the end."""
        if self._result is None:
            raise OptionError("The training has not ended: iterate over it first.")
        return self._result

    @property
    def group(self) -> ReplicaGroup:
        """The processes that train together."""
        return self.config.group

    @property
    def seconds(self) -> float:
        """Of training so far, as of the latest step."""
        return self.state.seconds

    @property
    def position(self) -> tuple[int, int]:
        """Epochs made, and steps of the next."""
        return self.state.epoch, self.state.step

    def prepare(self) -> Iterator[TrainingEvent]:
        """Decode every image of the data set, and make the network and its initial weights."""
        yield from (Notice(note) for note in self.splits.notes)
        self._prepared = prepared = yield from prepare(self.splits, self.recipe, self.config.prepare_options(self.folder.statistics))
        if prepared.left_out and self.config.damaged == "refuse":
            raise PictureError(next(iter(prepared.left_out.values())))
        spec, now = _make_spec(self.recipe, prepared), self.config.environment
        yield from environment_notices(now, self._saved_terms.get("environment", now))
        if not self._saved_terms:
            self.state = ClassifierState.first(self._on_device(init_weights(spec, self.recipe)), self.recipe.learning_rate)
        state = self.state
        self._learner = self._make_learner(spec, state)
        data = {"classes": len(spec.classes), **{part: len(images) for part, images in prepared.splits.parts.items()}}
        steps = steps_of(prepared.data, self.recipe.batch)
        yield TrainStart(
            spec.name, spec.parameters, data, str(self.config.torch_device), state.step, steps, state.epoch, self.recipe.epochs
        )

    def train(self, clock: TrainClock) -> Generator[TrainingEvent, None, str]:
        """Make the steps of all epochs; the best network is written whenever there is a better one."""
        workers = self.config.loading_processes(kept=self._prepared.kept)
        loop = EpochLoop(self._learner, self._prepared.data, workers, self.config.stop_error, self._write_epoch, clock)
        return (yield from loop.events())

    def save(self) -> None:
        """Write a checkpoint, whole or not at all.

        Raises:
            DivergedError: If weights are not finite; the previous checkpoint stays.
            OutputError: If it cannot be written.
        """
        if not all(bool(each.isfinite().all()) for each in parameters(self.state.weights)):
            raise self._learner.diverged()
        if self._writes:
            write_state(self.folder.checkpoint, self.state, self._terms())

    def finish(self, reason: str) -> Iterator[TrainingEvent]:
        """Evaluate the best network with ten crops an image, unless the training was interrupted, and write the record."""
        state, spec = self.state, self._learner.spec
        if self._writes and not state.best["epoch"]:
            # It has ended before the first evaluation.
            self.folder.write_network(spec, state.weights)
            self.folder.write_history(state.history)
        metrics = {} if reason in STOP_REASONS else (yield from self._evaluate_best())
        end = TrainEnd(reason, state.epoch * steps_of(self._prepared.data, self.recipe.batch) + state.step, state.epoch)
        record = {**make_record(spec, self.recipe, self._prepared, state, end, metrics), "machine": self.config.environment}
        if self._writes:
            self.folder.write_record(record)
        self._result = TrainingResult(spec, record, reason)
        yield end

    @property
    def _writes(self) -> bool:
        return self.group.rank == 0

    def _write_epoch(self, epoch: EpochEnd) -> None:
        """Write the network if it is the best so far, and the history."""
        if self._writes:
            if epoch.best:
                self.folder.write_network(self._learner.spec, self.state.weights)
            self.folder.write_history(self.state.history)

    def _terms(self) -> dict[str, Any]:
        """Return what a checkpoint belongs to."""
        return {"recipe": self.recipe.model_dump(mode="json"), "data": self.splits.sha256, "environment": self.config.environment}

    def _make_learner(self, spec: ModelSpec, state: ClassifierState) -> Learner:
        return Learner(spec, self.recipe, state, self.group, self.config.torch_device, self.config.precision)

    def _on_device(self, weights: Mapping[str, tuple[Tensor, Tensor]]) -> Weights:
        """Return weights on the device, in channels-last order."""
        device = self.config.torch_device
        return {name: (weight.to(device, memory_format=torch.channels_last), bias.to(device)) for name, (weight, bias) in weights.items()}

    def _evaluate_best(self) -> Generator[TrainingEvent, None, dict[str, ConfusionMetrics]]:
        """Evaluate the best network on the test set, with ten crops of each image."""
        spec, splits, group = self._learner.spec, self._prepared.splits, self.group
        # Wait until process 0 has written it.
        group.all_gather("")
        best = ClassifierState.first(self._on_device(read_network(self.folder.network, spec)), 0.0)
        batches = list(batches_of(range(len(splits.parts[splits.test_split])), max(1, self.recipe.batch // 10)))
        keys = ([SampleKey(splits.test_split, index, 0, "ten") for index in shard(batch, group)] for batch in batches)
        predict, sizes = self._make_learner(spec, best).predict, [len(batch) for batch in batches]
        with load_batches(self._prepared.data, keys, self.config.loading_processes(kept=self._prepared.kept)) as stream:
            return (yield from evaluate(predict, stream, sizes, CROP_SETS, group, classes=len(spec.classes), what="ten crops"))


def _make_spec(recipe: TrainingRecipe, prepared: PreparedData) -> ModelSpec:
    splits = prepared.splits
    name = Path(splits.data).name or splits.data
    summary = f"{recipe.name}, trained on {name}: {len(splits.classes)} classes, {len(splits.parts['train']):,} pictures"
    return plan_spec(recipe, splits.classes, prepared.statistics.color, summary, "pincel train")


def _resolve_recipe(recipe: str | TrainingRecipe | None, saved: Mapping[str, Any] | None) -> TrainingRecipe:
    """Return the recipe given, that of the run that is resumed, or the default."""
    if isinstance(recipe, TrainingRecipe):
        return recipe
    if recipe is None and saved is not None:
        return TrainingRecipe.make(saved)
    return find_training(recipe or DEFAULT).recipe
