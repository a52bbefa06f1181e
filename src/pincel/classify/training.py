"""An AlexNet, as a subject of the trainer: its data, its epochs, and everything that is written of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from pincel.backbones.native import read_network, write_network
from pincel.backbones.specs import ModelSpec
from pincel.classify.data import find_data
from pincel.classify.evaluate import WAYS, ConfusionMetrics, judged
from pincel.classify.folder import Folder
from pincel.classify.loader import Key, dealt, in_batches, loaded
from pincel.classify.loop import EpochLoop, steps_of
from pincel.classify.network import PRECISIONS, first_weights, flat
from pincel.classify.plan import planned_spec
from pincel.classify.prepare import Prepared, PrepareOptions, prepared
from pincel.classify.recipes import find_training
from pincel.classify.record import Trained, recorded, write_history, write_record
from pincel.classify.schema import TrainingRecipe
from pincel.classify.squares import SHARE
from pincel.classify.state import ClassifierState, read_state, write_state
from pincel.classify.step import Learner
from pincel.engine.checkpoint import environment
from pincel.engine.device import resolve_device
from pincel.engine.events import Notice
from pincel.engine.machine import cores
from pincel.engine.memory import free_memory
from pincel.errors import OptionError, PictureError, unknown_name
from pincel.training.events import EpochEnd, TrainEnd, TrainingEvent, TrainStart
from pincel.training.resume import check_resumed, environment_notices
from pincel.training.trainer import STOP_REASONS, ReplicaGroup, SingleReplica, TrainClock

DEFAULT = "alexnet-small"


@dataclass(frozen=True)
class TrainingMachine:
    """Where a network is trained: nothing here changes what a step computes but rounding.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: What convolutions multiply in, ``fp32`` or ``bf16``.
        workers: Processes that load; None for none if the squares are kept in memory, else as many as keep up.
        memory: Bytes that decoded squares may take; None for a quarter of what is free.
        group: The processes that train together.

    Raises:
        UnknownNameError: For another precision.
        OptionError: For less than no workers.
    """

    device: str = "auto"
    precision: str = "fp32"
    workers: int | None = None
    memory: int | None = None
    group: ReplicaGroup = field(default_factory=SingleReplica)

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise unknown_name("precision", self.precision, PRECISIONS)
        if self.workers is not None and self.workers < 0:
            raise OptionError(f"--workers {self.workers}: give 0 or more.")


class ClassifierTraining:
    """An AlexNet and its training on a data set, for :class:`pincel.training.trainer.Trainer`; read :attr:`result` in the end.

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
        resume: Go on with the training in the folder.
        stop_error: Training error, over the latest epoch's worth of steps, below which training ends; 0 for no limit.
        machine: Where it is computed.
        damaged: ``leave`` pictures that cannot be read out, or ``refuse`` the set.
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
        stop_error: float = 0.0,
        machine: TrainingMachine | None = None,
        damaged: Literal["leave", "refuse"] = "leave",
        **overrides: Any,
    ) -> None:
        self.folder, self.machine = Folder(Path(folder)), machine or TrainingMachine()
        self.device, self._stop_error, self._damaged = resolve_device(self.machine.device), stop_error, damaged
        saved, self._terms = read_state(self.folder.checkpoint, self.device) if resume else (None, {})
        self.recipe = _resolved(recipe, self._terms.get("recipe")).override(**overrides)
        self.found = find_data(str(data), self.recipe.held_out, self.recipe.seed)
        # Too small a crop is refused before anything is decoded.
        planned_spec(self.recipe, self.found.classes, (0.0, 0.0, 0.0), "", "")
        if resume:
            check_resumed(self._now(), self._terms, data={"data": "pictures"})
        elif self._leads:
            self.folder.check_new()
        if saved is not None:
            self.state = saved
        self._result: Trained | None = None

    @property
    def result(self) -> Trained:
        """What it has come to; raises OptionError before the end."""
        if self._result is None:
            raise OptionError("The training has not ended: iterate over it first.")
        return self._result

    @property
    def group(self) -> ReplicaGroup:
        """The processes that train together."""
        return self.machine.group

    @property
    def seconds(self) -> float:
        """Of training so far, as of the latest step."""
        return self.state.seconds

    @property
    def position(self) -> tuple[int, int]:
        """Epochs made, and steps of the next."""
        return self.state.epoch, self.state.step

    def prepare(self) -> Iterator[TrainingEvent]:
        """Look at every picture of the data set, and make the network and its first weights."""
        yield from (Notice(note) for note in self.found.notes)
        self._ready = ready = yield from prepared(self.found, self.recipe, self._options())
        if ready.left_out and self._damaged == "refuse":
            raise PictureError(next(iter(ready.left_out.values())))
        self._spec = spec = self._made_spec(ready)
        environment = self._environment()
        yield from environment_notices(environment, self._terms.get("circumstances", environment))
        if not self._terms:
            self.state = ClassifierState.first(_placed(first_weights(spec, self.recipe), self.device), self.recipe.learning_rate)
        state = self.state
        self._learner = Learner(spec, self.recipe, state, self.group, self.device, self.machine.precision)
        data = {"classes": len(spec.classes), **{part: len(pictures) for part, pictures in ready.found.parts.items()}}
        steps = steps_of(ready.material, self.recipe.batch)
        yield TrainStart(spec.name, spec.parameters, data, str(self.device), state.step, steps, state.epoch, self.recipe.epochs)

    def train(self, clock: TrainClock) -> Generator[TrainingEvent, None, str]:
        """Make the steps of all epochs; the best network is written whenever there is a better one."""
        loop = EpochLoop(self._learner, self._ready.material, self._workers(self._ready), self._stop_error, self._keep, clock)
        return (yield from loop.events())

    def save(self) -> None:
        """Write a checkpoint, whole or not at all.

        Raises:
            DivergedError: If weights are not finite; the checkpoint before stays.
            OutputError: If it cannot be written.
        """
        if not all(bool(each.isfinite().all()) for each in flat(self.state.weights)):
            raise self._learner.diverged()
        if self._leads:
            write_state(self.folder.checkpoint, self.state, self._now())

    def finish(self, reason: str) -> Iterator[TrainingEvent]:
        """Evaluate the best network in ten crops a picture, unless the training was cut short, and write the record."""
        state = self.state
        if self._leads and not state.best["epoch"]:
            # It has ended before it was evaluated once.
            write_network(self.folder.network, self._spec, _plain(state))
            write_history(self.folder.path, state.history)
        metrics = {} if reason in STOP_REASONS else (yield from self._evaluated())
        ended = TrainEnd(reason, state.epoch * steps_of(self._ready.material, self.recipe.batch) + state.step, state.epoch)
        record = {**recorded(self._spec, self.recipe, self._ready, state, ended, metrics), "machine": self._environment()}
        if self._leads:
            write_record(self.folder.path, record)
        self._result = Trained(self._spec, record, reason)
        yield ended

    @property
    def _leads(self) -> bool:
        return self.group.rank == 0

    def _keep(self, epoch: EpochEnd) -> None:
        """Write the network if it is the best so far, and the history."""
        if self._leads:
            if epoch.best:
                write_network(self.folder.network, self._spec, _plain(self.state))
            write_history(self.folder.path, self.state.history)

    def _now(self) -> dict[str, Any]:
        """What a checkpoint stands for."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "data": self.found.sha256,
            "circumstances": self._environment(),
        }

    def _options(self) -> PrepareOptions:
        processes = self.group.processes
        free = int(free_memory(torch.device("cpu")) * SHARE) if self.machine.memory is None else self.machine.memory
        return PrepareOptions(self.group, free // processes, max(1, cores() // processes), self.folder.statistics)

    def _workers(self, ready: Prepared) -> int:
        """Return how many processes load: a core each for a GPU, one for every four cores that compute themselves."""
        if self.machine.workers is not None:
            return self.machine.workers
        each = cores() // self.group.processes
        return 0 if ready.kept else max(1, each if self.device.type != "cpu" else each // 4)

    def _made_spec(self, ready: Prepared) -> ModelSpec:
        parts = {part: len(pictures) for part, pictures in ready.found.parts.items()}
        name = Path(self.found.data).name or self.found.data
        on = f"{name}: {len(self.found.classes)} classes, {parts['train']:,} pictures"
        return planned_spec(self.recipe, self.found.classes, ready.statistics.color, f"{self.recipe.name}, trained on {on}", "pincel train")

    def _environment(self) -> dict[str, str]:
        return environment(self.device, self.machine.precision, self.group.processes)

    def _evaluated(self) -> Generator[TrainingEvent, None, dict[str, ConfusionMetrics]]:
        """Evaluate the best network on the test set, in ten crops of each picture."""
        spec, ready = self._spec, self._ready
        # Process 0 has written it by the time that it answers.
        self.group.all_gather("")
        part, group, size = self.found.judged, self.group, max(1, self.recipe.batch // 10)
        best = ClassifierState.first(_placed(read_network(self.folder.network, spec), self.device), 0.0)
        judge = Learner(spec, self.recipe, best, group, self.device, self.machine.precision)
        batches = list(in_batches(range(len(ready.found.parts[part])), size))
        keys = ([Key(part, index, 0, "ten") for index in dealt(batch, group)] for batch in batches)
        with loaded(ready.material, keys, self._workers(ready)) as stream:
            sizes, classes = [len(batch) for batch in batches], len(spec.classes)
            metrics = yield from judged(judge.predict, stream, sizes, WAYS, group, classes=classes, what="ten crops")
        return metrics


def _resolved(recipe: str | TrainingRecipe | None, before: Mapping[str, Any] | None) -> TrainingRecipe:
    """Return the recipe that was asked for, that of the run which goes on, or the usual one."""
    if isinstance(recipe, TrainingRecipe):
        return recipe
    if recipe is None and before is not None:
        return TrainingRecipe.make(before)
    return find_training(recipe or DEFAULT).recipe


def _placed(weights: Mapping[str, tuple[Tensor, Tensor]], device: torch.device) -> dict[str, tuple[Tensor, Tensor]]:
    """Return weights on a device, in channels-last order."""
    return {name: (weight.to(device, memory_format=torch.channels_last), bias.to(device)) for name, (weight, bias) in weights.items()}


def _plain(state: ClassifierState) -> dict[str, tuple[Tensor, Tensor]]:
    """Return weights as they are written."""
    return {name: (weight.detach().cpu(), bias.detach().cpu()) for name, (weight, bias) in state.weights.items()}
