"""An AlexNet trained whole, and without each of its parts: what each is worth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pincel.classify.config import ClassifierTrainingConfig
from pincel.classify.recipes import ABLATIONS, find_training
from pincel.classify.record import RECORD, read_record
from pincel.classify.schema import TrainingRecipe
from pincel.classify.state import FILE
from pincel.classify.training import ClassifierTraining
from pincel.engine.events import Notice, SetupProgress
from pincel.errors import DivergedError, OptionError, unknown_name
from pincel.files import one_line, quoted
from pincel.studies.ablation_trainings import Ablation, Training
from pincel.studies.ablations_page import page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.training.events import StepEnd
from pincel.training.trainer import Trainer
from pincel.translation import Note, untranslated
from pincel.translation import gettext_lazy as _

# Ends of a training that there is nothing left of to make.
DONE = ("epochs", "settled", "error")
# More trainings of a network than that take days.
MOST = 100


@dataclass(frozen=True)
class AblationsOptions:
    """Options of the study ablations.

    Attributes:
        data: A data set; see :mod:`pincel.classify.data`.
        recipe: What is trained whole.
        without: What is left out, one at a time, with commas; None for everything that can be.
        epochs: Of each network, at most.
        target: Training error that steps are counted to.
        seed: Of all random numbers of the first training of each network; the others have the numbers that follow.
        seeds: Trainings of each network: what differs between networks is judged by what differs between these.
        rates: Learning rates, with commas: each network has its own, that with the least training error in its first training. None for
            the rate of the recipe.
        device: Where to work.

    Raises:
        UnknownNameError: For a recipe or a part there is not.
        OptionError: For a share, a number of trainings or a rate that cannot be.
    """

    data: str
    recipe: str = "alexnet-small"
    without: str | None = None
    epochs: int = 20
    target: float = 0.25
    seed: int = 0
    seeds: int = 1
    rates: str | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        find_training(self.recipe)
        for part in self.parts:
            if part not in ABLATIONS:
                raise unknown_name("part to leave out", part, ABLATIONS)
        if not 0 < self.target < 1:
            raise OptionError(f"--target {self.target:g}: give a share of the pictures, above 0 and below 1.")
        if not 1 <= self.seeds <= MOST:
            raise OptionError(one_line("seeds: so many trainings cannot be", f"{self.seeds}", f"1 to {MOST}", "3"))
        for rate in self.learning_rates:
            self.recipe_without("", rate)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is left out, one at a time."""
        if self.without is None:
            return tuple(ABLATIONS)
        return tuple(dict.fromkeys(part.strip() for part in self.without.split(",") if part.strip()))

    @property
    def learning_rates(self) -> tuple[float | None, ...]:
        """The rates each network is tried at; None is that of the recipe."""
        if self.rates is None:
            return (None,)
        try:
            return tuple(float(rate) for rate in self.rates.split(","))
        except ValueError:
            raise OptionError(one_line("rates: no list of numbers", quoted(self.rates), "numbers with commas", "0.003,0.01")) from None

    def recipe_without(self, part: str, rate: float | None = None, number: int = 0) -> TrainingRecipe:
        """Return the recipe without one part, whole for the empty part, at a rate, for one of its trainings."""
        recipe = find_training(f"{self.recipe}-{part}" if part else self.recipe).recipe
        return recipe.override(epochs=self.epochs, seed=self.seed + number, learning_rate=rate)


def study(options: AblationsOptions, folder: Path, progress: ProgressReporter) -> Report:
    """Train the whole network and each without one part.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, figure 1 and sections 3.1 to 3.4, 4.1, 4.2 and 7, where each part is argued for by what the
        network is without it.

    Differs:
        Another data set and a smaller network. Figure 1 chose a rate for each activation, as ``rates`` does, and had no regularization;
        here everything but the part is the same, and without ``rates`` the rate is, too.
    """
    networks: list[Ablation] = []
    for part in ("", *options.parts):
        trained = _trainings(options, part, folder, progress)
        if trained is None:
            break
        networks.append(trained)
    return page(networks, {**asdict(options), "parts": list(options.parts)}, len(options.parts) + 1)


