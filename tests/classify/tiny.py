"""A network and pictures so small that training takes a second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pincel.classify.config import ClassifierTrainingConfig
from pincel.classify.recipes import find_training
from pincel.classify.record import TrainingResult
from pincel.classify.schema import TrainingRecipe
from pincel.classify.training import ClassifierTraining
from pincel.training.events import TrainingEvent
from pincel.training.trainer import Trainer, TrainerConfig

TINY: Mapping[str, Any] = {
    "side": 26,
    "crop": 24,
    "channels": (4, 6, 6, 6, 4),
    "first": (3, 1),
    "wide": 8,
    "batch": 5,
    "epochs": 2,
    "held_out": 0.25,
}
# What tells the classes of a tiny set apart.
COLORS = {"blue": (40, 60, 200), "green": (50, 190, 60), "red": (210, 40, 50)}


def tiny(name: str = "alexnet-small", **changes: Any) -> TrainingRecipe:
    """Return a recipe in a tiny size."""
    return find_training(name).recipe.override(**{**TINY, **changes})


def write_set(folder: Path, each: int = 8, classes: tuple[str, ...] = ("blue", "green", "red"), size: tuple[int, int] = (30, 26)) -> Path:
    """Write pictures of one color a class, with noise, and return the folder."""
    rng = np.random.default_rng(7)
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            noise = rng.integers(-30, 30, (size[1], size[0], 3))
            pixels = np.clip(np.asarray(COLORS.get(name, (90, 90, 90))) + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:02d}.png")
    return folder


def events(run: Trainer[Any], kind: type[Any] | None = None) -> list[Any]:
    """Run to the end, and return all events, or those of one kind."""
    told: Iterator[TrainingEvent] = iter(run)
    return [event for event in told if kind is None or isinstance(event, kind)]


def begin(
    data: Path | str, folder: Path, config: ClassifierTrainingConfig | None = None, limits: TrainerConfig | None = None, **options: Any
) -> Trainer[ClassifierTraining]:
    """Return a trainer of a tiny network that has not begun."""
    options = {"recipe": tiny(), **options}
    return Trainer(ClassifierTraining(data, folder, config=config or ClassifierTrainingConfig(device="cpu"), **options), limits)


def train(data: Path | str, folder: Path, recipe: TrainingRecipe | None = None, **options: Any) -> TrainingResult:
    """Train a tiny network to the end."""
    run = begin(data, folder, recipe=recipe or tiny(), **options)
    events(run)
    return run.subject.result
