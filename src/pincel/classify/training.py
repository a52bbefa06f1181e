"""A network being trained: everything found and checked, then step by step, and everything written."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from pincel.backbones.cards import Card
from pincel.backbones.native import read_network, write_network
from pincel.classify.data import find_data
from pincel.classify.evaluate import WAYS, Tally, judged
from pincel.classify.events import Began, Ended, Epoch, Learnt, TrainingEvent
from pincel.classify.folder import Folder, check_same
from pincel.classify.loader import Key, dealt, in_batches, loaded
from pincel.classify.loop import Limits, Loop
from pincel.classify.network import PRECISIONS, first_weights, flat
from pincel.classify.plan import planned_card
from pincel.classify.prepare import Means, Prepared, prepared
from pincel.classify.recipes import find_training
from pincel.classify.record import Trained, recorded, write_history, write_record
from pincel.classify.schema import TrainingRecipe
from pincel.classify.share import Alone, Share
from pincel.classify.squares import SHARE
from pincel.classify.state import State, read_state, write_state
from pincel.classify.step import Learner
from pincel.engine.checkpoint import circumstances
from pincel.engine.device import resolve_device
from pincel.engine.events import Notice
from pincel.engine.machine import cores
from pincel.engine.memory import free_memory
from pincel.errors import OptionError, PictureError, unknown_name

DEFAULT = "alexnet-small"
# Of the time, writing checkpoints takes this share at most.
WRITING = 0.1
# Ends after which nothing more is asked of the machine.
ABRUPT = ("interrupted", "terminated", "stopped")


@dataclass(frozen=True)
class Machine:
    """Where and how it is computed, which changes nothing but rounding.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: What convolutions multiply in, ``fp32`` or ``bf16``.
        workers: Processes that load; None for none if the squares are kept in memory, else as many as keep up.
        memory: Bytes that decoded squares may take; None for a quarter of what is free.
        every: Seconds between two checkpoints.
        share: With whom.
    """

    device: str = "auto"
    precision: str = "fp32"
    workers: int | None = None
    memory: int | None = None
    every: float = 60.0
    share: Share = field(default_factory=Alone)


class Training:
    """A network being trained: iterate for events, :meth:`stop` it, read :attr:`result` in the end.

    Example:
        >>> run = Training("photographs", "run", recipe="alexnet-small", epochs=5)  # doctest: +SKIP
        >>> for event in run:  # doctest: +SKIP
        ...     pass
        >>> run.result.record["top1_error"]  # doctest: +SKIP

    Args:
        data: A data set; see :mod:`pincel.classify.data`.
        folder: Where everything is written.
        recipe: Name or values; when left out, :data:`DEFAULT`, or that of the run that goes on.
        resume: Go on with the training in the folder.
        limits: When it ends before its last epoch.
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
        limits: Limits | None = None,
        machine: Machine | None = None,
        damaged: Literal["leave", "refuse"] = "leave",
        **overrides: Any,
    ) -> None:
        self.folder, self.limits, self.machine = Folder(Path(folder)), limits or Limits(), _checked(machine or Machine())
        self.device, self._damaged = resolve_device(self.machine.device), damaged
        self._state: State | None = None
        self._terms: dict[str, Any] = {}
        if resume:
            self._state, self._terms = read_state(self.folder.checkpoint, self.device)
        self.recipe = _resolved(recipe, self._terms.get("recipe")).override(**overrides)
        self.found = find_data(str(data), self.recipe.held_out, self.recipe.seed)
        # Too small a crop is told before anything is decoded.
        planned_card(self.recipe, self.found.classes, (0.0, 0.0, 0.0), "", "")
        if resume:
            check_same(self.recipe, self.found.sha256, self._terms)
        elif self.machine.share.rank == 0:
            self.folder.check_new()
        self._asked = ""
        self._loop: Loop | None = None
        # Epoch and step of the last checkpoint.
        self._written = (self._state.epoch, self._state.step) if self._state else (-1, -1)
        self._result: Trained | None = None

    def stop(self, reason: str = "stopped") -> None:
        """Ask for the end after the step under way; safe from another thread or a signal handler."""
        self._asked = reason if reason in ABRUPT else "stopped"
        if self._loop is not None:
            self._loop.asked = self._asked

    @property
    def result(self) -> Trained:
        """What it has come to; raises OptionError before the end."""
        if self._result is None:
            raise OptionError("The training has not ended: iterate over it first.")
        return self._result

    def __iter__(self) -> Iterator[TrainingEvent]:
        """Train, telling everything; the last event says why it ended."""
        yield from (Notice(note) for note in self.found.notes)
        ready = yield from prepared(self.found, self.recipe, self._means())
        if ready.left_out and self._damaged == "refuse":
            raise PictureError(next(iter(ready.left_out.values())))
        card = self._card(ready)
        yield from (Notice(note) for note in self._differences())
        state = self._state or State.first(_placed(first_weights(card, self.recipe), self.device), self.recipe.learning_rate)
        pictures = {part: len(each) for part, each in ready.found.parts.items()}
        epochs = self.recipe.epochs
        yield Began(card.name, len(card.classes), pictures, card.parameters, str(self.device), state.epoch, state.step, epochs)
        learner = Learner(card, self.recipe, state, self.machine.share, self.device, self.machine.precision)
        loop = self._loop = Loop(learner, ready.material, self.limits, self._workers(ready))
        loop.asked = self._asked
        ended = yield from self._trained(loop)
        tallies = {} if ended.reason in ABRUPT else (yield from self._judged(learner, ready))
        record = {**recorded(card, self.recipe, ready, state, ended, tallies), "machine": self._circumstances()}
        if self._leads:
            write_record(self.folder.path, record)
        self._result = Trained(card, record, ended.reason)
        yield ended

    @property
    def _leads(self) -> bool:
        return self.machine.share.rank == 0

    def _means(self) -> Means:
        processes = self.machine.share.processes
        free = int(free_memory(torch.device("cpu")) * SHARE) if self.machine.memory is None else self.machine.memory
        return Means(self.machine.share, free // processes, max(1, cores() // processes), self.folder.statistics)

    def _workers(self, ready: Prepared) -> int:
        """Return how many processes load: a core each for a GPU, one for every four cores that compute themselves."""
        if self.machine.workers is not None:
            return self.machine.workers
        each = cores() // self.machine.share.processes
        return 0 if ready.kept else max(1, each if self.device.type != "cpu" else each // 4)

    def _card(self, ready: Prepared) -> Card:
        parts = {part: len(pictures) for part, pictures in ready.found.parts.items()}
        name = Path(self.found.data).name or self.found.data
        on = f"{name}: {len(self.found.classes)} classes, {parts['train']:,} pictures"
        return planned_card(
            self.recipe, self.found.classes, ready.statistics.colour, f"{self.recipe.name}, trained on {on}", "pincel train"
        )

    def _differences(self) -> Iterator[str]:
        """Say what may change the last bits of a run that goes on."""
        now = self._circumstances()
        before = self._terms.get("circumstances", now)
        if changed := [f"{name} {before.get(name)} before, {value} now" for name, value in now.items() if before.get(name) != value]:
            yield f"The last bits may differ from an uninterrupted run: {'; '.join(changed)}."

    def _circumstances(self) -> dict[str, str]:
        return circumstances(self.device, self.machine.precision, self.machine.share.processes)

    def _trained(self, loop: Loop) -> Generator[TrainingEvent, None, Ended]:
        """Run the loop, and keep what it comes to; return how it ended."""
        state, card = loop.learner.state, loop.learner.card
        due = time.monotonic() + self.machine.every
        ended = Ended("epochs", state.epoch, 0)
        for event in loop:
            if isinstance(event, Epoch) and event.best and self._leads:
                write_network(self.folder.network, card, _plain(state))
            if isinstance(event, Epoch) and self._leads:
                write_history(self.folder.path, state.history)
            if isinstance(event, Epoch | Ended) or (isinstance(event, Learnt) and time.monotonic() >= due):
                due = time.monotonic() + self._kept(loop)
            if isinstance(event, Ended):
                ended = event
            else:
                yield event
        if self._leads and not state.best["epoch"]:
            # It has ended before it was judged once.
            write_network(self.folder.network, card, _plain(state))
            write_history(self.folder.path, state.history)
        return ended

    def _kept(self, loop: Loop) -> float:
        """Write a checkpoint; return the seconds until the next, which takes a tenth of the time at most.

        Raises:
            DivergedError: If weights are no numbers any more; the checkpoint before stays.
        """
        began, state = time.monotonic(), loop.learner.state
        if self._written == (state.epoch, state.step):
            return self.machine.every
        if not all(bool(each.isfinite().all()) for each in flat(state.weights)):
            raise loop.learner.diverged()
        if self._leads:
            terms = {
                "recipe": self.recipe.model_dump(mode="json"),
                "data": self.found.sha256,
                "circumstances": self._circumstances(),
            }
            write_state(self.folder.checkpoint, state, terms)
        self._written = (state.epoch, state.step)
        return max(self.machine.every, (time.monotonic() - began) / WRITING)

    def _judged(self, learner: Learner, ready: Prepared) -> Generator[TrainingEvent, None, dict[str, Tally]]:
        """Look at the pictures that the network is judged by, in ten crops of each."""
        # Process 0 has written it by the time that it answers.
        self.machine.share.replies("")
        part, share, size = self.found.judged, self.machine.share, max(1, self.recipe.batch // 10)
        best = State.first(_placed(read_network(self.folder.network, learner.card), self.device), 0.0)
        judge = Learner(learner.card, self.recipe, best, share, self.device, self.machine.precision)
        batches = list(in_batches(range(len(ready.found.parts[part])), size))
        keys = ([Key(part, index, 0, "ten") for index in dealt(batch, share)] for batch in batches)
        with loaded(ready.material, keys, self._workers(ready)) as stream:
            sizes, classes = [len(batch) for batch in batches], len(learner.card.classes)
            tallies = yield from judged(judge.look, stream, sizes, WAYS, share, classes=classes, what="ten crops")
        return tallies


def _resolved(recipe: str | TrainingRecipe | None, before: Mapping[str, Any] | None) -> TrainingRecipe:
    """Return the recipe that was asked for, that of the run which goes on, or the usual one."""
    if isinstance(recipe, TrainingRecipe):
        return recipe
    if recipe is None and before is not None:
        return TrainingRecipe.make(before)
    return find_training(recipe or DEFAULT).recipe


def _checked(machine: Machine) -> Machine:
    if machine.precision not in PRECISIONS:
        raise unknown_name("precision", machine.precision, PRECISIONS)
    if machine.workers is not None and machine.workers < 0:
        raise OptionError(f"--workers {machine.workers}: give 0 or more.")
    if not machine.every > 0:
        raise OptionError(f"--checkpoint-every {machine.every:g}: give seconds, more than 0.")
    return machine


def _placed(weights: Mapping[str, tuple[Tensor, Tensor]], device: torch.device) -> dict[str, tuple[Tensor, Tensor]]:
    """Return weights on a device, in channels-last order."""
    return {name: (weight.to(device, memory_format=torch.channels_last), bias.to(device)) for name, (weight, bias) in weights.items()}


def _plain(state: State) -> dict[str, tuple[Tensor, Tensor]]:
    """Return weights as they are written."""
    return {name: (weight.detach().cpu(), bias.detach().cpu()) for name, (weight, bias) in state.weights.items()}