def _trainings(options: AblationsOptions, part: str, folder: Path, progress: ProgressReporter) -> Ablation | None:
    """Train a network at each rate, and with the best of them once for each further seed; None if that was ended early."""
    tried: dict[float | None, Training] = {}
    for place, rate in enumerate(options.learning_rates, start=1):
        try:
            first = _done(options, (part, rate, 0), folder, progress)
        except DivergedError as error:
            # A rate that is too large is not the best one, unless there is no other.
            if not tried and place == len(options.learning_rates):
                raise
            progress.note(Note(untranslated("{error}"), error=error))
            continue
        if first is None:
            return None
        tried[rate] = first
    best = min(tried, key=lambda rate: tried[rate].train_errors[-1])
    runs = [tried[best]]
    for number in range(1, options.seeds):
        if (another := _done(options, (part, best, number), folder, progress)) is None:
            return None
        runs.append(another)
    return Ablation(part, options.recipe_without(part, best).learning_rate, tuple(runs))


def _done(options: AblationsOptions, which: tuple[str, float | None, int], folder: Path, progress: ProgressReporter) -> Training | None:
    """Return one training of a network: its part, rate and number; None if it was ended early."""
    if progress.stopped:
        return None
    part, rate, number = which
    name = "-".join([part or "whole", *([f"rate{rate:g}"] if rate else []), *([f"seed{options.seed + number}"] if number else [])])
    record = _trained(options.recipe_without(part, rate, number), options, folder / name, progress)
    return _figures(record, options.target) if record["stopped"] in DONE else None


def steps_to(history: Sequence[Mapping[str, Any]], target: float) -> int | None:
    """Return the steps after the first epoch whose training error was no larger than ``target``; None if there was none.

    Example:
        >>> rows = [{"steps": 30, "train_top1_error": 0.5}, {"steps": 60, "train_top1_error": 0.2}]
        >>> steps_to(rows, 0.25), steps_to(rows, 0.1)
        (60, None)
    """
    return next((int(row["steps"]) for row in history if row["train_top1_error"] <= target), None)


def _trained(recipe: TrainingRecipe, options: AblationsOptions, folder: Path, progress: ProgressReporter) -> Mapping[str, Any]:
    """Train a network, resume its training, or read the record of one that is done; return its record."""
    name = folder.name
    if (before := _read(folder)) and before["recipe"] == recipe.model_dump(mode="json") and before["stopped"] in DONE:
        progress.note(Note(_("{name}: trained before, in {folder}."), name=name, folder=folder))
        return before
    going_on = (folder / FILE).exists()
    config = ClassifierTrainingConfig(device=options.device)
    subject = ClassifierTraining(options.data, folder, recipe=recipe, resume=going_on, config=config)
    trainer = Trainer(subject)
    for event in progress.follow(trainer):
        if isinstance(event, StepEnd):
            progress.update(Note(_("training {name}"), name=name), (event.epoch - 1) * event.steps + event.step, event.epochs * event.steps)
        elif isinstance(event, Notice):
            progress.note(event.text)
        elif isinstance(event, SetupProgress):
            progress.update(event.what, event.done, event.total)
    return subject.result.record


def _read(folder: Path) -> dict[str, Any] | None:
    """Return the record of a folder, if there is one that can be read."""
    try:
        return read_record(folder) if (folder / RECORD).is_file() else None
    except (OSError, json.JSONDecodeError):
        return None


def _figures(record: Mapping[str, Any], target: float) -> Training:
    """Return what is shown of a training."""
    history = record["history"]
    return Training(
        top1_error=record["top1_error"],
        center_error=record["center"]["top1_error"],
        top5_error=record["top5_error"],
        steps_to_target=steps_to(history, target),
        steps=record["steps"],
        seconds=record["seconds"],
        parameters=record["network"]["parameters"],
        classes=len(record["data"]["classes"]),
        pictures=record["data"]["pictures"],
        train_errors=tuple(row["train_top1_error"] for row in history),
        val_errors=tuple(row["val_top1_error"] for row in history),
        stopped=record["stopped"],
    )
