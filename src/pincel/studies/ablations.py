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
from pincel.errors import OptionError, unknown_name
from pincel.studies.ablations_page import page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.training.events import StepEnd
from pincel.training.trainer import Trainer
from pincel.translation import Note
from pincel.translation import gettext_lazy as _

# Ends of a training that there is nothing left of to make.
DONE = ("epochs", "settled", "error")


@dataclass(frozen=True)
class AblationsOptions:
    """Options of the study ablations.

    Attributes:
        data: A data set; see :mod:`pincel.classify.data`.
        recipe: What is trained whole.
        without: What is left out, one at a time, with commas; None for everything that can be.
        epochs: Of each network, at most.
        target: Training error that steps are counted to.
        seed: Of all random numbers.
        device: Where to work.

    Raises:
        UnknownNameError: For a recipe or a part there is not.
    """

    data: str
    recipe: str = "alexnet-small"
    without: str | None = None
    epochs: int = 20
    target: float = 0.25
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        find_training(self.recipe)
        for part in self.parts:
            if part not in ABLATIONS:
                raise unknown_name("part to leave out", part, ABLATIONS)
        if not 0 < self.target < 1:
            raise OptionError(f"--target {self.target:g}: give a share of the pictures, above 0 and below 1.")

    @property
    def parts(self) -> tuple[str, ...]:
        """What is left out, one at a time."""
        if self.without is None:
            return tuple(ABLATIONS)
        return tuple(dict.fromkeys(part.strip() for part in self.without.split(",") if part.strip()))

    def recipe_without(self, part: str) -> TrainingRecipe:
        """Return the recipe without one part; whole for the empty part."""
        recipe = find_training(f"{self.recipe}-{part}" if part else self.recipe).recipe
        return recipe.override(epochs=self.epochs, seed=self.seed)


def study(options: AblationsOptions, folder: Path, progress: ProgressReporter) -> Report:
    """Train the whole network and each without one part.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, figure 1 and sections 3.1 to 3.4, 4.1, 4.2 and 7, where each part is argued for by what the
        network is without it.

    Differs:
        Another data set and a smaller network. Figure 1 chose a rate for each activation and had no regularization; here everything but
        the part is the same, the rate too.
    """
    networks: list[dict[str, Any]] = []
    for part in ("", *options.parts):
        if progress.stopped:
            break
        record = _trained(options, part, folder / (part or "whole"), progress)
        if record["stopped"] in DONE:
            networks.append(_figures(part, record, options.target))
    return page(networks, {**asdict(options), "parts": list(options.parts)}, len(options.parts) + 1)


def steps_to(history: Sequence[Mapping[str, Any]], target: float) -> int | None:
    """Return the steps after the first epoch whose training error was no larger than ``target``; None if there was none.

    Example:
        >>> rows = [{"steps": 30, "train_top1_error": 0.5}, {"steps": 60, "train_top1_error": 0.2}]
        >>> steps_to(rows, 0.25), steps_to(rows, 0.1)
        (60, None)
    """
    return next((int(row["steps"]) for row in history if row["train_top1_error"] <= target), None)


def _trained(options: AblationsOptions, part: str, folder: Path, progress: ProgressReporter) -> Mapping[str, Any]:
    """Train a network, resume its training, or read the record of one that is done; return its record."""
    recipe, name = options.recipe_without(part), part or "whole"
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


def _figures(part: str, record: Mapping[str, Any], target: float) -> dict[str, Any]:
    """Return what is shown of a training."""
    history = record["history"]
    return {
        "part": part,
        "top1_error": record["top1_error"],
        "center_error": record["center"]["top1_error"],
        "top5_error": record["top5_error"],
        "train_error": history[-1]["train_top1_error"],
        "steps_to_target": steps_to(history, target),
        "steps": record["steps"],
        "seconds": record["seconds"],
        "parameters": record["network"]["parameters"],
        "classes": len(record["data"]["classes"]),
        "pictures": record["data"]["pictures"],
        "train_errors": [row["train_top1_error"] for row in history],
        "val_errors": [row["val_top1_error"] for row in history],
        "stopped": record["stopped"],
    }
